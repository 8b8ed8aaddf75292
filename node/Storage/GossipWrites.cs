using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Storage;

/// <summary>
/// Gossip records to be written when there is time: the newest wish for each id. A record whose bytes do not reach the
/// disk is fetched again, so what is more than a bound is left out while the disk is behind.
/// </summary>
internal sealed class GossipWrites
{
    /// <summary>Bytes of records that may wait; arbitrary.</summary>
    private const int MaxBytes = 1 << 20;

    /// <summary>Ids that may wait; arbitrary.</summary>
    private const int MaxIds = 16_384;

    private readonly Dictionary<GossipId, Wish> _wishes = [];
    private long _bytes;

    /// <summary>Bytes null: forget it all; empty: keep the id alone.</summary>
    private readonly record struct Wish(GossipRow Row, byte[]? Bytes);

    internal int Count => _wishes.Count;

    internal void Keep(in GossipId id, in GossipRow row, ReadOnlySpan<byte> record)
    {
        if (_bytes + record.Length <= MaxBytes)
            Set(id, new Wish(row, record.ToArray()));
    }

    internal void KeepId(in GossipId id, TimeSpan age) =>
        Set(id, new Wish(new GossipRow(age, default, 0, false, false), []));

    internal void Forget(in GossipId id) => Set(id, new Wish(default, null));

    internal void AddOlder(GossipWrites older)
    {
        foreach ((GossipId id, Wish wish) in older._wishes)
        {
            if (!_wishes.ContainsKey(id) && _bytes + (wish.Bytes?.Length ?? 0) <= MaxBytes)
                Set(id, wish);
        }
    }

    internal void Move(GossipWrites to, int most)
    {
        foreach ((GossipId id, Wish wish) in _wishes)
        {
            if (most-- <= 0)
                return;
            Remove(id);
            to.Set(id, wish);
        }
    }

    internal void Write(MeshStore store)
    {
        foreach ((GossipId id, Wish wish) in _wishes)
        {
            if (wish.Bytes is { } bytes)
                store.PutGossip(id, wish.Row, bytes);
            else
                store.DeleteGossip(id);
        }
    }

    private void Set(in GossipId id, in Wish wish)
    {
        Remove(id);
        if (_wishes.Count >= MaxIds)
            return;
        _wishes.Add(id, wish);
        _bytes += wish.Bytes?.Length ?? 0;
    }

    private void Remove(in GossipId id)
    {
        if (_wishes.Remove(id, out Wish wish))
            _bytes -= wish.Bytes?.Length ?? 0;
    }
}
