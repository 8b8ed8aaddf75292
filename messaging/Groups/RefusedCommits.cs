using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>
/// Commits that are invalid for good on a state, so that they are not verified again and again. The state is only what
/// whoever brought one says: on another the same commit may be good.
/// </summary>
internal sealed class RefusedCommits
{
    /// <summary>Most that are remembered. Arbitrary.</summary>
    private const int MaxRefused = 256;

    private readonly Queue<(StateId Parent, Digest Commit)> _order = [];
    private readonly HashSet<(StateId Parent, Digest Commit)> _refused = [];

    internal long Count { get; private set; }

    internal bool Holds(in CommitBundle bundle) => _refused.Contains(KeyOf(bundle));

    internal void Add(in CommitBundle bundle)
    {
        Count++;
        (StateId, Digest) key = KeyOf(bundle);
        if (!_refused.Add(key))
            return;
        _order.Enqueue(key);
        if (_order.Count > MaxRefused)
            _refused.Remove(_order.Dequeue());
    }

    private static (StateId Parent, Digest Commit) KeyOf(in CommitBundle bundle) =>
        (bundle.Parent, Digest.Of(bundle.Commit.Span));
}
