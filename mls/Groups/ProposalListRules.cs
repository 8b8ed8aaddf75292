using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>Whether proposals may stand together in one commit (RFC 9420, section 12.2).</summary>
internal static class ProposalListRules
{
    private static readonly MlsError Invalid = Errors.At(MlsErrorCode.InvalidProposalList, "12.2");

    /// <summary>The rules for a commit of a member.</summary>
    internal static MlsError CheckRegular(
        IReadOnlyList<ResolvedProposal> proposals, LeafIndex committer, RatchetTree tree, CredentialValidator validator)
    {
        HashSet<uint> touched = [];
        HashSet<uint> removed = [];
        List<LeafNode> added = [];
        HashSet<ReadOnlyMemory<byte>> psks = new(BytesComparer.Instance);
        int contextChanges = 0;
        foreach (ResolvedProposal item in proposals)
        {
            bool ok = item.Proposal switch
            {
                AddProposal add => AddOnce(added, add.KeyPackage.Leaf, validator),
                UpdateProposal => !item.IsFromMember(committer.Value) && touched.Add(item.Sender.Index),
                RemoveProposal remove => TakesAway(remove.Removed),
                SelfRemoveProposal => !item.Reference.IsEmpty && TakesAway(new LeafIndex(item.Sender.Index)),
                PreSharedKeyProposal psk => AddOnce(psks, psk.Psk),
                GroupContextExtensionsProposal => ++contextChanges == 1,
                ReInitProposal => proposals.Count == 1,
                _ => false,
            };
            if (!ok)
                return Invalid;
        }
        return added.Count == 0 ? MlsError.None : CheckNewcomers(added, removed, tree, validator);

        bool TakesAway(LeafIndex leaf) => leaf != committer && touched.Add(leaf.Value) && removed.Add(leaf.Value);
    }

    /// <summary>The rules for an external commit; which leaf it removes, if any.</summary>
    internal static MlsError CheckExternal(IReadOnlyList<ResolvedProposal> proposals, out RemoveProposal? removed)
    {
        removed = null;
        int inits = 0;
        HashSet<uint> leaving = [];
        HashSet<ReadOnlyMemory<byte>> psks = new(BytesComparer.Instance);
        foreach (ResolvedProposal item in proposals)
        {
            // By reference is forbidden, since a joiner cannot judge proposals sent within the group (section
            // 12.4.3.2); but for those that are made for it (draft-ietf-mls-extensions), which stand by reference only.
            if ((item.Proposal is SelfRemoveProposal) == item.Reference.IsEmpty)
                return Errors.At(MlsErrorCode.InvalidProposalList, "12.4.3.2");
            if (item.RemovedLeaf is { } leaf && !leaving.Add(leaf.Value))
                return Invalid;
            switch (item.Proposal)
            {
                case SelfRemoveProposal:
                    break;
                case ExternalInitProposal when inits++ == 0:
                    break;
                case RemoveProposal remove when removed is null:
                    removed = remove;
                    break;
                case PreSharedKeyProposal psk when AddOnce(psks, psk.Psk):
                    break;
                default:
                    return Invalid;
            }
        }
        return inits == 1 ? MlsError.None : Invalid;
    }

    private static MlsError CheckNewcomers(
        List<LeafNode> added, HashSet<uint> removed, RatchetTree tree, CredentialValidator validator)
    {
        foreach ((LeafIndex index, LeafNode member) in tree.Members())
        {
            if (removed.Contains(index.Value))
                continue;
            foreach (LeafNode leaf in added)
            {
                if (validator.IsSameClient(member, leaf))
                    return Invalid;
            }
        }
        return MlsError.None;
    }

    private static bool AddOnce(List<LeafNode> added, LeafNode leaf, CredentialValidator validator)
    {
        foreach (LeafNode other in added)
        {
            if (validator.IsSameClient(other, leaf))
                return false;
        }
        added.Add(leaf);
        return true;
    }

    private static bool AddOnce(HashSet<ReadOnlyMemory<byte>> psks, PreSharedKeyId psk)
    {
        using MlsWriter writer = new();
        psk.Write(writer);
        return psks.Add(writer.ToArray());
    }
}
