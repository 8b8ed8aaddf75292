using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

// From the router:  TrySend -> queue of a neighbour -> items -> numbered frame -> ledger -> modem
// From the modem:   frame -> check -> neighbour -> window -> items -> pieces put together -> Received
// A run is what goes to one neighbour without listening in between; its last frame asks for an acknowledgement, and
// then this station is silent until that comes or is overdue.

/// <summary>
/// The adaptation layer (docs/reference/lora.md): makes links to neighbours out of a radio. A state machine without
/// I/O; the loop that owns the modem owns it. What has state of its own is an object of its own: who is known
/// (<see cref="StationTable"/>), who is being met (<see cref="Encounters"/>), whose turn it is
/// (<see cref="ChannelTurn"/>), what may be sent (<see cref="AirtimeGate"/>) and what strangers may cost
/// (<see cref="StrangerPrices"/>).
/// </summary>
public sealed partial class RadioMedium : IRadioClient, IDisposable
{
    private readonly LoraOptions _options;
    private readonly LocalIdentity _self;
    private readonly ulong _bootId;
    private readonly DutyLedger _ledger;
    private readonly IRadioUser _user;
    private readonly Random _random;
    private readonly RandomFill _nonces;
    private readonly CommonCheck _common;
    private readonly ushort _ownId;
    private readonly TimeSpan _slot;
    private readonly StationTable _stations = new();
    private readonly Encounters _encounters = new();
    private readonly ReplayMemory _replays = new(RadioTuning.MaxReplays);
    private readonly ReassemblyPool _pieces = new(RadioTuning.ReassemblyBytes);
    private readonly RadioQueuePool _pool = new();
    private readonly RadioQueue _broadcasts = new(new RadioQueuePool(RadioTuning.BroadcastBytes));
    private readonly Broadcasts _authenticator;
    private readonly AirtimeGate _airtime;
    private readonly ChannelTurn _turn;
    private readonly Calls _calls;
    private StrangerPrices? _prices;
    private ILoraModem? _modem;
    private TimeSpan _now;
    private int _frameLimit;
    private TimeSpan _offlineSince;

    /// <summary>Makes the layer of one radio.</summary>
    /// <param name="options">The radio.</param>
    /// <param name="self">This node.</param>
    /// <param name="bootId">Drawn at this process's start.</param>
    /// <param name="ledger">Airtime of this radio.</param>
    /// <param name="user">Who is told of neighbours and frames.</param>
    /// <param name="random">For jitter and back-off; need not be secret.</param>
    /// <param name="nonces">For nonces of sessions; null: the system's. Tests give a seeded one.</param>
    public RadioMedium(
        LoraOptions options, LocalIdentity self, ulong bootId, DutyLedger ledger, IRadioUser user, Random random,
        RandomFill? nonces = null)
    {
        _options = options;
        _self = self;
        _bootId = bootId;
        _ledger = ledger;
        _user = user;
        _random = random;
        _nonces = nonces ?? RandomSource.System;
        _common = new CommonCheck(options.NetworkKey);
        _ownId = AddressSlots.ShortId(self.Address);
        double symbol = 1000.0 * (1 << options.SpreadingFactor) / options.BandwidthHz;
        _slot = TimeSpan.FromMilliseconds(Math.Clamp(12 * symbol, 24, 100));
        _authenticator = new Broadcasts((ushort)random.Next(), _common.Size);
        _airtime = new AirtimeGate(ledger, _slot);
        _turn = new ChannelTurn(random);
        _calls = new Calls(random);
    }

    /// <summary>Stations known, up or not.</summary>
    public IReadOnlyList<RadioNeighbour> Neighbours => _stations.All;

    /// <summary>What was counted.</summary>
    public RadioCounters Counters { get; } = new();

    /// <summary>Stations on the way to a session.</summary>
    internal int Meeting => _encounters.Count;

    /// <summary>Bytes of items that lack a piece.</summary>
    internal int IncompleteBytes => _pieces.Bytes;

    /// <summary>Bytes that frames take which wait for neighbours.</summary>
    internal int QueuedBytes => _pool.Used;

    /// <summary>Broadcasts that wait.</summary>
    public int QueuedBroadcasts => _broadcasts.Count;

    /// <summary>Noise floor as the modem last reported it, in dBm.</summary>
    public int? NoiseFloorDbm { get; private set; }

    /// <summary>State of the modem and why, as last reported.</summary>
    public StateChanged ModemState { get; private set; } = new(Modems.ModemState.Closed, "not opened yet");

    /// <summary>Largest frame of the router, in bytes.</summary>
    public static int Mtu => RadioTuning.Mtu;

