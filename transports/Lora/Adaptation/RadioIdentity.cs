using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

// docs/reference/lora.md, section 5:
//
//  salt(2) publicKey(32)

/// <summary>
/// The key that somebody claims, and by it an address: whoever has no session with it may greet it. Nothing proves the
/// claim; the greeting does.
/// </summary>
/// <param name="PublicKey">Ed25519 key, 32 bytes.</param>
internal sealed record RadioIdentity(byte[] PublicKey)
{
    /// <summary>Size in bytes.</summary>
    internal const int Size = SaltSize + Ed25519.PublicKeySize;

    /// <summary>Two calls of one station differ by it, and a recorded one is known for what it is.</summary>
    internal const int SaltSize = 2;

    /// <summary>The address of the key.</summary>
    internal NodeAddress Address { get; } = NodeAddress.Of(PublicKey);

    /// <summary>Reads a body; null if it has another size.</summary>
    internal static RadioIdentity? Read(ReadOnlySpan<byte> body) =>
        body.Length == Size ? new RadioIdentity(body[SaltSize..].ToArray()) : null;

    /// <summary>Writes 34 bytes.</summary>
    /// <param name="salt">Drawn for this frame.</param>
    /// <param name="body">Receives them.</param>
    internal void Write(ReadOnlySpan<byte> salt, Span<byte> body)
    {
        salt[..SaltSize].CopyTo(body);
        PublicKey.CopyTo(body[SaltSize..]);
    }
}
