using System.Security.Cryptography;
using System.Text.Json;
using Org.BouncyCastle.Crypto.Parameters;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Mls.Tests.Vectors;

/// <summary>
/// ML-KEM-768 against values that we made with another implementation of FIPS 203, one that gives the published
/// values of Wycheproof and of draft-connolly-cfrg-xwing-kem.
/// </summary>
public class MlKem768Tests
{
    private static readonly JsonElement Vectors = MlsInputs.PostQuantum("ml-kem-768");

    [Fact]
    public void Seeds_give_the_keys_of_the_other_implementation_6_1()
    {
        foreach (JsonElement v in Vectors.GetProperty("keyGen").EnumerateArray())
        {
            byte[] seed = v.Hex("seed");
            Assert.Equal(v.Hex("ekSha256"), SHA256.HashData(KeyOf(seed)));
            MLKemPrivateKeyParameters expanded = MlKem768.Expand(seed);
            Assert.Equal(v.Hex("dkSha256"), SHA256.HashData(expanded.GetEncoded()));
        }
    }

    [Fact]
    public void Encapsulations_give_the_ciphertexts_and_secrets_of_the_other_implementation_6_2()
    {
        byte[] ciphertext = new byte[MlKem768.CiphertextSize];
        byte[] shared = new byte[MlKem768.SharedSecretSize];
        byte[] opened = new byte[MlKem768.SharedSecretSize];
        foreach (JsonElement v in Vectors.GetProperty("encapsulate").EnumerateArray())
        {
            MlKem768.Encapsulate(KeyOf(v.Hex("seed")), v.Hex("m"), ciphertext, shared);
            Assert.Equal(v.Hex("K"), shared);
            Assert.Equal(v.Hex("cSha256"), SHA256.HashData(ciphertext));
            MlKem768.Decapsulate(v.Hex("seed"), ciphertext, opened);
            Assert.Equal(shared, opened);
        }
    }

    [Fact]
    public void Genuine_changed_and_random_ciphertexts_give_the_secrets_of_the_other_implementation_6_3()
    {
        byte[] shared = new byte[MlKem768.SharedSecretSize];
        HashSet<string> kinds = [];
        foreach (JsonElement v in Vectors.GetProperty("decapsulate").EnumerateArray())
        {
            kinds.Add(v.GetProperty("kind").GetString()!);
            MlKem768.Decapsulate(v.Hex("seed"), v.Hex("c"), shared);
            Assert.Equal(v.Hex("K"), shared);
        }
        Assert.Equal(5, kinds.Count);
    }

    [Fact]
    public void A_key_with_a_coefficient_that_is_not_below_the_modulus_is_refused_7_2()
    {
        byte[] key = KeyOf(Vectors.Hex("invalidKeysSeed"));
        Assert.True(MlKem768.IsValidKey(key));
        foreach (JsonElement v in Vectors.GetProperty("invalidKeys").EnumerateArray())
        {
            byte[] changed = WithCoefficient(key, (int)v.UInt("coefficient"), (int)v.UInt("value"));
            Assert.False(MlKem768.IsValidKey(changed));
            // The library judges alike, by an exception that no input from outside reaches.
            Assert.ThrowsAny<ArgumentException>(
                () => MLKemPublicKeyParameters.FromEncoding(MLKemParameters.ml_kem_768, changed));
            Assert.True(MlKem768.IsValidKey(WithCoefficient(key, (int)v.UInt("coefficient"), 3328)));
        }
    }

    [Fact]
    public void A_key_of_any_other_length_is_refused_7_2()
    {
        byte[] key = [.. KeyOf(Vectors.Hex("invalidKeysSeed")), 0];
        for (int length = 0; length <= key.Length; length++)
            Assert.Equal(length == MlKem768.EncapsulationKeySize, MlKem768.IsValidKey(key.AsSpan(0, length)));
    }

    [Fact]
    public void What_the_library_keeps_of_a_private_key_is_zeroed()
    {
        MLKemPrivateKeyParameters key = MlKem768.Expand(RandomSource.System.Bytes(MlKem768.SeedSize));
        byte[] seed = MlKem768.SeedOf(key)!;
        byte[] encoding = MlKem768.EncodingOf(key)!;
        Assert.Equal((MlKem768.SeedSize, 2400), (seed.Length, encoding.Length));
        Assert.NotEqual(new byte[seed.Length], seed);
        MlKem768.Zero(key);
        Assert.Equal(new byte[seed.Length], seed);
        Assert.Equal(new byte[encoding.Length], encoding);
    }

    private static byte[] KeyOf(byte[] seed)
    {
        byte[] key = new byte[MlKem768.EncapsulationKeySize];
        MlKem768.EncapsulationKey(seed, key);
        return key;
    }

    // Two coefficients of 12 bits in three bytes, the lower bits first (section 4.2.1).
    private static byte[] WithCoefficient(byte[] key, int index, int value)
    {
        byte[] changed = [.. key];
        int at = index / 2 * 3;
        if (index % 2 == 0)
        {
            changed[at] = (byte)value;
            changed[at + 1] = (byte)((changed[at + 1] & 0xf0) | (value >> 8));
        }
        else
        {
            changed[at + 1] = (byte)((changed[at + 1] & 0x0f) | (value << 4));
            changed[at + 2] = (byte)(value >> 4);
        }
        return changed;
    }
}
