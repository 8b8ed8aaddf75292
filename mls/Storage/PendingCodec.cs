using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Storage;

/// <summary>An own commit that waits, beside the two values of the state that it leads to.</summary>
internal static class PendingCodec
{
    // version; message<V>; bool welcome, kept as a value of its own; signature key of the committer afterwards<V>;
    // authenticated data<V>; bool path; uint32 count; each: Proposal<V>, Sender, reference<V>, authenticated data<V>
    internal static byte[] Write(PendingCommit pending)
    {
        using MlsWriter writer = new(4096);
        writer.Byte(EpochCodec.FormatVersion);
        writer.Vector(pending.Message);
        writer.Presence(pending.Welcome is not null);
        writer.Vector(pending.Identity.PublicKey);
        writer.Vector(pending.Summary.AuthenticatedData);
        writer.Presence(pending.HasPath);
        writer.UInt32((uint)pending.Proposals.Count);
        foreach (ResolvedProposal item in pending.Proposals)
        {
            int mark = writer.Begin();
            item.Proposal.Write(writer);
            writer.End(mark);
            item.Sender.Write(writer);
            writer.Vector(item.Reference);
            writer.Vector(item.AuthenticatedData);
        }
        return writer.ToArray();
    }

    internal static PendingCommit Read(MlsClient client, GroupEpoch parent, string group, byte[] bytes)
    {
        MlsReader reader = new(bytes);
        Stored.Require(reader.TryReadByte(out byte version) && version == EpochCodec.FormatVersion);
        Stored.Require(reader.TryReadVector(out ReadOnlyMemory<byte> message) & reader.TryReadPresence(
            out bool welcomed));
        Stored.Require(reader.TryReadVector(out ReadOnlyMemory<byte> signatureKey));
        Stored.Require(reader.TryReadVector(out ReadOnlyMemory<byte> data) & reader.TryReadPresence(out bool path));
        Stored.Require(reader.TryReadUInt32(out uint count));
        List<ResolvedProposal> proposals = [];
        for (uint i = 0; i < count; i++)
            proposals.Add(ReadProposal(ref reader));
        Stored.Require(reader.AtEnd);

        EpochTrace trace = new() { Parent = parent.Id, Author = null };
        GroupEpoch next = EpochCodec.Read(
            client.Store.Read(StoreKeys.PendingEpoch(group)), client.Store.Read(StoreKeys.PendingKeys(group)), trace);
        trace.Author = next.Self;
        MlsIdentity identity = client.FindIdentity(next.Suite.Id, signatureKey.Span)
            ?? throw new InvalidOperationException("The identity of the pending commit was not given to the client.");
        byte[]? welcome = welcomed ? client.Store.Read(StoreKeys.Welcome(group, next.Id)) : null;
        LeafNode? leaf = path ? next.Tree.Leaf(next.Self) : null;
        Stored.Require(
            !AppliedProposals.Apply(parent.Tree, parent.Requirements, proposals, out AppliedProposals applied).Failed);
        CommitSummary summary = CommitSummaries.Of(client.Environment, new CommitFacts
        {
            Applied = applied,
            Proposals = proposals,
            Before = parent.Tree,
            After = next.Tree,
            Epoch = next.Number,
            Committer = next.Self,
            PathLeaf = leaf,
            AuthenticatedData = data,
        });
        return new PendingCommit(message.ToArray(), welcome, next, identity, summary, proposals, path);
    }

    private static ResolvedProposal ReadProposal(ref MlsReader reader)
    {
        Stored.Require(reader.TryReadVector(out ReadOnlyMemory<byte> encoded));
        MlsReader inner = new(encoded);
        Stored.Require(Proposal.TryRead(ref inner, out Proposal proposal) && inner.AtEnd);
        Stored.Require(Sender.TryRead(ref reader, out Sender sender));
        Stored.Require(reader.TryReadVector(out ReadOnlyMemory<byte> reference) & reader.TryReadVector(
            out ReadOnlyMemory<byte> data));
        return new ResolvedProposal(proposal, sender, reference, Checked: true) { AuthenticatedData = data };
    }
}
