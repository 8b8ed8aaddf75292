using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// What this node remembers of those who were its neighbours: how long, and as which process. Not safe for threads.
/// </summary>
internal sealed class Acquaintances
{
    // Arbitrary: with its table some 200 bytes each.
    private const int Capacity = 1024;

    private readonly SourcedTable<Record> _records = new(Capacity);

    /// <summary>How long an address has been a neighbour, over all links that have ended.</summary>
    internal TimeSpan Known(in NodeAddress peer) => _records.Find(peer)?.Known ?? TimeSpan.Zero;

    /// <summary>A link of an address ended after a time.</summary>
    internal void Ended(in NodeAddress peer, in LinkSource source, TimeSpan age) =>
        _records.Use(peer, source).Known += age;

    /// <summary>
    /// Notes which process of an address is here now. True if it is one that another process had replaced before: a
    /// process that ended does not come back, so two of them run with one key.
    /// </summary>
    internal bool IsBack(in NodeAddress peer, in LinkSource source, ulong bootId)
    {
        Record record = _records.Use(peer, source);
        if (record.BootId == bootId)
            return false;
        bool back = record.EarlierBootId == bootId;
        record.EarlierBootId = record.BootId;
        record.BootId = bootId;
        return back;
    }

    private sealed class Record
    {
        internal TimeSpan Known { get; set; }

        internal ulong? BootId { get; set; }

        internal ulong? EarlierBootId { get; set; }
    }
}
