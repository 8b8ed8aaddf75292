using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Store;

/// <summary>
/// Who is known and who was refused, as the writer sees it. Changes of a transaction that is rolled back are undone.
/// </summary>
internal sealed class PeerStandings
{
    private readonly Dictionary<NodeAddress, Standing> _standings = [];
    private readonly List<(NodeAddress Peer, Standing Before)> _undo = [];

    internal Standing Of(in NodeAddress peer) => _standings.GetValueOrDefault(peer);

    internal void Restore(in NodeAddress peer, Standing standing) => _standings[peer] = standing;

    internal void Set(in NodeAddress peer, Standing standing)
    {
        _undo.Add((peer, Of(peer)));
        Put(peer, standing);
    }

    internal void Commit() => _undo.Clear();

    internal void Rollback()
    {
        for (int i = _undo.Count - 1; i >= 0; i--)
            Put(_undo[i].Peer, _undo[i].Before);
        _undo.Clear();
    }

    private void Put(in NodeAddress peer, Standing standing)
    {
        if (standing == Standing.Stranger)
            _standings.Remove(peer);
        else
            _standings[peer] = standing;
    }
}
