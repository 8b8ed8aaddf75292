namespace QuicProChat.Mesh.Mls;

/// <summary>Signs with a key that is kept elsewhere, such as in locked memory or in hardware.</summary>
/// <param name="message">What to sign.</param>
/// <param name="signature">
/// Receives the signature as RFC 9420, section 5.1.2, wants it: 64 bytes of Ed25519, or DER of ECDSA.
/// </param>
/// <returns>The size of the signature in bytes.</returns>
public delegate int SignCallback(ReadOnlySpan<byte> message, Span<byte> signature);
