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

    private readonly RecentSet<(StateId Parent, Digest Commit)> _refused = new(MaxRefused);

    internal long Count { get; private set; }

    internal bool Holds(in CommitBundle bundle) => _refused.Contains(KeyOf(bundle));

    internal void Add(in CommitBundle bundle)
    {
        Count++;
        _refused.Add(KeyOf(bundle));
    }

    private static (StateId Parent, Digest Commit) KeyOf(in CommitBundle bundle) =>
        (bundle.Parent, Digest.Of(bundle.Commit.Span));
}
