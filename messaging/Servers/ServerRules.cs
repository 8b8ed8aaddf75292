using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <summary>
/// The law of groups on servers. It counts persons, whose devices are leaves: in a conversation of two there are two,
/// and nobody comes or goes once both are in; in a group every person adds others, a person removes itself, and the
/// founder removes others. Everybody adds and removes devices of its own; the identity's own leaf goes with all devices
/// of its person or not at all. Every leaf that comes in shows whose device it is, and names the same server as the
/// others of its person.
/// </summary>
internal sealed class ServerRules : GroupRules
{
    /// <summary>
    /// Leaves of a group at most. Arbitrary: a Welcome has all of them, and has to fit into
    /// <see cref="ServerConversations.MaxMessage"/>.
    /// </summary>
    internal const int MaxLeaves = 96;

    private const int PersonsInDirect = 2;
    private const int PersonsOfDevices = 1;

    /// <summary>Whether persons with so many leaves each may be in a group.</summary>
    /// <param name="leavesOfPersons">How many each has.</param>
    /// <param name="extensions">The group's: they say whether it is a conversation of two.</param>
    internal static bool AreFew(IReadOnlyCollection<int> leavesOfPersons, ExtensionList extensions) =>
        leavesOfPersons.Count <= MaxPersons(extensions)
        && leavesOfPersons.Sum() <= MaxLeaves && leavesOfPersons.All(n => n <= DeviceLeaf.MaxDevices);

    /// <inheritdoc/>
    public override Verdict Judge(ProposedChange change, GroupState state)
    {
        if (change.Proposer.Kind != ProposerKind.Member || change.Proposer.Member is not { } proposer)
            return Verdict.Reject;
        byte[] by = DeviceLeaf.PersonOf(proposer.Leaf);
        bool isAllowed = change.Proposal switch
        {
            UpdateProposal update => IsSuccessor(proposer.Leaf, update.Leaf),
            AddProposal add => !change.IsByReference && DeviceLeaf.IsSound(add.KeyPackage.Leaf)
                && MayAdd(by, DeviceLeaf.PersonOf(add.KeyPackage.Leaf), state),
            RemoveProposal remove => state.FindMember(remove.Removed) is { } removed
                && MayRemove(by, DeviceLeaf.PersonOf(removed.Leaf), change, state),
            _ => false,
        };
        return isAllowed ? Verdict.Accept : Verdict.Reject;
    }

    /// <inheritdoc/>
    public override Verdict Judge(CommitSummary commit, GroupState parent)
    {
        if (commit.IsExternal || commit.ReInit is not null || commit.Psks.Count > 0 || commit.Extensions is not null)
            return Verdict.Reject;
        foreach (Member updated in commit.Updated)
        {
            if (parent.FindMember(updated.Index) is not { } before || !IsSuccessor(before.Leaf, updated.Leaf))
                return Verdict.Reject;
        }

        Member[] changed = [.. commit.Updated, .. commit.Added];
        Member[] after = [.. parent.Members.Where(m => commit.Removed.All(r => r.Index != m.Index))
            .Where(m => commit.Updated.All(u => u.Index != m.Index)).Concat(changed)];
        if (commit.Removed.Any(m => IsOrphaned(m.Leaf, after)) || !changed.All(m => IsAtHome(m, parent, after)))
            return Verdict.Reject;
        int[] leaves =
            [.. after.GroupBy(m => Convert.ToHexString(DeviceLeaf.PersonOf(m.Leaf))).Select(p => p.Count())];
        return AreFew(leaves, parent.Extensions) ? Verdict.Accept : Verdict.Reject;
    }

    /// <summary>
    /// Whether a leaf that goes was the identity's own one, and leaves devices behind: one that was stolen would be
    /// there for good.
    /// </summary>
    private static bool IsOrphaned(LeafNode gone, Member[] after) =>
        !gone.Extensions.TryFind(DeviceLeaf.Type, out _)
        && after.Any(m => DeviceLeaf.PersonOf(m.Leaf).AsSpan().SequenceEqual(gone.SignatureKey.Span))
        && after.All(m => !m.Leaf.SignatureKey.Span.SequenceEqual(gone.SignatureKey.Span));

    private static int MaxPersons(ExtensionList extensions) =>
        !ServerTerms.TryRead(extensions, out ServerTerms? terms) ? PersonsInDirect
        : terms.Name == ServerTerms.OfDevices ? PersonsOfDevices : ServerConversations.MaxMembers;

    private static bool IsDirect(GroupState state) => !ServerTerms.TryRead(state.Extensions, out _);

    private static bool MayAdd(byte[] by, byte[] added, GroupState state) =>
        !IsDirect(state) || added.AsSpan().SequenceEqual(by)
        || state.Members.All(m => DeviceLeaf.PersonOf(m.Leaf).AsSpan().SequenceEqual(by));

    private static bool MayRemove(byte[] by, byte[] removed, ProposedChange change, GroupState state) =>
        removed.AsSpan().SequenceEqual(by)
        || (!change.IsByReference && ServerTerms.TryRead(state.Extensions, out ServerTerms? terms)
            && terms.Founder.Span.SequenceEqual(by));

    /// <summary>
    /// Whether a leaf that is new names the server that the others of its person name, where any does. What was there
    /// before is nobody's fault: a group that has it would else take no commit any more.
    /// </summary>
    private static bool IsAtHome(Member changed, GroupState parent, Member[] after)
    {
        string home = ServerHome.Of(changed.Leaf);
        if (home.Length == 0 || (parent.FindMember(changed.Index) is { } before && IsSame(before, changed)))
            return true;
        byte[] person = DeviceLeaf.PersonOf(changed.Leaf);
        return after.All(m => !DeviceLeaf.PersonOf(m.Leaf).AsSpan().SequenceEqual(person)
            || ServerHome.Of(m.Leaf) is "" || ServerHome.Of(m.Leaf) == home);
    }

    private static bool IsSame(Member before, Member changed) =>
        before.Leaf.SignatureKey.Span.SequenceEqual(changed.Leaf.SignatureKey.Span)
        && ServerHome.Of(before.Leaf) == ServerHome.Of(changed.Leaf);

    /// <summary>
    /// Whether a member that renews its leaf is still the same device of the same person, at the same server: one that
    /// named none may name it now.
    /// </summary>
    private static bool IsSuccessor(LeafNode before, LeafNode after) =>
        DeviceLeaf.IsSound(after) && DeviceLeaf.PersonOf(after).AsSpan().SequenceEqual(DeviceLeaf.PersonOf(before))
        && after.SignatureKey.Span.SequenceEqual(before.SignatureKey.Span)
        && (ServerHome.Of(before) is "" || ServerHome.Of(before) == ServerHome.Of(after));
}
