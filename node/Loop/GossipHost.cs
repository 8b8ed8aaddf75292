using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Loop;

/// <summary>Whoever reads gossip records on this node.</summary>
internal interface IGossipReader
{
    /// <summary>A record is new here; on the loop. It must not call gossip back.</summary>
    GossipJudgement Judge(Instant now, in GossipId id, in GossipRecord record);
}

/// <summary>
/// Stands between gossip, which does no I/O, and links, disk and clock. All members are called on the loop.
/// </summary>
/// <param name="links">Sends frames; faults in it cost the link.</param>
/// <param name="writer">Writes records when there is time.</param>
/// <param name="stored">Reads them.</param>
/// <param name="clock">Says the time where it is known.</param>
/// <param name="faults">Where faults are counted.</param>
internal sealed class GossipHost(
    IRouterActions links, StoreWriter writer, ContainedReader stored, ILedgerClock clock, Faults faults)
    : IGossipActions
{
    /// <summary>Records read back from disk in one batch: the loop has other work.</summary>
    private const int MostLoadedPerBatch = 32;

    /// <summary>How long what the clock said is used; asking is a call of the kernel.</summary>
    private static readonly TimeSpan ClockKept = TimeSpan.FromSeconds(1);

    private readonly Queue<GossipId> _toLoad = [];
    private Instant _now;
    private long? _unixSeconds;
    private Instant _unixSecondsUntil;

    /// <summary>Gossip; there before the loop starts.</summary>
    internal GossipProtocol Protocol { get; private set; } = null!;

    /// <summary>Whoever reads records here; null: nobody.</summary>
    internal IGossipReader? Reader { get; set; }

    /// <inheritdoc/>
    public long? UnixSeconds
    {
        get
        {
            if (_now >= _unixSecondsUntil)
                (_unixSeconds, _unixSecondsUntil) = (clock.TrustedUnixSeconds, _now + ClockKept);
            return _unixSeconds;
        }
    }

    /// <summary>When gossip, or <see cref="LoadRecords"/>, has something to do.</summary>
    internal Instant NextDue => _toLoad.Count > 0 ? _now : Protocol.NextDue;

    /// <summary>Called once, before the loop starts: takes back what survived the last run.</summary>
    internal void Attach(GossipProtocol protocol, StoreReader reader, Instant now)
    {
        Protocol = protocol;
        _now = now;
        List<GossipId> ended = [];
        reader.ReadGossip((in GossipId id, in GossipRow row, ReadOnlySpan<byte> record) =>
        {
            bool isTaken = record.IsEmpty
                ? protocol.RestoreDead(now, id, row.Age)
                : protocol.Restore(
                    now, id, new KeptRecord(row.Age, row.LifetimeLeft, row.Source, row.IsChosen, row.IsMine), record);
            if (!isTaken)
                ended.Add(id);
        });
        foreach (GossipId id in ended)
            writer.Later(now).Gossip.Forget(id);
    }

    /// <summary>What is said next is said at this time.</summary>
    internal void At(Instant now) => _now = now;

    /// <summary>Reads records that neighbours asked for.</summary>
    internal void LoadRecords(Instant now)
    {
        for (int loaded = 0; loaded < MostLoadedPerBatch && _toLoad.TryDequeue(out GossipId id); loaded++)
            Protocol.RecordLoaded(now, id, stored.FindGossip(id));
    }

    /// <summary>The bytes of a record that is kept; null if they are gone.</summary>
    internal byte[]? Find(GossipId id) => Protocol.FindInMemory(id) ?? stored.FindGossip(id);

    /// <inheritdoc/>
    public bool Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame) =>
        links.Send(link, frameClass, frame);

    /// <inheritdoc/>
    public GossipJudgement Judge(Instant now, in GossipId id, in GossipRecord record)
    {
        try
        {
            return Reader?.Judge(now, id, record) ?? GossipVerdict.NotMine;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // It costs this record its reader here, and nobody else anything.
            faults.Note(FaultSeam.Message, e);
            return GossipVerdict.NotMine;
        }
    }

    /// <inheritdoc/>
    public void PersistRecord(in GossipId id, in KeptRecord kept, ReadOnlySpan<byte> record) =>
        writer.Later(_now).Gossip.Keep(
        id, new GossipRow(kept.Age, kept.LifetimeLeft, kept.Source, kept.IsChosen, kept.IsMine), record);

    /// <inheritdoc/>
    public void PersistDead(in GossipId id, TimeSpan age) => writer.Later(_now).Gossip.KeepId(id, age);

    /// <inheritdoc/>
    public void ForgetId(in GossipId id) => writer.Later(_now).Gossip.Forget(id);

    /// <inheritdoc/>
    public void LoadRecord(in GossipId id) => _toLoad.Enqueue(id);
}
