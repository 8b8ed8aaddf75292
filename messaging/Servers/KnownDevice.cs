namespace QuicProChat.Mesh.Messaging.Servers;

/// <summary>A device of an account as this node knows it: by what the identity signed, and no server.</summary>
/// <param name="Key">Its Ed25519 key, 32 bytes.</param>
/// <param name="Name">What the owner called it here; null where this node did not certify it.</param>
/// <param name="IsRevoked">It was revoked.</param>
public sealed record KnownDevice(ReadOnlyMemory<byte> Key, string? Name, bool IsRevoked);
