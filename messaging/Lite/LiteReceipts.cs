using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Lite;

/// <summary>The proofs in receipts for MLS-Lite envelopes (docs/reference/protocol.md, section 4.2).</summary>
/// <param name="identity">Who this node is.</param>
public sealed class LiteReceipts(LocalIdentity identity) : PairReceipts(identity, Salt)
{
    private static byte[] Salt { get; } = [.. "qpc-mesh/1 mls-lite receipt"u8];

    /// <summary>key = HKDF-SHA256(salt, shared secret, sender(16) || receiver(16), 32)</summary>
    public static void Derive(
        ReadOnlySpan<byte> shared, in NodeAddress sender, in NodeAddress receiver, Span<byte> key) =>
        Derive(Salt, shared, sender, receiver, key);
}
