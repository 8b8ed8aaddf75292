using System.Buffers.Binary;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity.Opaque;

/// <summary>HKDF-SHA512 in the forms of RFC 9807, and key pairs derived with it.</summary>
internal static class OpaqueKdf
{
    private const int MaxInfo = 64;

    internal static void Extract(ReadOnlySpan<byte> material, Span<byte> key) =>
        HKDF.Extract(HashAlgorithmName.SHA512, material, default, key);

    /// <summary>Expand(key, prefix || label).</summary>
    internal static void Expand(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> label, Span<byte> output)
    {
        byte[] info = [.. prefix, .. label];
        HKDF.Expand(HashAlgorithmName.SHA512, key, output, info);
    }

    /// <summary>
    /// Derive-Secret (RFC 9807, section 6.4.2):
    /// <code>
    /// struct {
    ///   uint16 length; opaque label&lt;8..255&gt; = "OPAQUE-" + Label; uint8 context&lt;0..255&gt;;
    /// } CustomLabel;
    /// </code>
    /// </summary>
    internal static void DeriveSecret(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> label, ReadOnlySpan<byte> transcriptHash, Span<byte> output)
    {
        ReadOnlySpan<byte> prefix = "OPAQUE-"u8;
        Span<byte> info = stackalloc byte[MaxInfo + OpaqueSizes.Digest];
        BinaryPrimitives.WriteUInt16BigEndian(info, (ushort)output.Length);
        info[2] = (byte)(prefix.Length + label.Length);
        prefix.CopyTo(info[3..]);
        label.CopyTo(info[(3 + prefix.Length)..]);
        int length = 3 + prefix.Length + label.Length;
        info[length++] = (byte)transcriptHash.Length;
        transcriptHash.CopyTo(info[length..]);
        length += transcriptHash.Length;
        HKDF.Expand(HashAlgorithmName.SHA512, key, output, info[..length]);
    }

    /// <summary>DeriveDiffieHellmanKeyPair (RFC 9807, section 6.4.1).</summary>
    internal static void DeriveKeyPair(ReadOnlySpan<byte> seed, Span<byte> secretKey, Span<byte> publicKey) =>
        Oprf.DeriveKeyPair(seed, "OPAQUE-DeriveDiffieHellmanKeyPair"u8, secretKey, publicKey);

    /// <summary>randomized_password (RFC 9807, sections 5.2.4 and 6.3.2.3).</summary>
    internal static void RandomizedPassword(ReadOnlySpan<byte> oprfOutput, Argon2Cost? stretching, Span<byte> password)
    {
        Span<byte> material = stackalloc byte[2 * OpaqueSizes.Digest];
        try
        {
            oprfOutput.CopyTo(material);
            // RFC 9807, section 4: Stretch; with Argon2id its salt is zeroes(16) and its output Nh bytes.
            if (stretching is { } cost)
                Argon2id.Derive(oprfOutput, stackalloc byte[Argon2id.SaltSize], cost, material[OpaqueSizes.Digest..]);
            else
                oprfOutput.CopyTo(material[OpaqueSizes.Digest..]);
            Extract(material, password);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(material);
        }
    }
}
