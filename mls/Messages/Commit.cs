using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     ProposalOrRefType type;                         uint8: proposal 1, reference 2
//     select (ProposalOrRef.type) {
//         case proposal:  Proposal proposal;
//         case reference: ProposalRef reference;      opaque<V>
//     };
// } ProposalOrRef;                                    RFC 9420, section 12.4
internal readonly record struct ProposalOrRef(Proposal? Proposal, ReadOnlyMemory<byte> Reference)
{
    internal static bool TryRead(ref MlsReader reader, out ProposalOrRef value)
    {
        value = default;
        if (!reader.TryReadByte(out byte type))
            return false;
        switch (type)
        {
            case 1 when Proposal.TryRead(ref reader, out Proposal proposal):
                value = new ProposalOrRef(proposal, default);
                return true;
            case 2 when reader.TryReadVector(out ReadOnlyMemory<byte> reference):
                value = new ProposalOrRef(null, reference);
                return true;
            default:
                return false;
        }
    }

    internal void Write(MlsWriter writer)
    {
        writer.Byte(Proposal is null ? (byte)2 : (byte)1);
        if (Proposal is null)
            writer.Vector(Reference);
        else
            Proposal.Write(writer);
    }
}

// struct {
//     ProposalOrRef proposals<V>;
//     optional<UpdatePath> path;
// } Commit;                                           RFC 9420, section 12.4
internal sealed class Commit(ProposalOrRef[] proposals, UpdatePath? path)
{
    internal ProposalOrRef[] Proposals { get; } = proposals;

    internal UpdatePath? Path { get; } = path;

    internal static bool TryRead(ref MlsReader reader, out Commit commit)
    {
        commit = null!;
        if (!reader.TryReadNested(out MlsReader list))
            return false;
        List<ProposalOrRef> proposals = [];
        while (!list.AtEnd)
        {
            if (!ProposalOrRef.TryRead(ref list, out ProposalOrRef item))
                return false;
            proposals.Add(item);
        }
        if (!reader.TryReadPresence(out bool present))
            return false;
        UpdatePath? path = null;
        if (present && !UpdatePath.TryRead(ref reader, out path))
            return false;
        commit = new Commit([.. proposals], path);
        return true;
    }

    internal void Write(MlsWriter writer)
    {
        int mark = writer.Begin();
        foreach (ProposalOrRef item in Proposals)
            item.Write(writer);
        writer.End(mark);
        writer.Presence(Path is not null);
        Path?.Write(writer);
    }
}
