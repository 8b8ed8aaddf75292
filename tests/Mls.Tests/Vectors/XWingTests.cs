using System.Security.Cryptography;
using System.Text.Json;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Mls.Tests.Vectors;

/// <summary>
/// MLKEM768-X25519 alone and in HPKE, against values that we made with another implementation. The first three key
/// pairs and secrets are those of draft-connolly-cfrg-xwing-kem; that implementation also gives the values of
/// draft-ietf-hpke-pq for this KEM.
/// </summary>
public class XWingTests
{
    private static readonly JsonElement Vectors = MlsInputs.PostQuantum("mlkem768-x25519");

    private static readonly XWingKem Kem = XWingKem.Instance;

    [Fact]
    public void Key_pairs_encapsulations_and_secrets_are_those_of_the_other_implementation()
    {
        byte[] shared = new byte[Kem.SharedSecretSize];
        byte[] publicKey = new byte[Kem.PublicKeySize];
        foreach (JsonElement v in Vectors.GetProperty("kem").EnumerateArray())
        {
            Assert.True(Kem.TryGetPublicKey(v.Hex("seed"), publicKey));
            Assert.Equal(v.Hex("pkSha256"), SHA256.HashData(publicKey));
            Assert.True(Kem.TryEncapsulate(publicKey, Drawn(v), shared, out byte[] output));
            Assert.Equal(v.Hex("ctSha256"), SHA256.HashData(output));
            Assert.Equal(v.Hex("ss"), shared);
            shared.AsSpan().Clear();
            Assert.True(Kem.TryDecapsulate(output, v.Hex("seed"), publicKey, shared));
            Assert.Equal(v.Hex("ss"), shared);
        }
    }

    [Fact]
    public void Changed_ciphertexts_give_the_secrets_of_the_other_implementation()
    {
        byte[] shared = new byte[Kem.SharedSecretSize];
        byte[] publicKey = new byte[Kem.PublicKeySize];
        foreach (JsonElement v in Vectors.GetProperty("decapsulate").EnumerateArray())
        {
            Assert.True(Kem.TryGetPublicKey(v.Hex("seed"), publicKey));
            Assert.True(Kem.TryDecapsulate(v.Hex("ct"), v.Hex("seed"), publicKey, shared));
            Assert.Equal(v.Hex("ss"), shared);
        }
    }

    [Fact]
    public void Sealing_and_exporting_give_the_values_of_the_other_implementation()
    {
        foreach (JsonElement v in Vectors.GetProperty("hpke").EnumerateArray())
        {
            (HashKind hash, AeadKind aead) = v.UInt("aead") == 2
                ? (HashKind.Sha384, AeadKind.Aes256Gcm) : (HashKind.Sha256, AeadKind.ChaCha20Poly1305);
            Hpke hpke = new(Kem, hash, aead);
            HpkeKeyPair pair = Kem.DeriveKeyPair(v.Hex("ikm"));
            Assert.Equal(v.Hex("seed"), pair.PrivateKey);
            Assert.Equal(v.Hex("pkSha256"), SHA256.HashData(pair.PublicKey));
            Assert.True(hpke.TrySeal(
                pair.PublicKey, v.Hex("info"), v.Hex("aad"), v.Hex("pt"), Drawn(v), out HpkeCiphertext made));
            Assert.Equal(v.Hex("encSha256"), SHA256.HashData(made.KemOutput.Span));
            Assert.Equal(v.Hex("ct"), made.Ciphertext.ToArray());
            Assert.Equal(v.Hex("pt"), hpke.Open(
                made.KemOutput.Span, pair.PrivateKey, pair.PublicKey, v.Hex("info"), v.Hex("aad"),
                made.Ciphertext.Span));
            foreach (JsonElement export in v.GetProperty("exports").EnumerateArray())
            {
                byte[] sent = new byte[32], received = new byte[32];
                Assert.True(hpke.TryExportToSender(
                    pair.PublicKey, v.Hex("info"), export.Hex("context"), sent, Drawn(v), out byte[] output));
                Assert.True(hpke.TryExportToReceiver(
                    output, pair.PrivateKey, pair.PublicKey, v.Hex("info"), export.Hex("context"), received));
                Assert.Equal(export.Hex("value"), sent);
                Assert.Equal(export.Hex("value"), received);
            }
        }
    }

