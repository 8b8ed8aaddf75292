using System.Buffers.Binary;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity.Opaque;

/// <summary>
/// The client's envelope (RFC 9807, section 4.1): <c>nonce(32) authTag(64)</c>. The private key is not in it: it
/// follows from the password, and the tag proves that it was the right one.
/// </summary>
internal static class OpaqueEnvelope
{
    /// <summary>Store (section 4.1.2).</summary>
    /// <param name="randomizedPassword">64 bytes.</param>
    /// <param name="nonce">envelope_nonce, 32 random bytes.</param>
    /// <param name="serverPublicKey">32 bytes.</param>
    /// <param name="identities">Names of both sides.</param>
    /// <param name="record">Receives clientPublicKey(32) maskingKey(64) envelope(96).</param>
    /// <param name="exportKey">Receives 64 bytes; the caller zeroes it.</param>
    internal static void Store(
        ReadOnlySpan<byte> randomizedPassword, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> serverPublicKey,
        OpaqueIdentities identities, Span<byte> record, Span<byte> exportKey)
    {
        Span<byte> secretKey = stackalloc byte[OpaqueSizes.SecretKey];
        Span<byte> publicKey = record[..OpaqueSizes.PublicKey];
        Span<byte> envelope = record[(OpaqueSizes.PublicKey + OpaqueSizes.MaskingKey)..];
        OpaqueKdf.Expand(randomizedPassword, default, "MaskingKey"u8,
            record.Slice(OpaqueSizes.PublicKey, OpaqueSizes.MaskingKey));
        nonce.CopyTo(envelope);
        Derive(randomizedPassword, nonce, secretKey, publicKey, exportKey);
        Authenticate(randomizedPassword, nonce, serverPublicKey, publicKey, identities, envelope[OpaqueSizes.Nonce..]);
        CryptographicOperations.ZeroMemory(secretKey);
    }

    /// <summary>Recover (section 4.1.3): false if the password or a name is another.</summary>
    internal static bool TryRecover(
        ReadOnlySpan<byte> randomizedPassword, ReadOnlySpan<byte> serverPublicKey, ReadOnlySpan<byte> envelope,
        OpaqueIdentities identities, Span<byte> secretKey, Span<byte> publicKey, Span<byte> exportKey)
    {
        ReadOnlySpan<byte> nonce = envelope[..OpaqueSizes.Nonce];
        Span<byte> expected = stackalloc byte[OpaqueSizes.Mac];
        Derive(randomizedPassword, nonce, secretKey, publicKey, exportKey);
        Authenticate(randomizedPassword, nonce, serverPublicKey, publicKey, identities, expected);
        return CryptographicOperations.FixedTimeEquals(expected, envelope[OpaqueSizes.Nonce..]);
    }

    private static void Derive(
        ReadOnlySpan<byte> randomizedPassword, ReadOnlySpan<byte> nonce, Span<byte> secretKey, Span<byte> publicKey,
        Span<byte> exportKey)
    {
        Span<byte> seed = stackalloc byte[OpaqueSizes.Seed];
        OpaqueKdf.Expand(randomizedPassword, nonce, "ExportKey"u8, exportKey);
        OpaqueKdf.Expand(randomizedPassword, nonce, "PrivateKey"u8, seed);
        OpaqueKdf.DeriveKeyPair(seed, secretKey, publicKey);
        CryptographicOperations.ZeroMemory(seed);
    }

    // auth_tag = MAC(auth_key, nonce || CleartextCredentials), section 4.1.1:
    // struct { uint8 server_public_key[Npk]; uint8 server_identity<1..2^16-1>; uint8 client_identity<1..2^16-1>; }
    private static void Authenticate(
        ReadOnlySpan<byte> randomizedPassword, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> serverPublicKey,
        ReadOnlySpan<byte> clientPublicKey, OpaqueIdentities identities, Span<byte> tag)
    {
        Span<byte> key = stackalloc byte[OpaqueSizes.Mac];
        OpaqueKdf.Expand(randomizedPassword, nonce, "AuthKey"u8, key);
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA512, key);
        CryptographicOperations.ZeroMemory(key);
        mac.AppendData(nonce);
        mac.AppendData(serverPublicKey);
        AppendVector(mac, identities.Server.Span, serverPublicKey);
        AppendVector(mac, identities.Client.Span, clientPublicKey);
        mac.GetHashAndReset(tag);
    }

    /// <summary>Appends a name behind its length, or the public key where there is none.</summary>
    internal static void AppendVector(IncrementalHash hash, ReadOnlySpan<byte> name, ReadOnlySpan<byte> publicKey)
    {
        if (name.IsEmpty)
            name = publicKey;
        Span<byte> length = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)name.Length));
        hash.AppendData(length);
        hash.AppendData(name);
    }
}
