using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Kems;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Security;

namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>
/// ML-KEM-768 (FIPS 203) with private keys as seeds: d and z of section 7.1. The arithmetic is BouncyCastle's.
/// </summary>
/// <remarks>
/// The library keeps an expanded private key and its seed in arrays of its own, which are zeroed here. The polynomials
/// between them are on the managed heap until the collector takes them (docs/security.md).
/// </remarks>
internal static class MlKem768
{
    /// <summary>Bytes of a private key: d and z.</summary>
    internal const int SeedSize = 64;

    /// <summary>Bytes of an encapsulation key.</summary>
    internal const int EncapsulationKeySize = 1184;

    /// <summary>Bytes of a ciphertext.</summary>
    internal const int CiphertextSize = 1088;

    /// <summary>Bytes of a shared secret.</summary>
    internal const int SharedSecretSize = 32;

    /// <summary>Bytes of the randomness of an encapsulation: m of section 6.2.</summary>
    internal const int MessageSize = 32;

    private const int Modulus = 3329;

    private const int CoefficientBytes = 3 * 384;

    private static readonly MLKemParameters Parameters = MLKemParameters.ml_kem_768;

    /// <summary>The encapsulation key of a seed (ML-KEM.KeyGen_internal, section 6.1).</summary>
    /// <param name="seed">64 bytes.</param>
    /// <param name="encapsulationKey">Receives 1,184 bytes.</param>
    internal static void EncapsulationKey(ReadOnlySpan<byte> seed, Span<byte> encapsulationKey)
    {
        MLKemPrivateKeyParameters key = Expand(seed);
        key.GetPublicKeyEncoded().CopyTo(encapsulationKey);
        Zero(key);
    }

    /// <summary>
    /// The encapsulation key check of section 7.2: the length, and that each coefficient is below the modulus.
    /// </summary>
    internal static bool IsValidKey(ReadOnlySpan<byte> encapsulationKey)
    {
        if (encapsulationKey.Length != EncapsulationKeySize)
            return false;
        for (int at = 0; at < CoefficientBytes; at += 3)
        {
            int low = encapsulationKey[at] | ((encapsulationKey[at + 1] & 0x0f) << 8);
            int high = (encapsulationKey[at + 1] >> 4) | (encapsulationKey[at + 2] << 4);
            if (low >= Modulus || high >= Modulus)
                return false;
        }
        return true;
    }

    /// <summary>ML-KEM.Encaps_internal (section 6.2).</summary>
    /// <param name="encapsulationKey">A key that <see cref="IsValidKey"/> accepted.</param>
    /// <param name="message">32 random bytes.</param>
    /// <param name="ciphertext">Receives 1,088 bytes.</param>
    /// <param name="shared">Receives 32 bytes, which the caller zeroes.</param>
    internal static void Encapsulate(
        ReadOnlySpan<byte> encapsulationKey, ReadOnlySpan<byte> message, Span<byte> ciphertext, Span<byte> shared)
    {
        MLKemPublicKeyParameters key = MLKemPublicKeyParameters.FromEncoding(Parameters, encapsulationKey.ToArray());
        byte[] drawn = message.ToArray();
        MLKemEncapsulator encapsulator = new(Parameters);
        encapsulator.Init(new ParametersWithRandom(key, new SecureRandom(new Drawn(drawn))));
        encapsulator.Encapsulate(ciphertext, shared);
        Secrets.Zero(drawn);
    }

    /// <summary>
    /// ML-KEM.Decaps (section 7.3). A ciphertext that was not made for this key gives a secret that nobody else can
    /// compute, and nothing tells that it did (implicit rejection, section 6.3).
    /// </summary>
    /// <param name="seed">64 bytes.</param>
    /// <param name="ciphertext">1,088 bytes.</param>
    /// <param name="shared">Receives 32 bytes, which the caller zeroes.</param>
    internal static void Decapsulate(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> ciphertext, Span<byte> shared)
    {
        MLKemPrivateKeyParameters key = Expand(seed);
        MLKemDecapsulator decapsulator = new(Parameters);
        decapsulator.Init(key);
        decapsulator.Decapsulate(ciphertext, shared);
        Zero(key);
    }

    /// <summary>Zeroes what the library keeps of a private key.</summary>
    internal static void Zero(MLKemPrivateKeyParameters key)
    {
        Secrets.Zero(SeedOf(key));
        Secrets.Zero(EncodingOf(key));
    }

    /// <summary>The private key that a seed stands for; <see cref="Zero"/> is for when it is not needed any more.
    /// </summary>
    internal static MLKemPrivateKeyParameters Expand(ReadOnlySpan<byte> seed)
    {
        byte[] copy = seed.ToArray();
        var key = MLKemPrivateKeyParameters.FromSeed(Parameters, copy);
        Secrets.Zero(copy);
        return key;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "m_seed")]
    internal static extern ref byte[]? SeedOf(MLKemPrivateKeyParameters key);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "m_encoding")]
    internal static extern ref byte[]? EncodingOf(MLKemPrivateKeyParameters key);

    /// <summary>Gives out bytes that were drawn already.</summary>
    private sealed class Drawn(byte[] bytes) : IRandomGenerator
    {
        public void AddSeedMaterial(byte[] seed)
        {
            // It is no generator: what it gives was drawn.
        }

        public void AddSeedMaterial(ReadOnlySpan<byte> seed)
        {
        }

        public void AddSeedMaterial(long seed)
        {
        }

        public void NextBytes(byte[] bytes) => NextBytes(bytes.AsSpan());

        public void NextBytes(byte[] bytes, int start, int len) => NextBytes(bytes.AsSpan(start, len));

        public void NextBytes(Span<byte> destination)
        {
            if (destination.Length != bytes.Length)
                throw new CryptographicException("An encapsulation draws its 32 bytes once.");
            bytes.CopyTo(destination);
        }
    }
}
