using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>
/// Records for many, beside the router: events in, actions out. It does no I/O, starts no timer, reads no clock, takes
/// no lock; one loop owns it, the router's.
/// <code>
///  frame -> price -+- Record    -> known? -> Admission (ends, rules, host's verdict, share) -> Spreading
///                  |- Have, Want, Prune -> Spreading, Serving
///                  |- Sync      -> Reconciliation
///                  '- Interest  -> RadioInterests
/// </code>
/// After each call <see cref="NextDue"/> says when <see cref="Tick"/> has something to do; <see cref="EndOfBatch"/>
/// sends what was collected.
/// </summary>
public sealed class GossipProtocol
{
    /// <summary>Ids whose time is over that are forgotten at once; arbitrary.</summary>
    private const int MostPruned = 256;

    private static readonly TimeSpan PruneEvery = TimeSpan.FromMinutes(10);

    private readonly GossipCore _core;
    private readonly GossipPrices _prices;
    private readonly Serving _serving;
    private readonly Spreading _spreading;
    private readonly Admission _admission;
    private readonly Reconciliation _sync;
    private readonly RadioInterests _interests;
    private Instant _pruneAt;

    /// <summary>Makes it without links and records.</summary>
    /// <param name="options">What an operator can set.</param>
    /// <param name="actions">Where its output goes.</param>
    /// <param name="random">Jitter comes from it.</param>
    /// <param name="keys">Keys of sessions come from it: nobody may guess them.</param>
    /// <param name="now">The time.</param>
    public GossipProtocol(GossipOptions options, IGossipActions actions, Random random, RandomFill keys, Instant now)
    {
        _core = new GossipCore(options, actions, random, keys);
        _prices = new GossipPrices(now);
        _serving = new Serving(_core);
        _spreading = new Spreading(_core);
        _admission = new Admission(_core, _serving, _prices);
        _sync = new Reconciliation(_core, _spreading);
        _interests = new RadioInterests(_core, _spreading);
        _pruneAt = now + PruneEvery;
    }

    /// <summary>What was counted since the start.</summary>
    public GossipCounters Counters => _core.Counters;

    /// <summary>Records kept.</summary>
    public int RecordCount => _core.Records.Count;

    /// <summary>Bytes of a quota that they take.</summary>
    public long RecordBytes => _core.Quota.Bytes;

    /// <summary>Ids remembered without their records.</summary>
    public int RememberedCount => _core.Remembered.Count;

    /// <summary>Records announced and not here.</summary>
    public int AnnouncedCount => _spreading.Announced;

    /// <summary>Links that are part of the tree.</summary>
    public int EagerLinks => _core.Links.All.Count(static l => l.IsEager);

    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    public Instant NextDue => Instant.Min(
        Instant.Min(_core.Links.NextDue, _spreading.NextDue), Instant.Min(_core.Records.NextEnd, _pruneAt));

    /// <summary>True for the kinds of frames that belong here.</summary>
    public static bool Handles(FrameKind kind) => kind is >= FrameKind.GossipRecord and <= FrameKind.GossipInterest;

    /// <summary>
    /// A record that was kept before a restart; its bytes stay on disk, or in memory where there is none. False: it has
    /// ended, or there is no room for it.
    /// </summary>
    /// <param name="now">When.</param>
    /// <param name="id">Its id.</param>
    /// <param name="kept">What was kept beside it.</param>
    /// <param name="bytes">Header and payload.</param>
    public bool Restore(Instant now, in GossipId id, in KeptRecord kept, ReadOnlySpan<byte> bytes) =>
        GossipRecord.TryRead(bytes, out GossipRecord record) && _admission.Restore(now, id, kept, record);

    /// <summary>An id without a record, as it was remembered before a restart; false if its time is over.</summary>
    public bool RestoreDead(Instant now, in GossipId id, TimeSpan age) =>
        age < GossipOptions.Memory
        && _core.Remembered.Add(id, 0, now - age + GossipOptions.Memory, Gone.ForGood, out GossipId? forgotten)
        && forgotten != id;

    /// <summary>A link is up, under the number that the router gave it.</summary>
    public void LinkUp(Instant now, LinkId id, in LinkDescription description)
    {
        GossipSource source = _core.Sources.Of(description, now);
        source.Links++;
        source.LastUsed = now;
        var link = new GossipLink(id, description, source);
        _core.Links.Add(link);
        _sync.LinkUp(now, link);
        _interests.LinkUp(now, link);
    }

    /// <summary>A link is gone.</summary>
    public void LinkDown(Instant now, LinkId id)
    {
        if (_core.Links.Find(id) is not { } link)
            return;
        _core.Links.Remove(link);
        link.Source.Links--;
        link.Source.LastUsed = now;
        _spreading.LinkDown(now, link);
    }

