using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Groups.Policy;

/// <summary>What is known of the states of groups beyond MLS.</summary>
public interface IStateFacts
{
    /// <summary>The order table of a state, and the leaf that made it; false if the state is not known.</summary>
    bool TryFind(MeshGroupId group, StateId state, out OrderTable table, out uint author);
}

/// <summary>
/// The law of our groups: a commit is valid by the state that it is made on alone. Members come and go by orders, and a
/// commit does exactly what its orders say. It refers to no proposal that travelled by itself, so that none can be
/// missing. Two commits in a row by one leaf need an order in the second.
/// </summary>
/// <param name="facts">What is known of states.</param>
public sealed class MembershipRules(IStateFacts facts) : GroupRules
{
    /// <inheritdoc/>
    public override Verdict Judge(ProposedChange change, GroupState state)
    {
        ArgumentNullException.ThrowIfNull(change);
        return !change.IsByReference && change.Proposer.Kind == ProposerKind.Member
            && change.Proposal is AddProposal or RemoveProposal or GroupContextExtensionsProposal
            ? Verdict.Accept
            : Verdict.Reject;
    }

    /// <inheritdoc/>
    public override Verdict Judge(CommitSummary commit, GroupState parent)
    {
        ArgumentNullException.ThrowIfNull(commit);
        ArgumentNullException.ThrowIfNull(parent);
        if (!MeshGroupId.TryRead(parent.GroupId.Span, out MeshGroupId group))
            return Verdict.Reject;
        if (!facts.TryFind(group, parent.Id, out OrderTable table, out uint author))
            return Verdict.NotKnownYet;
        return IsValid(commit, parent, group, table, author) ? Verdict.Accept : Verdict.Reject;
    }

    private static bool IsValid(
        CommitSummary commit, GroupState parent, MeshGroupId group, OrderTable table, uint author)
    {
        if (commit.IsExternal || commit.ReInit is not null || commit.Psks.Count > 0
            || !CommitData.TryRead(commit.AuthenticatedData.Span, out CommitData data)
            || !GroupContextExtension.TryRead(parent.Extensions, out GroupContextExtension extension))
            return false;
        if (data.Orders.Count == 0)
        {
            return commit.Added.Count == 0 && commit.Removed.Count == 0 && commit.Extensions is null
                && commit.Committer.Value != author;
        }

        ulong? pair = PairExtension.NumberOf(parent.Extensions);
        HashSet<NodeAddress> removed = [];
        Dictionary<NodeAddress, Digest> added = [];
        OrderTable after = table;
        foreach (Order order in data.Orders)
        {
            if (order.Group != group || after.After(order) is not { } next || !order.IsAuthentic()
                || (pair is not null && !IsOfPair(group, after, order.Subject)))
                return false;
            after = next;
            bool isNew = order.Kind switch
            {
                OrderKind.Add => added.TryAdd(order.Subject, default),
                OrderKind.Remove or OrderKind.Leave or OrderKind.Proof => removed.Add(order.Subject),
                OrderKind.Rejoin => removed.Add(order.Subject) & added.TryAdd(order.Subject, order.Detail),
                OrderKind.Promote or OrderKind.Demote => true,
                _ => false,
            };

            // An address is added once and removed once, or what the commit does would depend on the order of its
            // parts.
            if (!isNew)
                return false;
        }

        return (commit.Added.Count == 0 || GroupSuites.Allows(parent.CipherSuite, after))
            && commit.Removed.Count == removed.Count
            && commit.Removed.All(m => removed.Contains(AddressCredential.AddressOf(m.Leaf)))
            && commit.Added.Count == added.Count && commit.Added.All(m => IsWanted(m, added))
            && commit.Extensions is { } extensions
            && GroupContextExtension.Matches(extensions, after, extension.IsStrict, pair);
    }

    /// <summary>Nobody but the two comes into a pair: its id says who they are.</summary>
    internal static bool IsOfPair(MeshGroupId group, OrderTable table, NodeAddress subject) =>
        table.Knows(subject) || table.Addresses.All(a => PairId.Of(a, subject) == group);

    private static bool IsWanted(Member member, Dictionary<NodeAddress, Digest> added) =>
        added.TryGetValue(AddressCredential.AddressOf(member.Leaf), out Digest detail)
        && (detail == default || detail == Digest.Of(member.Leaf.EncryptionKey.Span));
}
