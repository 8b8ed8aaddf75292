using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>
/// Commits on states that are not known, or not made, yet: in memory alone, because whoever brought them has them. Each
/// member has a share, so that none fills the room of the others.
/// </summary>
internal sealed class WaitingCommits
{
    /// <summary>Most commits in all. Arbitrary.</summary>
    internal const int MaxCommits = 64;

    /// <summary>Most bytes in all. Arbitrary.</summary>
    internal const int MaxBytes = 256 << 10;

    /// <summary>The share of one member in either. Arbitrary.</summary>
    internal const int Shares = 4;

    private readonly List<(NodeAddress From, CommitBundle Bundle)> _waiting = [];

    internal int Count => _waiting.Count;

    internal int Bytes => _waiting.Sum(w => w.Bundle.Commit.Length);

    /// <summary>Takes one in; the oldest of the same member give way.</summary>
    internal void Add(in NodeAddress from, in CommitBundle bundle)
    {
        CommitBundle added = bundle;
        NodeAddress member = from;
        if (_waiting.Exists(w => w.Bundle.Parent == added.Parent
            && w.Bundle.Commit.Span.SequenceEqual(added.Commit.Span)))
            return;
        while (_waiting.FindAll(w => w.From == member) is { Count: > 0 } own
            && (own.Count >= MaxCommits / Shares
                || own.Sum(w => w.Bundle.Commit.Length) + bundle.Commit.Length > MaxBytes / Shares
                || Count >= MaxCommits || Bytes + bundle.Commit.Length > MaxBytes))
            _waiting.Remove(own[0]);
        if (Count < MaxCommits && Bytes + bundle.Commit.Length <= MaxBytes)
            _waiting.Add((from, bundle));
    }

    /// <summary>Takes those out that were made on a state.</summary>
    internal IReadOnlyList<(NodeAddress From, CommitBundle Bundle)> TakeOn(StateId parent)
    {
        List<(NodeAddress, CommitBundle)> taken = _waiting.FindAll(w => w.Bundle.Parent == parent);
        _waiting.RemoveAll(w => w.Bundle.Parent == parent);
        return taken;
    }
}
