namespace QuicProChat.Mesh.Identity;

/// <summary>Agrees on a secret by X25519 with the node's identity, wherever its key is.</summary>
/// <param name="x25519PublicKey">The other's X25519 public key, 32 bytes.</param>
/// <param name="shared">Receives 32 bytes; the caller zeroes them.</param>
/// <returns>False if the key is of small order.</returns>
public delegate bool KeyAgreement(ReadOnlySpan<byte> x25519PublicKey, Span<byte> shared);
