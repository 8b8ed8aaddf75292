using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>Puts applied proposals into words.</summary>
internal static class CommitSummaries
{
    internal static CommitSummary Of(MlsEnvironment environment, CommitFacts facts)
    {
        AppliedProposals applied = facts.Applied;
        List<Member> added =
            [.. applied.Added.Select(a => new Member(a.Index, facts.After.Leaf(a.Index) ?? a.KeyPackage.Leaf))];
        List<Member> updated = [.. applied.Updated.Select(u => new Member(u.Index, u.New))];
        if (facts.PathLeaf is { } leaf)
            (facts.IsExternal ? added : updated).Add(new Member(facts.Committer, leaf));
        return new CommitSummary
        {
            Epoch = facts.Epoch,
            Committer = facts.Committer,
            IsExternal = facts.IsExternal,
            Changes = [.. facts.Proposals.Select(p => Describe(p, facts.Before))],
            AuthenticatedData = facts.AuthenticatedData,
            Added = added,
            OutOfLifetime = [.. added.Where(m => !LeafValidator.IsAlive(environment, m.Leaf))],
            Removed = [.. applied.Removed.Select(r => new Member(r.Index, r.Old))],
            Updated = updated,
            Psks = [.. applied.Psks],
            Extensions = applied.ExtensionsChanged ? applied.Requirements.Extensions : null,
            ReInit = applied.ReInit,
            RemovesSelf = facts.RemovesSelf,
        };
    }

    /// <summary>Who proposed what.</summary>
    internal static ProposedChange Describe(ResolvedProposal item, RatchetTree tree) =>
        new(item.Proposal, DescribeSender(item.Sender, tree), !item.Reference.IsEmpty, item.AuthenticatedData);

    internal static Proposer DescribeSender(Sender sender, RatchetTree tree)
    {
        switch (sender.Type)
        {
            case SenderType.Member:
                LeafIndex index = new(sender.Index);
                Member? member = tree.Leaf(index) is { } leaf ? new Member(index, leaf) : null;
                return new Proposer(ProposerKind.Member, member, null);
            case SenderType.External:
                return new Proposer(ProposerKind.ExternalSender, null, sender.Index);
            default:
                return new Proposer(ProposerKind.Newcomer, null, null);
        }
    }
}
