using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

// docs/reference/groups.md, "Over servers":
//
//  53 | key 32 of whoever puts it there | proof 24 | envelope
//
/// <summary>
/// An envelope of a group in somebody's inbox. The proof is that of docs/reference/protocol.md, section 4.2, over the
/// envelope's id: whoever owns the inbox knows who put it there. No MLS message begins with its first byte.
/// </summary>
/// <param name="SenderKey">Whoever put it there: an Ed25519 key, 32 bytes. Unverified.</param>
/// <param name="Proof">24 bytes. Unverified.</param>
/// <param name="Envelope">Header and payload.</param>
internal readonly record struct InboxEnvelope(
    ReadOnlyMemory<byte> SenderKey, ReadOnlyMemory<byte> Proof, ReadOnlyMemory<byte> Envelope)
{
    /// <summary>The first byte.</summary>
    internal const byte Mark = 0x53;

    /// <summary>Bytes before the envelope.</summary>
    internal const int HeadSize = 1 + Ed25519.PublicKeySize + Receipt.ProofSize;

    private const int ProofAt = 1 + Ed25519.PublicKeySize;

    /// <summary>Whether a payload says that it is one.</summary>
    internal static bool IsOne(ReadOnlySpan<byte> payload) => payload.Length > HeadSize && payload[0] == Mark;

    /// <summary>Its bytes.</summary>
    internal byte[] ToBytes()
    {
        byte[] bytes = new byte[HeadSize + Envelope.Length];
        bytes[0] = Mark;
        SenderKey.Span.CopyTo(bytes.AsSpan(1));
        Proof.Span.CopyTo(bytes.AsSpan(ProofAt));
        Envelope.Span.CopyTo(bytes.AsSpan(HeadSize));
        return bytes;
    }

    /// <summary>Reads one; false if it is none, or too large.</summary>
    internal static bool TryRead(ReadOnlyMemory<byte> bytes, out InboxEnvelope envelope)
    {
        envelope = default;
        if (!IsOne(bytes.Span) || bytes.Length > HeadSize + Limits.MaxEnvelope)
            return false;
        envelope = new InboxEnvelope(
            bytes.Slice(1, Ed25519.PublicKeySize), bytes.Slice(ProofAt, Receipt.ProofSize), bytes[HeadSize..]);
        return true;
    }
}