    [Fact]
    public void The_suite_is_the_drafts_one_with_AES_256_and_SHA_384()
    {
        Suite suite = Suite.Require(CipherSuite.MlKem768X25519Aes256GcmSha384Ed25519);
        Assert.Equal(
            (0x647a, HashKind.Sha384, AeadKind.Aes256Gcm, Ed25519Scheme.Instance as SignatureScheme),
            (suite.Kem.Id, suite.Hash, suite.Aead, suite.Signature));
        // RFC 9420, section 17.1: F000 to FFFF are for private use, until the draft has numbers.
        Assert.InRange((ushort)suite.Id, 0xf000, 0xffff);
    }

    [Fact]
    public void An_encapsulated_key_of_any_other_length_is_none()
    {
        HpkeKeyPair pair = Kem.Generate(RandomSource.System);
        byte[] shared = new byte[Kem.SharedSecretSize];
        Assert.True(Kem.TryEncapsulate(pair.PublicKey, RandomSource.System, shared, out byte[] output));
        byte[] longer = [.. output, 0];
        for (int length = 0; length <= longer.Length; length++)
        {
            Assert.Equal(
                length == Kem.OutputSize,
                Kem.TryDecapsulate(longer.AsSpan(0, length), pair.PrivateKey, pair.PublicKey, shared));
        }
        Assert.False(Kem.TryDecapsulate(output, pair.PrivateKey.AsSpan(1), pair.PublicKey, shared));
        Assert.False(Kem.TryDecapsulate(output, pair.PrivateKey, pair.PublicKey.AsSpan(1), shared));
        Assert.False(Kem.TryGetPublicKey(new byte[33], new byte[Kem.PublicKeySize]));
        Assert.False(Kem.TryGetPublicKey(pair.PrivateKey, new byte[Kem.PublicKeySize - 1]));
    }

    [Fact]
    public void A_change_of_any_byte_of_a_sealed_secret_keeps_it_shut_and_nothing_throws()
    {
        Suite suite = Suite.Require(CipherSuite.MlKem768X25519Aes256GcmSha384Ed25519);
        HpkeKeyPair pair = suite.Kem.Generate(RandomSource.System);
        Assert.True(suite.Hpke.TrySeal(
            pair.PublicKey, "info"u8, "aad"u8, "secret"u8, RandomSource.System, out HpkeCiphertext made));
        byte[] output = made.KemOutput.ToArray();
        for (int i = 0; i < output.Length; i++)
        {
            output[i] ^= (byte)(1 << (i % 8));
            // X25519 does not look at the topmost bit, but the combiner hashes it.
            Assert.Null(suite.Hpke.Open(
                output, pair.PrivateKey, pair.PublicKey, "info"u8, "aad"u8, made.Ciphertext.Span));
            output[i] ^= (byte)(1 << (i % 8));
        }
        Assert.Equal("secret"u8.ToArray(), suite.Hpke.Open(
            output, pair.PrivateKey, pair.PublicKey, "info"u8, "aad"u8, made.Ciphertext.Span));
    }

    [Fact]
    public void Random_bytes_as_keys_and_encapsulated_keys_never_throw()
    {
        SeededRandom random = new(4711);
        HpkeKeyPair pair = Kem.Generate(random.Fill);
        byte[] shared = new byte[Kem.SharedSecretSize];
        byte[] key = new byte[Kem.PublicKeySize];
        byte[] output = new byte[Kem.OutputSize];
        for (int i = 0; i < 2_000; i++)
        {
            random.Fill(key);
            random.Fill(output);
            // 768 coefficients below 3,329 of 4,096 by chance: never.
            Assert.False(Kem.IsValidPublicKey(key));
            Assert.False(Kem.TryEncapsulate(key, random.Fill, shared, out _));
            Assert.True(Kem.TryDecapsulate(output, pair.PrivateKey, pair.PublicKey, shared));
        }
    }

    [Fact]
    public void An_ephemeral_key_of_small_order_is_refused_on_both_sides()
    {
        HpkeKeyPair pair = Kem.Generate(RandomSource.System);
        byte[] shared = new byte[Kem.SharedSecretSize];
        Assert.True(Kem.TryEncapsulate(pair.PublicKey, RandomSource.System, shared, out byte[] output));
        output.AsSpan(MlKem768.CiphertextSize).Clear();
        Assert.False(Kem.TryDecapsulate(output, pair.PrivateKey, pair.PublicKey, shared));
        pair.PublicKey.AsSpan(MlKem768.EncapsulationKeySize).Clear();
        Assert.False(Kem.TryEncapsulate(pair.PublicKey, RandomSource.System, shared, out _));
    }

    private static RandomFill Drawn(JsonElement vector) => new FixedRandom(vector.Hex("eseed")).Fill;
}
