using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity.Opaque;

/// <summary>3DH's transcript and keys (RFC 9807, sections 6.4.2 to 6.4.4): what both sides compute alike.</summary>
internal ref struct OpaqueHandshake
{
    /// <summary>server_mac, 64 bytes.</summary>
    internal readonly Span<byte> ServerMac;

    /// <summary>client_mac as it has to be, 64 bytes.</summary>
    internal readonly Span<byte> ClientMac;

    /// <summary>session_key, 64 bytes.</summary>
    internal readonly Span<byte> SessionKey;

    /// <param name="memory">At least <see cref="MemorySize"/> bytes; the caller zeroes it.</param>
    internal OpaqueHandshake(Span<byte> memory)
    {
        ServerMac = memory[..OpaqueSizes.Mac];
        ClientMac = memory.Slice(OpaqueSizes.Mac, OpaqueSizes.Mac);
        SessionKey = memory.Slice(2 * OpaqueSizes.Mac, OpaqueSizes.SessionKey);
    }

    internal static int MemorySize => (2 * OpaqueSizes.Mac) + OpaqueSizes.SessionKey;

    /// <summary>Computes all three from the agreements and the transcript.</summary>
    /// <param name="settings">Context and names.</param>
    /// <param name="agreements">dh1 || dh2 || dh3, 96 bytes.</param>
    /// <param name="clientPublicKey">Stands for the client's name where there is none.</param>
    /// <param name="serverPublicKey">Stands for the server's.</param>
    /// <param name="ke1">The first message.</param>
    /// <param name="response">The second without its MAC: credential response, server nonce, server key share.</param>
    internal readonly void Compute(
        OpaqueSettings settings, ReadOnlySpan<byte> agreements, ReadOnlySpan<byte> clientPublicKey,
        ReadOnlySpan<byte> serverPublicKey, ReadOnlySpan<byte> ke1, ReadOnlySpan<byte> response)
    {
        Span<byte> transcript = stackalloc byte[OpaqueSizes.Digest], withMac = stackalloc byte[OpaqueSizes.Digest];
        Span<byte> keys = stackalloc byte[3 * OpaqueSizes.Digest];
        Span<byte> master = keys[..OpaqueSizes.Digest];
        Span<byte> handshake = keys.Slice(OpaqueSizes.Digest, OpaqueSizes.Digest);
        Span<byte> mac = keys[(2 * OpaqueSizes.Digest)..];
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
            hash.AppendData("OPAQUEv1-"u8);
            AppendContext(hash, settings.Context.Span);
            OpaqueEnvelope.AppendVector(hash, settings.Identities.Client.Span, clientPublicKey);
            hash.AppendData(ke1);
            OpaqueEnvelope.AppendVector(hash, settings.Identities.Server.Span, serverPublicKey);
            hash.AppendData(response);
            hash.GetCurrentHash(transcript);

            OpaqueKdf.Extract(agreements, master);
            OpaqueKdf.DeriveSecret(master, "HandshakeSecret"u8, transcript, handshake);
            OpaqueKdf.DeriveSecret(master, "SessionKey"u8, transcript, SessionKey);
            OpaqueKdf.DeriveSecret(handshake, "ServerMAC"u8, default, mac);
            HMACSHA512.HashData(mac, transcript, ServerMac);
            hash.AppendData(ServerMac);
            hash.GetHashAndReset(withMac);
            OpaqueKdf.DeriveSecret(handshake, "ClientMAC"u8, default, mac);
            HMACSHA512.HashData(mac, withMac, ClientMac);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(keys);
        }
    }

    private static void AppendContext(IncrementalHash hash, ReadOnlySpan<byte> context)
    {
        hash.AppendData([(byte)(checked((ushort)context.Length) >> 8), (byte)context.Length]);
        hash.AppendData(context);
    }

    /// <summary>Three agreements of one side; false if an element of the other is one that nobody may send.</summary>
    internal static bool TryAgree(
        ReadOnlySpan<byte> secret1, ReadOnlySpan<byte> element1, ReadOnlySpan<byte> secret2,
        ReadOnlySpan<byte> element2,
        ReadOnlySpan<byte> secret3, ReadOnlySpan<byte> element3, Span<byte> agreements)
    {
        const int Size = Ristretto255.ElementSize;
        return Ristretto255.TryMultiply(secret1, element1, agreements[..Size])
            && Ristretto255.TryMultiply(secret2, element2, agreements.Slice(Size, Size))
            && Ristretto255.TryMultiply(secret3, element3, agreements[(2 * Size)..]);
    }

    internal const int AgreementsSize = 3 * Ristretto255.ElementSize;
}
