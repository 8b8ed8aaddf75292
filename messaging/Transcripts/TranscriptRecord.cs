using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Transcripts;

// 00 direction(1) peer(16) id(16) written(8) content(1..)       a message; direction 1: this node wrote it
// 01 count(8)                                                    the end: so many messages come before it
//
//  written: Unix milliseconds

/// <summary>A message of a transcript.</summary>
/// <param name="Outgoing">Its owner wrote it.</param>
/// <param name="Peer">Who else wrote it, or whom it was for.</param>
/// <param name="Id">Its id.</param>
/// <param name="At">When it was written or came.</param>
/// <param name="Content">What it says.</param>
public sealed record TranscriptRecord(
    bool Outgoing, NodeAddress Peer, EnvelopeId Id, DateTimeOffset At, MessageContent Content)
{
    internal const byte Message = 0;
    internal const byte End = 1;
    internal const int EndSize = 1 + sizeof(long);

    private const int FixedSize = 2 + NodeAddress.Size + EnvelopeId.Size + sizeof(long);

    /// <summary>Largest record in bytes.</summary>
    internal const int MaxSize = FixedSize + MessageContent.MaxSize;

    internal byte[] ToBytes()
    {
        byte[] bytes = new byte[FixedSize + Content.Size];
        bytes[0] = Message;
        bytes[1] = Outgoing ? (byte)1 : (byte)0;
        Peer.Write(bytes.AsSpan(2));
        Id.Write(bytes.AsSpan(2 + NodeAddress.Size));
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(FixedSize - sizeof(long)), At.ToUnixTimeMilliseconds());
        Content.Write(bytes.AsSpan(FixedSize));
        return bytes;
    }

    internal static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out TranscriptRecord? record)
    {
        record = null;
        if (bytes.Length <= FixedSize || bytes[0] != Message || bytes[1] > 1)
            return false;
        long at = BinaryPrimitives.ReadInt64BigEndian(bytes[(FixedSize - sizeof(long))..]);
        if (at < 0 || at > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            || !MessageContent.TryReadStored(bytes[FixedSize..], out MessageContent? content))
            return false;
        record = new TranscriptRecord(
            bytes[1] == 1, NodeAddress.Read(bytes[2..]), EnvelopeId.Read(bytes[(2 + NodeAddress.Size)..]),
            DateTimeOffset.FromUnixTimeMilliseconds(at), content);
        return true;
    }
}
