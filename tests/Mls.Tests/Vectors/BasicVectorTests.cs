using System.Text.Json;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Vectors;

public class BasicVectorTests
{
    [SharedFact("vectors/mls/tree-math.json")]
    public void Tree_math_agrees_with_the_vectors() => CheckTreeMath(MlsInputs.Cases("tree-math"));

    [Fact]
    public void Tree_math_agrees_with_mlspp() => CheckTreeMath(MlsInputs.OfMlspp("tree-math"));

    private static void CheckTreeMath(IEnumerable<JsonElement> cases)
    {
        foreach (JsonElement item in cases)
        {
            uint leaves = item.UInt("n_leaves");
            Assert.Equal(item.UInt("n_nodes"), TreeMath.NodeCount(leaves));
            Assert.Equal(item.UInt("root"), TreeMath.Root(leaves).Value);
            for (uint i = 0; i < item.UInt("n_nodes"); i++)
            {
                NodeIndex node = new(i);
                Assert.Equal(Expected(item, "left", i), TreeMath.Left(node)?.Value);
                Assert.Equal(Expected(item, "right", i), TreeMath.Right(node)?.Value);
                Assert.Equal(Expected(item, "parent", i), TreeMath.Parent(node, leaves)?.Value);
                Assert.Equal(Expected(item, "sibling", i), TreeMath.Sibling(node, leaves)?.Value);
            }
        }
    }

    [SharedFact("vectors/mls/deserialization.json")]
    public void Vector_headers_agree_with_the_vectors()
    {
        foreach (JsonElement item in MlsInputs.Cases("deserialization"))
        {
            byte[] header = item.Hex("vlbytes_header");
            MlsReader reader = new(header);
            Assert.True(reader.TryReadLength(out int length));
            Assert.True(reader.AtEnd);
            Assert.Equal(item.GetProperty("length").GetInt32(), length);
            using MlsWriter writer = new();
            writer.VectorHeader(length);
            Assert.Equal(header, writer.ToArray());
        }
    }

    [Theory]
    [InlineData("4000")]
    [InlineData("403f")]
    [InlineData("80000000")]
    [InlineData("80003fff")]
    [InlineData("c0")]
    [InlineData("ffffffff")]
    [InlineData("40")]
    [InlineData("8000")]
    [InlineData("")]
    public void A_header_that_is_not_minimal_or_cut_short_is_refused_2_1_2(string hex)
    {
        MlsReader reader = new(Convert.FromHexString(hex));
        Assert.False(reader.TryReadLength(out _));
    }

    [SharedFact("vectors/mls/crypto-basics.json")]
    public void Labelled_functions_agree_with_the_vectors() => CheckLabels(MlsInputs.Cases("crypto-basics"));

    [Fact]
    public void Labelled_functions_agree_with_mlspp() => CheckLabels(MlsInputs.OfMlspp("crypto-basics"));

    private static void CheckLabels(IEnumerable<JsonElement> cases)
    {
        foreach (JsonElement item in cases)
        {
            Suite suite = Suite.Require((CipherSuite)item.UInt("cipher_suite"));
            JsonElement v = item.GetProperty("ref_hash");
            Assert.Equal(v.Hex("out"), suite.RefHash(Label(v), v.Hex("value")));

            v = item.GetProperty("expand_with_label");
            Assert.Equal(v.Hex("out"),
                suite.ExpandWithLabel(v.Hex("secret"), Label(v), v.Hex("context"), v.GetProperty("length").GetInt32()));

            v = item.GetProperty("derive_secret");
            Assert.Equal(v.Hex("out"), suite.DeriveSecret(v.Hex("secret"), Label(v)));

            v = item.GetProperty("derive_tree_secret");
            Assert.Equal(v.Hex("out"),
                suite.DeriveTreeSecret(v.Hex("secret"), Label(v), v.UInt("generation"), v.GetProperty("length")
                    .GetInt32()));
        }
    }

    [SharedFact("vectors/mls/crypto-basics.json")]
    public void Signatures_agree_with_the_vectors() => CheckSignatures(MlsInputs.Cases("crypto-basics"));

    [Fact]
    public void Signatures_agree_with_mlspp() => CheckSignatures(MlsInputs.OfMlspp("crypto-basics"));

    private static void CheckSignatures(IEnumerable<JsonElement> cases)
    {
        foreach (JsonElement item in cases)
        {
            Suite suite = Suite.Require((CipherSuite)item.UInt("cipher_suite"));
            JsonElement v = item.GetProperty("sign_with_label");
            Assert.True(suite.VerifyWithLabel(v.Hex("pub"), Label(v), v.Hex("content"), v.Hex("signature")));
            using Signer signer = suite.Signature.CreateSigner(v.Hex("priv"))!;
            Assert.Equal(v.Hex("pub"), signer.PublicKey);
            byte[] own = Suite.SignWithLabel(signer, Label(v), v.Hex("content"));
            Assert.True(suite.VerifyWithLabel(v.Hex("pub"), Label(v), v.Hex("content"), own));
            own[^1] ^= 1;
            Assert.False(suite.VerifyWithLabel(v.Hex("pub"), Label(v), v.Hex("content"), own));
        }
    }

    [SharedFact("vectors/mls/crypto-basics.json")]
    public void Labelled_encryption_agrees_with_the_vectors() => CheckEncryption(MlsInputs.Cases("crypto-basics"));

    [Fact]
    public void Labelled_encryption_agrees_with_mlspp() => CheckEncryption(MlsInputs.OfMlspp("crypto-basics"));

    private static void CheckEncryption(IEnumerable<JsonElement> cases)
    {
        foreach (JsonElement item in cases)
        {
            Suite suite = Suite.Require((CipherSuite)item.UInt("cipher_suite"));
            JsonElement v = item.GetProperty("encrypt_with_label");
            byte[] plaintext = v.Hex("plaintext");
            HpkeCiphertext given = new(v.Hex("kem_output"), v.Hex("ciphertext"));
            Assert.Equal(plaintext,
                suite.DecryptWithLabel(v.Hex("priv"), v.Hex("pub"), Label(v), v.Hex("context"), given));
            Assert.True(suite.TryEncryptWithLabel(v.Hex("pub"), Label(v), v.Hex("context"), plaintext,
                RandomSource.System, out HpkeCiphertext own));
            Assert.Equal(plaintext,
                suite.DecryptWithLabel(v.Hex("priv"), v.Hex("pub"), Label(v), v.Hex("context"), own));
        }
    }

    private static uint? Expected(JsonElement item, string name, uint index)
    {
        JsonElement value = item.GetProperty(name)[(int)index];
        return value.ValueKind == JsonValueKind.Null ? null : value.GetUInt32();
    }

    private static byte[] Label(JsonElement v) =>
        System.Text.Encoding.UTF8.GetBytes(v.GetProperty("label").GetString()!);
}
