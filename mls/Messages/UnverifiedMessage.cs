using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Messages;

/// <summary>
/// A handshake or application message that nobody has verified; only a group can make something of it.
/// </summary>
public sealed class UnverifiedMessage
{
    private UnverifiedMessage(ReadOnlyMemory<byte> bytes, PublicMessage? publicMessage, PrivateMessage? privateMessage)
    {
        Bytes = bytes;
        Public = publicMessage;
        Private = privateMessage;
    }

    /// <summary>The group that the message claims to belong to.</summary>
    public ReadOnlyMemory<byte> GroupId => Public?.Content.GroupId ?? Private!.GroupId;

    /// <summary>The epoch that the message claims to belong to.</summary>
    public ulong Epoch => Public?.Content.Epoch ?? Private!.Epoch;

    /// <summary>What the message claims to be.</summary>
    public ContentType ContentType => Public?.Content.ContentType ?? Private!.ContentType;

    /// <summary>Whether the content is encrypted.</summary>
    public bool IsPrivate => Private is not null;

    internal ReadOnlyMemory<byte> Bytes { get; }

    internal PublicMessage? Public { get; }

    internal PrivateMessage? Private { get; }

    /// <summary>Parses an MLSMessage that carries a PublicMessage or a PrivateMessage.</summary>
    public static MlsResult<UnverifiedMessage> Parse(ReadOnlySpan<byte> message)
    {
        byte[] bytes = message.ToArray();
        MlsReader reader = new(bytes);
        if (!MlsFrame.TryReadHeader(ref reader, out WireFormat format, out MlsError error))
            return error;
        switch (format)
        {
            case WireFormat.PublicMessage:
                return PublicMessage.TryRead(ref reader, out PublicMessage open) && reader.AtEnd
                    ? new UnverifiedMessage(bytes, open, null)
                    : Errors.Malformed("6.2");
            case WireFormat.PrivateMessage:
                return PrivateMessage.TryRead(ref reader, out PrivateMessage closed) && reader.AtEnd
                    ? new UnverifiedMessage(bytes, null, closed)
                    : Errors.Malformed("6.3");
            default:
                return Errors.WrongFormat;
        }
    }
}
