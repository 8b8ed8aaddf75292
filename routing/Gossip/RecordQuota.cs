using QuicProChat.Mesh.Routing.Custody;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>
/// How much is kept, and whose. What was taken of others is kept until it ends: nothing that a source sends makes room
/// for something else, so a full share only means that what follows is passed on and not kept.
/// <code>
///  |------ topics of this node ------|--------- any source ---------|-- chosen links only --|
/// </code>
/// A source may fill what is free in proportion: the first gets half, two get a third each, and there is room for the
/// next.
/// </summary>
internal sealed class RecordQuota(GossipOptions options)
{
    private Tally _mine;
    private Tally _others;
    private Tally _strangers;

    /// <summary>Bytes kept, with what their rows cost.</summary>
    public long Bytes => _mine.Bytes + _others.Bytes;

    /// <summary>There is room for a record of this node's own topics.</summary>
    public bool HasRoomForMine(int cost) => _mine.Bytes + cost <= options.MaxBytes / 2
        && _mine.Count < options.MaxCount / 2;

    /// <summary>There is room for a record of somebody else's topic.</summary>
    public bool HasRoom(GossipSource source, int cost)
    {
        var free = new Tally
        {
            Bytes = options.MaxBytes / 2 - _others.Bytes,
            Count = options.MaxCount / 2 - _others.Count,
        };
        if (!source.IsChosen)
        {
            free.Bytes = Math.Min(free.Bytes, options.MaxBytes / 4 - _strangers.Bytes);
            free.Count = Math.Min(free.Count, options.MaxCount / 4 - _strangers.Count);
        }

        return source.Kept.Bytes + cost <= free.Bytes - cost && source.Kept.Count + 1 <= free.Count - 1;
    }

    /// <summary>A record that was kept before a restart finds room in the whole.</summary>
    public bool HasRoomForRestored(int cost) =>
        Bytes + cost <= options.MaxBytes && _mine.Count + _others.Count < options.MaxCount;

    public void Take(StoredRecord record)
    {
        if (record.Source is not { } source)
        {
            _mine.Add(record.Cost);
            return;
        }

        _others.Add(record.Cost);
        source.Kept.Add(record.Cost);
        if (!source.IsChosen)
            _strangers.Add(record.Cost);
    }

    public void GiveBack(StoredRecord record)
    {
        if (record.Source is not { } source)
        {
            _mine.Subtract(record.Cost);
            return;
        }

        _others.Subtract(record.Cost);
        source.Kept.Subtract(record.Cost);
        if (!source.IsChosen)
            _strangers.Subtract(record.Cost);
    }
}
