using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>
/// Which of the waiting proposals a commit covers: all that can stand together, with the preferences of RFC 9420,
/// section 12.2. What the application asks for by value is never left out.
/// </summary>
internal static class ProposalSelection
{
    internal static MlsError Choose(
        CommitCreator creator, LeafIndex self, IReadOnlyList<StoredProposal> waiting, List<ResolvedProposal> byValue,
        out List<ResolvedProposal> chosen)
    {
        List<ResolvedProposal> candidates = Preferred(self, waiting, byValue);
        chosen = [.. candidates, .. byValue];
        MlsError error = creator.CheckProposals(chosen, allowSuccessorPsk: false, out _);
        if (!error.Failed || candidates.Count == 0)
            return error;

        // Somebody's proposal does not fit the others: take them one by one.
        chosen = [.. byValue];
        error = creator.CheckProposals(chosen, allowSuccessorPsk: false, out _);
        if (error.Failed)
            return error;
        foreach (ResolvedProposal candidate in candidates)
        {
            chosen.Insert(chosen.Count - byValue.Count, candidate);
            if (creator.CheckProposals(chosen, allowSuccessorPsk: false, out _).Failed)
                chosen.RemoveAt(chosen.Count - byValue.Count - 1);
        }
        return MlsError.None;
    }

    private static List<ResolvedProposal> Preferred(LeafIndex self, IReadOnlyList<StoredProposal> waiting, List<ResolvedProposal> byValue)
    {
        HashSet<uint> removed = [.. Removals(byValue), .. Removals(waiting.Select(w => w.Resolved))];
        HashSet<uint> touched = [.. Removals(byValue)];
        bool changesContext = byValue.Exists(p => p.Proposal is GroupContextExtensionsProposal);
        List<ResolvedProposal> list = [];

        // Backwards, so that of several updates of one leaf the latest is met first.
        foreach (ResolvedProposal item in waiting.Reverse().Select(w => w.Resolved))
        {
            bool take = item.Proposal switch
            {
                UpdateProposal => item.Sender.Index != self.Value && !removed.Contains(item.Sender.Index) && touched.Add(item.Sender.Index),
                RemoveProposal remove => remove.Removed != self && touched.Add(remove.Removed.Value),
                GroupContextExtensionsProposal => !changesContext && (changesContext = true),
                _ => true,
            };
            if (take)
                list.Add(item);
        }
        list.Reverse();
        bool alone = list.Count + byValue.Count == 1;
        if (!alone)
            list.RemoveAll(p => p.Proposal is ReInitProposal);
        return list;
    }

    private static IEnumerable<uint> Removals(IEnumerable<ResolvedProposal> proposals) =>
        proposals.Select(p => p.Proposal).OfType<RemoveProposal>().Select(r => r.Removed.Value);
}
