using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>
/// The states that are known, as a tree. The tip is, from the oldest state that takes commits, always the best child
/// that is not void: whatever came first, or grew longer.
/// </summary>
internal sealed class GroupTree
{
    /// <summary>Most states that are remembered with their commits.</summary>
    internal const int MaxNodes = 256;

    /// <summary>Most bytes of commits that are kept to be passed on.</summary>
    internal const int MaxBytes = 1 << 20;

    /// <summary>
    /// So many times either while they are children of states that take commits, which <see cref="Trim"/> spares.
    /// Arbitrary.
    /// </summary>
    private const int Overdraft = 4;

    /// <summary>
    /// Most states that are saved, and read back: room for own commits is beyond what <see cref="HasRoomFor"/> gives.
    /// </summary>
    internal const int MostNodes = MaxNodes * (Overdraft + 1);

    /// <summary>How long a commit is kept to be passed on, in running time.</summary>
    internal static readonly TimeSpan Keep = TimeSpan.FromDays(30);

    private readonly Dictionary<StateId, StateNode> _nodes = [];
    private readonly Dictionary<Digest, StateId> _byCommit = [];
    private long _bytes;

    internal GroupTree(StateNode root)
    {
        Root = root;
        Tip = root;
        _nodes[root.Id] = root;
    }

    /// <summary>The oldest state that is known; all others descend from it.</summary>
    internal StateNode Root { get; private set; }

    /// <summary>The state that this node is in.</summary>
    internal StateNode Tip { get; set; }

    internal int Count => _nodes.Count;

    /// <summary>Bytes of the commits that are kept.</summary>
    internal long Bytes => _bytes;

    internal IEnumerable<StateNode> All => _nodes.Values;

    internal StateNode? Find(StateId id) => _nodes.GetValueOrDefault(id);

    internal StateNode? FindShort(ulong state, ulong epoch) =>
        _nodes.Values.FirstOrDefault(n => n.Short == state && n.Epoch == epoch);

    internal bool Knows(ReadOnlySpan<byte> commit, [NotNullWhen(true)] out StateNode? node)
    {
        node = _byCommit.TryGetValue(Digest.Of(commit), out StateId id) ? Find(id) : null;
        return node is not null;
    }

    internal IEnumerable<StateNode> ChildrenOf(StateId id) => _nodes.Values.Where(n => n.Parent == id && n.Id != id);

    internal StateNode? ParentOf(StateNode node) => node.Id == node.Parent ? null : Find(node.Parent);

    internal void Add(StateNode node)
    {
        if (!_nodes.TryAdd(node.Id, node))
            return;
        if (!node.Commit.IsEmpty)
            _byCommit[Digest.Of(node.Commit.Span)] = node.Id;
        _bytes += node.Commit.Length;
    }

    /// <summary>Whether a state lies on the way to another; each lies on its own.</summary>
    internal bool IsAncestor(StateId ancestor, StateNode of)
    {
        for (StateNode? at = of; at is not null; at = ParentOf(at))
        {
            if (at.Id == ancestor)
                return true;
        }

        return false;
    }

    /// <summary>The newest state that two have in common.</summary>
    internal StateNode CommonOf(StateNode a, StateNode b)
    {
        while (a != b)
        {
            if (a.Epoch >= b.Epoch)
                a = ParentOf(a) ?? b;
            else
                b = ParentOf(b) ?? a;
        }

        return a;
    }

    /// <summary>The child of a state on the way to another.</summary>
    internal StateNode? ChildTowards(StateNode from, StateNode to)
    {
        for (StateNode? at = to; at is not null && at != from; at = ParentOf(at))
        {
            if (at.Parent == from.Id)
                return at;
        }

        return null;
    }

    /// <summary>The way from the root to a state, both included.</summary>
    internal IReadOnlyList<StateNode> PathTo(StateNode node)
    {
        List<StateNode> path = [];
        for (StateNode? at = node; at is not null; at = ParentOf(at))
            path.Add(at);
        path.Reverse();
        return path;
    }

    /// <summary>
    /// The states that all members who know the same are in: the best way on from a state, best child by best child.
    /// </summary>
    internal IReadOnlyList<StateNode> BestPath(StateNode from)
    {
        List<StateNode> path = [];
        StateNode at = from;
        while (!at.RemovesSelf && BestChild(at) is { } best)
        {
            path.Add(best);
            at = best;
        }

        return path;
    }

    private StateNode? BestChild(StateNode parent)
    {
        StateNode? best = null;
        foreach (StateNode child in ChildrenOf(parent.Id))
        {
            if (!child.IsVoid && (best is null || child.Rank.CompareTo(best.Rank) < 0))
                best = child;
        }

        return best;
    }

    /// <summary>All that descends from a state, parents before children.</summary>
    internal IReadOnlyList<StateNode> DescendantsOf(StateNode from)
    {
        List<StateNode> list = [];
        List<StateNode> at = [from];
        while (at.Count > 0)
        {
            List<StateNode> next = [.. at.SelectMany(n => ChildrenOf(n.Id))];
            list.AddRange(next);
            at = next;
        }

        return list;
    }

    /// <summary>
    /// Whether another commit of a leaf on a state tells anything, and there is room for it: of two on one state both
    /// are void, and more would only fill the room of others.
    /// </summary>
    internal bool HasRoomFor(StateNode parent, uint author, int bytes) =>
        _nodes.Count < MaxNodes * Overdraft && _bytes + bytes <= (long)MaxBytes * Overdraft
        && ChildrenOf(parent.Id).Count(n => n.Author == author) < 2;

    /// <summary>Two commits of one leaf on one state: both are void from now on.</summary>
    /// <returns>The other one; null if there is none.</returns>
    internal StateNode? Contradict(StateNode node)
    {
        StateNode? other = ChildrenOf(node.Parent).FirstOrDefault(n => n.Id != node.Id && n.Author == node.Author);
        if (other is null)
            return null;
        node.IsContradicted = true;
        other.IsContradicted = true;
        return other;
    }

    /// <summary>Forgets the oldest beyond the bounds. The way to the tip becomes shorter at its old end; no side state
    /// of what still takes commits goes.</summary>
    internal void Trim(StateNode oldestLive, TimeSpan at)
    {
        while (Root != oldestLive
            && (_nodes.Count > MaxNodes || _bytes > MaxBytes || at - Root.Since > Keep)
            && ChildTowards(Root, Tip) is { } next)
        {
            foreach (StateNode gone in DescendantsOf(Root).Where(n => !IsAncestor(next.Id, n)).ToArray())
                Remove(gone);
            Remove(Root);
            Root = Rooted(next);
        }
    }

    private StateNode Rooted(StateNode next)
    {
        var root = new StateNode
        {
            Id = next.Id,
            Parent = next.Id,
            Epoch = next.Epoch,
            Author = next.Author,
            AuthorAddress = next.AuthorAddress,
            Rank = next.Rank,
            Table = next.Table,
            Since = next.Since,
        };
        Remove(next);
        _nodes[root.Id] = root;
        if (Tip == next)
            Tip = root;
        return root;
    }

    private void Remove(StateNode node)
    {
        _nodes.Remove(node.Id);
        if (!node.Commit.IsEmpty)
            _byCommit.Remove(Digest.Of(node.Commit.Span));
        _bytes -= node.Commit.Length;
    }
}
