using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>
/// The way that this node came, 16 bytes and a little for an epoch, long after states and commits are gone: where two
/// members' ways parted, and who was a member there.
/// </summary>
internal sealed class MemberLine
{
    /// <summary>Most epochs that are remembered.</summary>
    internal const int MaxEpochs = LineBody.MaxEntries;

    private readonly List<Place> _places = [];

    internal readonly record struct Place(
        LineEntry Entry, IReadOnlyList<NodeAddress> Joined, IReadOnlyList<NodeAddress> Left);

    internal IReadOnlyList<Place> Places => _places;

    internal void Add(in Place place)
    {
        _places.Add(place);
        if (_places.Count > MaxEpochs)
            _places.RemoveAt(0);
    }

    /// <summary>Takes back what lies beyond an epoch: this node went another way there.</summary>
    internal void CutAfter(ulong epoch) => _places.RemoveAll(p => p.Entry.Epoch > epoch);

    internal LineEntry? At(ulong epoch)
    {
        int index = _places.FindIndex(p => p.Entry.Epoch == epoch);
        return index < 0 ? null : _places[index].Entry;
    }

    internal bool Holds(in LineEntry entry) => At(entry.Epoch)?.State == entry.State;

    /// <summary>All entries from an epoch on.</summary>
    internal IReadOnlyList<LineEntry> From(ulong epoch) =>
        [.. _places.Where(p => p.Entry.Epoch >= epoch).Select(p => p.Entry)];

    /// <summary>The newest 16, and further back ever fewer.</summary>
    internal IReadOnlyList<LineEntry> Sparse()
    {
        const int dense = 16;
        List<LineEntry> entries = [];
        int step = 1;
        for (int i = _places.Count - 1; i >= 0; i -= step)
        {
            entries.Add(_places[i].Entry);
            if (entries.Count > dense)
                step *= 2;
        }

        if (_places.Count > 0 && entries[^1].Epoch != _places[0].Entry.Epoch)
            entries.Add(_places[0].Entry);
        entries.Reverse();
        return entries;
    }

    /// <summary>Who was a member at an epoch, counted back from who is now.</summary>
    internal HashSet<NodeAddress> MembersAt(ulong epoch, IEnumerable<NodeAddress> now)
    {
        HashSet<NodeAddress> members = [.. now];
        for (int i = _places.Count - 1; i >= 0 && _places[i].Entry.Epoch > epoch; i--)
        {
            members.ExceptWith(_places[i].Joined);
            members.UnionWith(_places[i].Left);
        }

        return members;
    }
}
