namespace QuicProChat.Mesh.Identity;

/// <summary>Signs with the node's Ed25519 identity, wherever its key is.</summary>
/// <param name="message">What to sign.</param>
/// <param name="signature">Receives 64 bytes.</param>
public delegate void MessageSigner(ReadOnlySpan<byte> message, Span<byte> signature);