    /// <summary>A link that had no room has some again.</summary>
    public void LinkWritable(Instant now, LinkId id)
    {
        if (_core.Links.Find(id) is not { } link)
            return;
        link.Talk.IsBlocked = false;
        _core.Links.Touch(link);
    }

    /// <summary>
    /// One frame (kind and body) of a kind that <see cref="Handles"/> is true for; false if it does not parse.
    /// </summary>
    public bool Receive(Instant now, LinkId id, ReadOnlySpan<byte> frame)
    {
        if (_core.Links.Find(id) is not { } link)
            return true;
        _core.RefusedByClock.Observe(now, _core.Actions.UnixSeconds);
        var kind = (FrameKind)frame[0];
        ReadOnlySpan<byte> body = frame[1..];
        bool isSigned = kind == FrameKind.GossipRecord && GossipRecord.TryRead(body, out GossipRecord read)
            && _core.Options.Rules(read.Class) is not null;
        if (!_prices.TryCharge(now, link.Source, GossipPrices.Of(kind, frame.Length, _core.Records.Count, isSigned)))
        {
            _core.Counters.Add(GossipCounter.DropTooDear);
            return true;
        }

        if (Dispatch(now, link, kind, body))
            return true;
        _core.Counters.Add(GossipCounter.DropMalformed);
        return false;
    }

    /// <summary>Takes a record that starts here; false if it is none, or its lifetime is over.</summary>
    public bool Publish(Instant now, ReadOnlySpan<byte> bytes)
    {
        if (!GossipRecord.TryRead(bytes, out GossipRecord record))
            return false;
        GossipId id = GossipId.Of(bytes);
        if (_core.Knows(id) || !_admission.TakeOwn(now, id, record))
            return false;
        _core.Counters.Add(GossipCounter.RecordsPublished);
        _spreading.Spread(now, id, record, GossipArrival.Own);
        return true;
    }

    /// <summary>
    /// The bytes of a record that <see cref="IGossipActions.LoadRecord"/> asked for; empty if they are gone.
    /// </summary>
    public void RecordLoaded(Instant now, in GossipId id, ReadOnlySpan<byte> bytes)
    {
        if (_serving.Loaded(id, bytes) is { } lost)
            _admission.Lose(lost);
    }

    /// <summary>
    /// What a record says, of which the host said <see cref="GossipVerdict.MineUnsettled"/>, is on disk, or will not
    /// be.
    /// </summary>
    /// <param name="now">When.</param>
    /// <param name="id">Its id.</param>
    /// <param name="isOnDisk">It is; else the record may come again.</param>
    /// <param name="bytes">Its bytes, where <see cref="FindInMemory"/> has none; null if they are gone.</param>
    public void Settled(Instant now, in GossipId id, bool isOnDisk, byte[]? bytes)
    {
        if (_core.Records.Find(id) is { } record)
            _admission.Settle(now, record, isOnDisk, bytes);
        else if (!isOnDisk && _core.Remembered.ForgetNotKept(id))
            _core.Actions.ForgetId(id);
    }

    /// <summary>What this node reads: topics to ask for on radios.</summary>
    /// <param name="now">When.</param>
    /// <param name="topics">All of them.</param>
    /// <param name="beganToRead">
    /// Not only the day has changed: records that there was no room for are taken after all, for some may be of these
    /// topics.
    /// </param>
    public void SetTopics(Instant now, IEnumerable<GossipTopic> topics, bool beganToRead)
    {
        if (beganToRead)
            _core.Remembered.ForgetNotKept(id => _core.Actions.ForgetId(id));
        _interests.Set(now, topics);
    }

    /// <summary>The ids of kept records of some topics, oldest first; a copy.</summary>
    /// <param name="topics">The topics.</param>
    /// <param name="onlyUnread">Without those that this node wrote or read.</param>
    public IReadOnlyList<GossipId> Find(IReadOnlySet<GossipTopic> topics, bool onlyUnread) =>
        [.. _core.Records.All.Where(r => topics.Contains(r.Topic) && !(onlyUnread && r.IsMine))
            .OrderBy(static r => r.FirstSeen.Ticks).Select(static r => r.Id)];

    /// <summary>The bytes of a record, where they are in memory.</summary>
    public byte[]? FindInMemory(in GossipId id) => _core.Records.Find(id)?.Bytes;

    /// <summary>A link is up that does not carry all topics.</summary>
    public bool HasRadio => _core.Links.All.Any(static l => !l.IsStream);

    /// <summary>Some link is a stream: records come without being asked for.</summary>
    public bool HasStream => _core.Links.All.Any(static l => l.IsStream);