    /// <summary>Queues a frame (kind and body) for a neighbour. False: its queue is full, or it is not up.</summary>
    /// <param name="neighbour">Whom.</param>
    /// <param name="frameClass">How urgent.</param>
    /// <param name="frame">Kind and body.</param>
    /// <param name="since">Since when it has waited: a lifetime counts on; null: since now.</param>
    public bool TrySend(
        RadioNeighbour neighbour, FrameClass frameClass, ReadOnlySpan<byte> frame, TimeSpan? since = null)
    {
        ArgumentNullException.ThrowIfNull(neighbour);
        if (!neighbour.IsUp || neighbour.Session is not { } session || frame.IsEmpty || frame.Length > RadioTuning.Mtu)
            return false;
        if (frame[0] == (byte)FrameKind.CustodyAck && TryShortenCustody(session, frame[1..]))
            return true;
        return TrySpare(neighbour, session, frameClass, frame)
            || neighbour.Queue.TryAdd(frameClass, frame, since ?? _now);
    }

    /// <summary>
    /// Queues a frame (kind and body) for everyone in range. False: full, or too large for one radio frame. A path
    /// request goes out once; of anything else each neighbour has to know who said it, so each gets its own.
    /// </summary>
    public bool TryBroadcast(FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        if (frame.IsEmpty || frame.Length >= BroadcastLimit || _modem is null)
            return false;
        if (!IsForEveryone(frame))
            return TrySendToEach(frameClass, frame);
        // Neighbours that pass a flood on at the same moment do not hear each other: each waits a while of its own.
        if (_broadcasts.Count == 0)
        {
            int length = RadioFrame.HeaderSize + frame.Length + _authenticator.TagBytes;
            _broadcastAt = _now + Jitter(RadioTuning.FloodSpread * _modem.Airtime(length));
        }
        bool all = true;
        if (_broadcasts.Contains(frameClass, frame))
            Counters.Spared++;
        else
            all = _broadcasts.TryAdd(frameClass, frame, _now);
        foreach (RadioNeighbour neighbour in _stations.All)
        {
            // More neighbours than a broadcast has tags for: the others are told one by one.
            if (neighbour is { IsUp: true, Session.Slot: null })
                all &= TrySend(neighbour, frameClass, frame);
        }
        return all;
    }

    /// <summary>
    /// Whether a frame is one that is taken from a broadcast; a request for a whole table is for one neighbour.
    /// </summary>
    private static bool IsForEveryone(ReadOnlySpan<byte> frame) =>
        !frame.IsEmpty && frame[0] == (byte)FrameKind.PathRequest
            && PathRequest.TryRead(frame[1..], out PathRequest request)
        && !request.WholeTable;

    private bool TrySendToEach(FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        bool all = true;
        foreach (RadioNeighbour neighbour in _stations.All)
            all &= !neighbour.IsUp || TrySend(neighbour, frameClass, frame);
        return all;
    }

    /// <summary>
    /// Forgets that a neighbour is up, without a word to the user; it comes up anew when it answers a probe.
    /// </summary>
    /// <param name="neighbour">Whom.</param>
    /// <param name="probeAfter">How long to leave it alone.</param>
    public void Drop(RadioNeighbour neighbour, TimeSpan probeAfter)
    {
        ArgumentNullException.ThrowIfNull(neighbour);
        if (!neighbour.IsUp)
            return;
        neighbour.IsUp = false;
        BringDown(neighbour, "");
        neighbour.IgnoreUntil = _now + probeAfter;
        neighbour.ProbeAt = neighbour.IgnoreUntil + Jitter(6 * IdentityAirtime);
    }

    /// <summary>What each class of airtime has used and may still use.</summary>
    public IReadOnlyList<ClassUse> AirtimeUse(TimeSpan now) => _ledger.Report(now);

    /// <inheritdoc/>
    public void Happened(ModemAction what, TimeSpan now)
    {
        _now = now;
        switch (what)
        {
            case FrameReceived received:
                Receive(received);
                break;
            case SendFinished:
                // Only now is it certain when the frame that asked left; until then the longest contention is assumed.
                if (_turn.Departed() is { } session)
                    Listen(session, from: now);
                break;
            case NoiseReported noise:
                NoiseFloorDbm = noise.NoiseFloorDbm;
                break;
            case StateChanged state:
                if (ModemState.State == Modems.ModemState.Online)
                    _offlineSince = now;
                ModemState = state;
                _turn.Reset();
                if (state.State == Modems.ModemState.Online && !_stations.AnyUp)
                    _calls.Start(now);
                break;
        }
    }

    /// <inheritdoc/>
    public TimeSpan Run(ILoraModem modem, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(modem);
        _now = now;
        if (modem.State != Modems.ModemState.Online)
        {
            _modem = null;
            return WaitOffline();
        }
        if (_modem is null)
        {
            _modem = modem;
            _frameLimit = FindFrameLimit(modem);
            _prices ??= new StrangerPrices(GreetingAirtime(RadioGreeting.FullSize), _airtime.Duty);
        }
        CheckTimers();
        while (TrySendNext(modem))
        {
        }
        if (_pool.HasRoomAgain())
            TellAll();
        Counters.Deferred = _airtime.Deferred;
        return NextTime();
    }

