using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     opaque group_id<V>;
//     uint64 epoch;
//     ContentType content_type;                       uint8
//     opaque authenticated_data<V>;
//     opaque encrypted_sender_data<V>;
//     opaque ciphertext<V>;
// } PrivateMessage;                                   RFC 9420, section 6.3
internal sealed class PrivateMessage
{
    internal required ReadOnlyMemory<byte> GroupId { get; init; }

    internal required ulong Epoch { get; init; }

    internal required ContentType ContentType { get; init; }

    internal required ReadOnlyMemory<byte> AuthenticatedData { get; init; }

    internal required ReadOnlyMemory<byte> EncryptedSenderData { get; init; }

    internal required ReadOnlyMemory<byte> Ciphertext { get; init; }

    internal static bool TryRead(ref MlsReader reader, out PrivateMessage message)
    {
        message = null!;
        if (!reader.TryReadVector(out ReadOnlyMemory<byte> groupId) || !reader.TryReadUInt64(out ulong epoch)
            || !reader.TryReadByte(out byte type) || type is < 1 or > 3
            || !reader.TryReadVector(out ReadOnlyMemory<byte> data)
            || !reader.TryReadVector(out ReadOnlyMemory<byte> senderData)
            || !reader.TryReadVector(out ReadOnlyMemory<byte> ciphertext))
        {
            return false;
        }
        message = new PrivateMessage
        {
            GroupId = groupId,
            Epoch = epoch,
            ContentType = (ContentType)type,
            AuthenticatedData = data,
            EncryptedSenderData = senderData,
            Ciphertext = ciphertext,
        };
        return true;
    }

    internal void Write(MlsWriter writer)
    {
        WriteSenderDataAad(writer, GroupId.Span, Epoch, ContentType);
        writer.Vector(AuthenticatedData);
        writer.Vector(EncryptedSenderData);
        writer.Vector(Ciphertext);
    }

    internal byte[] ToMessage()
    {
        using MlsWriter writer = new(Ciphertext.Length + AuthenticatedData.Length + 256);
        MlsFrame.WriteHeader(writer, WireFormat.PrivateMessage);
        Write(writer);
        return writer.ToArray();
    }

    /// <summary>SenderDataAAD (section 6.3.2), which is also how PrivateContentAAD begins (section 6.3.1).</summary>
    internal static void WriteSenderDataAad(MlsWriter writer, ReadOnlySpan<byte> groupId, ulong epoch, ContentType type)
    {
        writer.Vector(groupId);
        writer.UInt64(epoch);
        writer.Byte((byte)type);
    }
}