    /// <summary>The days on which the kept records say they were made, without 0.</summary>
    public IReadOnlySet<ushort> Days() => _core.Records.All.Select(static r => r.BornDay).Where(static d => d != 0)
        .ToHashSet();

    /// <summary>Does everything that is due; call it at <see cref="NextDue"/>.</summary>
    public void Tick(Instant now)
    {
        while (_core.Records.TryFindEnded(now, out StoredRecord? ended))
        {
            if (!_admission.IsReprieved(now, ended!))
                _admission.End(now, ended!);
        }

        _spreading.Tick(now);
        while (_core.Links.TakeDue(now) is { } link)
        {
            _sync.Tick(now, link);
            _interests.Tick(now, link);
            _core.Links.Touch(link);
        }

        if (now >= _pruneAt)
        {
            _core.Remembered.Prune(now, MostPruned, id => _core.Actions.ForgetId(id));
            _pruneAt = now + PruneEvery;
        }

        EndOfBatch(now);
    }

    /// <summary>After a batch of events of any sort: sends what was collected meanwhile.</summary>
    public void EndOfBatch(Instant now)
    {
        while (_core.Links.TryTakeTouched(out GossipLink[] links))
        {
            foreach (GossipLink link in links)
            {
                if (_core.Links.Find(link.Id) != link)
                    continue;
                SendPrune(link);
                _spreading.SendRequests(now, link);
                _spreading.SendAnnouncements(now, link);
                _serving.Serve(now, link);
                _core.Links.SetTimer(link);
            }
        }
    }

    private bool Dispatch(Instant now, GossipLink link, FrameKind kind, ReadOnlySpan<byte> body)
    {
        switch (kind)
        {
            case FrameKind.GossipRecord:
                return ReceiveRecord(now, link, body);
            case FrameKind.GossipHave:
                if (!GossipHave.TryRead(body, out GossipHave have))
                    return false;
                if (link.Sync.IsOpen && have.AskAtOnce)
                    _core.Counters.Add(GossipCounter.SyncBytes, 1 + body.Length);
                _spreading.Heard(now, link, have);
                return true;
            case FrameKind.GossipWant:
                if (!GossipWant.TryRead(body, out GossipWant want))
                    return false;
                _serving.Asked(now, link, want);
                return true;
            case FrameKind.GossipPrune:
                if (!body.IsEmpty)
                    return false;
                Spreading.Pruned(link);
                return true;
            case FrameKind.GossipSync:
                if (!GossipSync.TryRead(body, out GossipSync sync))
                    return false;
                _sync.Receive(now, link, sync, 1 + body.Length);
                return true;
            case FrameKind.GossipInterest:
                if (!GossipInterest.TryRead(body, out GossipInterest interest))
                    return false;
                _interests.Asked(link, interest);
                return true;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "No frame of gossip.");
        }
    }

    private bool ReceiveRecord(Instant now, GossipLink link, ReadOnlySpan<byte> body)
    {
        if (!GossipRecord.TryRead(body, out GossipRecord record))
            return false;
        _core.Counters.Add(GossipCounter.RecordsReceived);
        _core.Counters.Add(GossipCounter.RecordBytesReceived, body.Length);
        GossipId id = GossipId.Of(body);
        if (_core.Knows(id))
        {
            _core.Counters.Add(GossipCounter.RecordsRepeated);
            _spreading.PushedInVain(link, _core.Records.Find(id));
            return true;
        }

        if (!link.Source.Brought.TryTake(now, body.Length))
        {
            // Its id is not remembered: it may come another way, or be asked for when there is room.
            _core.Counters.Add(GossipCounter.DropTooFast);
            _spreading.PushedInVain(link, null);
            return true;
        }

        GossipArrival arrival = _spreading.Arrived(id, link);
        if (arrival.IsOld && link.Sync.IsOpen)
            link.Sync.Gain++;
        Admitted admitted = _admission.Take(now, id, record, link);
        if (admitted == Admitted.Refused)
            return true;
        _core.Counters.Add(GossipCounter.RecordsAccepted);
        if (!arrival.WasAsked)
            _spreading.PushedNew(now, link);
        if (_core.Options.Relays)
            _spreading.Spread(now, id, record, arrival);
        return true;
    }

    private void SendPrune(GossipLink link)
    {
        if (!link.Talk.WantsPrune)
            return;
        link.Talk.WantsPrune = false;
        _core.Counters.Add(GossipCounter.Prunes);
        // Where there is no room, the next push in vain brings another.
        _ = _core.Actions.Send(link.Id, GossipCore.Class, [(byte)FrameKind.GossipPrune]);
    }
}
