using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls;

/// <summary>
/// A key package whose signatures, lifetime and credential a client has verified (RFC 9420, section 10.1).
/// </summary>
public sealed class KeyPackage
{
    internal KeyPackage(UnverifiedKeyPackage content, byte[] reference)
    {
        Content = content;
        Reference = reference;
    }

    /// <summary>What was verified.</summary>
    public UnverifiedKeyPackage Content { get; }

    /// <summary>The KeyPackageRef (section 5.2).</summary>
    public ReadOnlyMemory<byte> Reference { get; }

    /// <summary>The MLSMessage that carries the key package.</summary>
    public byte[] ToMessage() => Content.ToMessage();
}