    /// <summary>
    /// Others had taken the room that a queue wanted: its own frames need not leave before there is some.
    /// </summary>
    private void TellAll()
    {
        foreach (RadioNeighbour neighbour in _stations.All)
        {
            if (neighbour.IsUp)
                _user.Writable(neighbour);
        }
    }

    // A cable that is plugged in again soon, or a modem that rebooted, ends no link.
    private TimeSpan WaitOffline()
    {
        if (!_stations.AnyUp)
            return TimeSpan.MaxValue;
        TimeSpan end = _offlineSince + RadioTuning.OfflinePatience;
        if (_now < end)
            return end;
        foreach (RadioNeighbour neighbour in _stations.All)
            BringDown(neighbour, "the radio is gone");
        return TimeSpan.MaxValue;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (RadioNeighbour neighbour in _stations.All)
        {
            neighbour.Session?.Dispose();
            neighbour.Pair?.Dispose();
        }
        _encounters.Dispose();
        _common.Dispose();
    }

    /// <summary>Bytes between header and check.</summary>
    private int BodyLimit => _frameLimit - RadioFrame.HeaderSize - _common.Size;

    /// <summary>The same of a broadcast.</summary>
    private int BroadcastLimit => _frameLimit - RadioFrame.HeaderSize - _authenticator.TagBytes;

    /// <summary>Longest wait of a carrier-sensing modem for a free slot: DIFS of 2 and a window of 15.</summary>
    private TimeSpan Contention => 17 * _slot;

    private TimeSpan AckAirtime => _modem?.Airtime(RadioFrame.HeaderSize + _common.Size + 5) ?? TimeSpan.Zero;

    /// <summary>How long an acknowledgement may take from the end of the frame that asked for it.</summary>
    private TimeSpan AckTime => RadioTuning.CustodyWait + Contention + (2 * AckAirtime);

    /// <summary>More than that is congestion, and no property of the link.</summary>
    private TimeSpan LongestRoundTrip => RadioTuning.RoundTripLimit * AckTime;

    private TimeSpan Jitter(TimeSpan most) => most * _random.NextDouble();

    private int FindFrameLimit(ILoraModem modem)
    {
        TimeSpan most = _ledger.LongestFrame(TrafficClass.Message);
        most = most < LoraFrameLimit.RadioTimeout ? most : LoraFrameLimit.RadioTimeout;
        int length = modem.MaxFrame;
        while (length > LoraFrameLimit.Useful && modem.Airtime(length) > most)
            length--;
        return length;
    }

    // A link needs the neighbour's introduction, and the neighbour ours.
    private void BringUp(RadioNeighbour neighbour)
    {
        if (neighbour.IsUp || _now < neighbour.IgnoreUntil || neighbour.Session is not { PeerBootId: not null } session)
            return;
        neighbour.IsUp = true;
        neighbour.ProbeAt = TimeSpan.MaxValue;
        // What was given up while it was away still holds numbers.
        session.Outgoing.Timeout();
        _user.Up(neighbour);
    }

    private void BringDown(RadioNeighbour neighbour, string reason)
    {
        neighbour.Queue.Clear();
        if (_run == neighbour)
            _run = null;
        if (neighbour.Session is { PeerBootId: null } unfinished)
        {
            neighbour.Session = null;
            End(unfinished);
        }
        foreach (SentFrame frame in neighbour.Session?.Outgoing.Frames ?? [])
            GiveUp(neighbour.Session!, frame);
        if (!neighbour.IsUp)
            return;
        neighbour.IsUp = false;
        _user.Down(neighbour, reason);
        if (!_stations.AnyUp && _modem is not null)
            _calls.Resume(IdentityAirtime, _now);
    }

    private void End(RadioSession session)
    {
        _authenticator.Release(session);
        _pieces.Forget(session);
        _turn.StopListening(session);
        session.Dispose();
    }

    // Its number still has to arrive, or the neighbour could not tell the following ones apart.
    private static void GiveUp(RadioSession session, SentFrame frame)
    {
        frame.Body = [];
        if (frame.Updates.Count > 0)
            session.LostUpdate = frame.Updates[^1];
        Settle(session, frame, arrived: false);
    }

    private static void Settle(RadioSession session, SentFrame frame, bool arrived)
    {
        foreach (NodeAddress address in frame.Named)
            session.Slots.Settled(address, arrived);
        frame.Named.Clear();
        foreach (ulong name in frame.Envelopes)
        {
            if (arrived && !session.Outgoing.Carries(name))
                session.RememberArrived(name);
        }
        frame.Envelopes.Clear();
    }
}
