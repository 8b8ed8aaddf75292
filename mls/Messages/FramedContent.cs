using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     opaque group_id<V>;
//     uint64 epoch;
//     Sender sender;
//     opaque authenticated_data<V>;
//     ContentType content_type;                       uint8
//     select (FramedContent.content_type) {
//         case application: opaque application_data<V>;
//         case proposal:    Proposal proposal;
//         case commit:      Commit commit;
//     };
// } FramedContent;                                    RFC 9420, section 6
/// <summary>
/// Content with its header, and the bytes that it was read from or written to, which are what is signed.
/// </summary>
internal sealed class FramedContent
{
    internal required ReadOnlyMemory<byte> GroupId { get; init; }

    internal required ulong Epoch { get; init; }

    internal required Sender Sender { get; init; }

    internal required ReadOnlyMemory<byte> AuthenticatedData { get; init; }

    internal required ContentType ContentType { get; init; }

    internal ReadOnlyMemory<byte> ApplicationData { get; private init; }

    internal Proposal? Proposal { get; private init; }

    internal Commit? Commit { get; private init; }

    internal ReadOnlyMemory<byte> Encoded { get; private init; }

    /// <summary>Where the content itself starts in <see cref="Encoded"/>.</summary>
    internal int BodyStart { get; private init; }

    internal ReadOnlySpan<byte> Body => Encoded.Span[BodyStart..];

    internal static bool TryRead(ref MlsReader reader, out FramedContent content)
    {
        content = null!;
        int start = reader.Position;
        if (!reader.TryReadVector(out ReadOnlyMemory<byte> groupId) || !reader.TryReadUInt64(out ulong epoch)
            || !Sender.TryRead(ref reader, out Sender sender) || !reader.TryReadVector(out ReadOnlyMemory<byte> data)
            || !reader.TryReadByte(out byte type))
        {
            return false;
        }
        int bodyStart = reader.Position - start;
        ReadOnlyMemory<byte> application = default;
        Proposal? proposal = null;
        Commit? commit = null;
        bool ok = (ContentType)type switch
        {
            ContentType.Application => reader.TryReadVector(out application),
            ContentType.Proposal => Proposal.TryRead(ref reader, out proposal),
            ContentType.Commit => Commit.TryRead(ref reader, out commit),
            _ => false,
        };
        if (!ok)
            return false;
        content = new FramedContent
        {
            GroupId = groupId,
            Epoch = epoch,
            Sender = sender,
            AuthenticatedData = data,
            ContentType = (ContentType)type,
            ApplicationData = application,
            Proposal = proposal,
            Commit = commit,
            Encoded = reader.Since(start),
            BodyStart = bodyStart,
        };
        return true;
    }

    internal static FramedContent ForApplication(FramedHeader header, ReadOnlySpan<byte> data)
    {
        using MlsWriter writer = new(data.Length + 128);
        header.Write(writer, ContentType.Application);
        writer.Vector(data);
        return Reread(writer);
    }

    internal static FramedContent ForProposal(FramedHeader header, Proposal proposal)
    {
        using MlsWriter writer = new();
        header.Write(writer, ContentType.Proposal);
        proposal.Write(writer);
        return Reread(writer);
    }

    internal static FramedContent ForCommit(FramedHeader header, Commit commit)
    {
        using MlsWriter writer = new(2048);
        header.Write(writer, ContentType.Commit);
        commit.Write(writer);
        return Reread(writer);
    }

    // One way in: what we send has passed the same reader as what we receive.
    private static FramedContent Reread(MlsWriter writer)
    {
        MlsReader reader = new(writer.ToArray());
        return TryRead(ref reader, out FramedContent content) && reader.AtEnd
            ? content
            : throw new InvalidOperationException("Own content must be readable.");
    }
}

/// <summary>The header of framed content.</summary>
internal readonly record struct FramedHeader(
    ReadOnlyMemory<byte> GroupId, ulong Epoch, Sender Sender, ReadOnlyMemory<byte> AuthenticatedData)
{
    internal void Write(MlsWriter writer, ContentType type)
    {
        writer.Vector(GroupId);
        writer.UInt64(Epoch);
        Sender.Write(writer);
        writer.Vector(AuthenticatedData);
        writer.Byte((byte)type);
    }
}
