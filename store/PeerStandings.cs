using System.Collections.Concurrent;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Store;

/// <summary>
/// Who is known and who was refused: what is committed, for every thread, and before it what the writer changed in its
/// transaction. All of it is in memory, because each message that comes asks.
/// </summary>
internal sealed class PeerStandings
{
    private readonly ConcurrentDictionary<NodeAddress, Standing> _committed = new();
    private readonly Dictionary<NodeAddress, Standing> _changed = [];

    /// <summary>As the writer sees it.</summary>
    internal Standing Of(in NodeAddress peer) =>
        _changed.TryGetValue(peer, out Standing standing) ? standing : Committed(peer);

    /// <summary>As it is committed; from any thread.</summary>
    internal Standing Committed(in NodeAddress peer) => _committed.GetValueOrDefault(peer);

    internal void Restore(in NodeAddress peer, Standing standing) => _committed[peer] = standing;

    internal void Set(in NodeAddress peer, Standing standing) => _changed[peer] = standing;

    internal void Commit()
    {
        foreach ((NodeAddress peer, Standing standing) in _changed)
        {
            if (standing == Standing.Stranger)
                _ = _committed.TryRemove(peer, out _);
            else
                _committed[peer] = standing;
        }

        _changed.Clear();
    }

    internal void Rollback() => _changed.Clear();
}
