using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls;

/// <summary>What this member can still do with a state of a group.</summary>
public enum StateStanding : byte
{
    /// <summary>Everything: it takes commits, and can be the tip in which messages are sent.</summary>
    Live = 1,

    /// <summary>Its late application messages can be read. What takes commits and sends messages was deleted.</summary>
    Settled = 2,

    /// <summary>Nothing; it is the end of a group that begins anew.</summary>
    Closed = 3,
}

/// <summary>
/// A state of a group: what all its members agree on after one commit. A snapshot without secrets; the group does the
/// work.
/// </summary>
public sealed class GroupState
{
    private readonly RatchetTree _tree;
    private readonly GroupContext _context;

    internal GroupState(GroupContext context, RatchetTree tree)
    {
        _context = context;
        _tree = tree;
    }

    /// <summary>The state's name.</summary>
    public StateId Id => StateId.Of(_context.ConfirmedTranscriptHash.Span);

    /// <summary>The state that it was made from; null for the first that this member has.</summary>
    public StateId? Parent { get; private init; }

    /// <summary>The number of the epoch; siblings share it.</summary>
    public ulong Epoch => _context.Epoch;

    /// <summary>The group's id.</summary>
    public ReadOnlyMemory<byte> GroupId => _context.GroupId;

    /// <summary>The group's cipher suite.</summary>
    public CipherSuite CipherSuite => _context.CipherSuite;

    /// <summary>The extensions of the group context.</summary>
    public ExtensionList Extensions => _context.Extensions;

    /// <summary>The leaf whose commit made the state; null where that is not known, as to a newcomer.</summary>
    public LeafIndex? Author { get; private init; }

    /// <summary>This member's place; null where it has none, as before an external commit.</summary>
    public LeafIndex? Self { get; private init; }

    /// <summary>What could be done with the state when the snapshot was taken.</summary>
    public StateStanding Standing { get; private init; } = StateStanding.Live;

    /// <summary>All members, from left to right.</summary>
    public IReadOnlyList<Member> Members => [.. _tree.Members().Select(m => new Member(m.Index, m.Leaf))];

    /// <summary>The number of members.</summary>
    public int MemberCount => _tree.MemberCount;

    /// <summary>Finds a member; null if the leaf is blank.</summary>
    public Member? FindMember(LeafIndex index) => _tree.Leaf(index) is { } leaf ? new Member(index, leaf) : null;

    internal static GroupState Of(GroupEpoch epoch) => new(epoch.Context, epoch.Tree)
    {
        Parent = epoch.Trace.Parent,
        Author = epoch.Trace.Author,
        Self = epoch.Self,
        Standing = epoch.Trace.Standing,
    };
}
