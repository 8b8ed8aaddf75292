using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

// docs/reference/lora.md, section 5:
//
//  nonce(8) session(2) [publicKey(32)] mac(4)

/// <summary>The first word of a session. The MAC proves who made it, not that it was made now.</summary>
internal readonly ref struct RadioGreeting
{
    /// <summary>Size in bytes without and with the sender's key.</summary>
    internal const int BriefSize = KeyOffset + PairSecret.GreetingMacSize, FullSize = BriefSize + Ed25519.PublicKeySize;

    /// <summary>The sender has no session.</summary>
    internal const ushort NoSession = 0;

    private const int KeyOffset = sizeof(ulong) + sizeof(ushort);

    private RadioGreeting(ulong nonce, ushort session, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> mac)
    {
        Nonce = nonce;
        Session = session;
        PublicKey = publicKey;
        Mac = mac;
    }

    /// <summary>Drawn by the sender for this greeting.</summary>
    internal ulong Nonce { get; }

    /// <summary>Name of the session in which the sender gets no answer; <see cref="NoSession"/>: it has none.</summary>
    internal ushort Session { get; }

    /// <summary>The sender's Ed25519 key, 32 bytes; empty where the receiver should know it.</summary>
    internal ReadOnlySpan<byte> PublicKey { get; }

    /// <summary>Covers the frame up to here.</summary>
    internal ReadOnlySpan<byte> Mac { get; }

    /// <summary>Reads a body; false if it has another size.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> body, out RadioGreeting greeting)
    {
        greeting = default;
        if (body.Length is not (BriefSize or FullSize))
            return false;
        greeting = new RadioGreeting(
            BinaryPrimitives.ReadUInt64BigEndian(body), BinaryPrimitives.ReadUInt16BigEndian(body[sizeof(ulong)..]),
            body[KeyOffset..^PairSecret.GreetingMacSize], body[^PairSecret.GreetingMacSize..]);
        return true;
    }

    /// <summary>Writes everything before the MAC.</summary>
    internal static void Write(ulong nonce, ushort session, ReadOnlySpan<byte> publicKey, Span<byte> body)
    {
        BinaryPrimitives.WriteUInt64BigEndian(body, nonce);
        BinaryPrimitives.WriteUInt16BigEndian(body[sizeof(ulong)..], session);
        publicKey.CopyTo(body[KeyOffset..]);
    }
}
