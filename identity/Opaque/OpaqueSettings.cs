namespace QuicProChat.Mesh.Identity.Opaque;

/// <summary>What both sides of OPAQUE have to agree on, and the client's key stretching.</summary>
/// <param name="Context">Application-specific bytes in the transcript (RFC 9807, section 6), at most 65,535.</param>
/// <param name="Stretching">
/// Cost of Argon2id over the client's OPRF output; null for the identity function, which the RFC's vectors use. The
/// server never needs it. Changing it makes registered passwords unusable.
/// </param>
public sealed record OpaqueSettings(ReadOnlyMemory<byte> Context, Argon2Cost? Stretching)
{
    /// <summary>This program's: context <c>qpc-v1</c>, Argon2id with 64 MiB and 3 passes.</summary>
    public static OpaqueSettings Default { get; } = new("qpc-v1"u8.ToArray(), new Argon2Cost(64 * 1024, 3));

    /// <summary>The names of both sides in the transcript; where one is empty its public key stands for it.</summary>
    public OpaqueIdentities Identities { get; init; } = new(default, default);
}

/// <summary>
/// Names of the two sides (RFC 9807, section 4: client_identity, server_identity), at most 65,535 bytes each.
/// </summary>
/// <param name="Client">The client's; empty for its public key.</param>
/// <param name="Server">The server's; empty for its public key.</param>
public readonly record struct OpaqueIdentities(ReadOnlyMemory<byte> Client, ReadOnlyMemory<byte> Server);
