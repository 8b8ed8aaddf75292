using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>
/// Which of the waiting proposals a commit covers: all that can stand together, with the preferences of RFC 9420,
/// section 12.2. What the application asks for by value is never left out; of what others propose, nothing that would
/// make the commit fail is taken in, so that nobody can stop it.
/// </summary>
internal static class ProposalSelection
{
    internal static List<ResolvedProposal> Choose(
        CommitCreator creator, LeafIndex self, IReadOnlyList<StoredProposal> waiting, List<ResolvedProposal> byValue)
    {
        List<ResolvedProposal> chosen = [];
        List<ResolvedProposal> candidates = Preferred(creator, self, waiting, byValue);
        if (candidates.Count > 0)
            TakeWhatFits(creator, candidates, chosen, byValue);
        return [.. chosen, .. byValue];
    }

    /// <summary>
    /// Whether somebody could commit a waiting proposal: data has to wait for such a one (section 12.4).
    /// </summary>
    internal static bool AnyCanBeCommitted(CommitCreator creator, LeafIndex self, IReadOnlyList<StoredProposal> waiting)
    {
        foreach (StoredProposal stored in waiting)
        {
            // One's own is for the others to commit, and was checked when it was sent.
            if (stored.Resolved.IsFromMember(self.Value) || creator.Fits([stored.Resolved]))
                return true;
        }
        return false;
    }

    // All at once if they fit, else each half for itself: a few bad ones among many cost a few checks each.
    private static void TakeWhatFits(
        CommitCreator creator, List<ResolvedProposal> candidates, List<ResolvedProposal> chosen,
        List<ResolvedProposal> byValue)
    {
        if (creator.Fits([.. chosen, .. candidates, .. byValue]))
        {
            chosen.AddRange(candidates);
        }
        else if (candidates.Count > 1)
        {
            int half = candidates.Count / 2;
            TakeWhatFits(creator, candidates[..half], chosen, byValue);
            TakeWhatFits(creator, candidates[half..], chosen, byValue);
        }
    }

    private static List<ResolvedProposal> Preferred(
        CommitCreator creator, LeafIndex self, IReadOnlyList<StoredProposal> waiting, List<ResolvedProposal> byValue)
    {
        List<ResolvedProposal> all = [.. waiting.Select(w => w.Resolved)];
        HashSet<uint> removed = [.. Removals(byValue), .. Removals(all)];
        HashSet<uint> touched = [.. Removals(byValue)];

        // Who leaves is not removed by others too (draft-ietf-mls-extensions).
        HashSet<uint> leaving = [.. Removals(all.Where(p => p.Proposal is SelfRemoveProposal))];
        bool changesContext = byValue.Exists(p => p.Proposal is GroupContextExtensionsProposal);
        List<ResolvedProposal> list = [];

        // Backwards, so that of several updates of one leaf, or changes of the context, the latest is met first.
        foreach (ResolvedProposal item in Enumerable.Reverse(all))
        {
            bool take = item.Proposal switch
            {
                UpdateProposal => !item.IsFromMember(self.Value) && !removed.Contains(item.Sender.Index)
                    && touched.Add(item.Sender.Index),
                RemoveProposal remove => remove.Removed != self && !leaving.Contains(remove.Removed.Value)
                    && touched.Add(remove.Removed.Value),
                SelfRemoveProposal => !item.IsFromMember(self.Value) && touched.Add(item.Sender.Index),
                GroupContextExtensionsProposal => !changesContext && creator.Fits([item]) && (changesContext = true),
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
        proposals.Where(p => p.RemovedLeaf is not null).Select(p => p.RemovedLeaf!.Value.Value);
}
