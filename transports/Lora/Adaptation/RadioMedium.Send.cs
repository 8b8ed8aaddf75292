using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

public sealed partial class RadioMedium
{
    private readonly TimeSpan[] _blockedUntil = new TimeSpan[4];
    private RadioNeighbour? _run;
    private TimeSpan _runTime;
    private RadioSession? _listeningTo;
    private TimeSpan _listenUntil;
    private TimeSpan _holdUntil;
    private bool _held;
    private int _inModem;
    private int _turn;
    private TimeSpan _broadcastAt;
    private TimeSpan _lastAirtime;
    private TimeSpan _quietUntil;

    private void Departed()
    {
        _inModem = Math.Max(0, _inModem - 1);
        if (_inModem > 0 || _listeningTo is not { } session || session.AckOverdue == TimeSpan.MaxValue)
            return;
        // Only now is it certain when the frame that asked left; until then the longest contention is assumed.
        Listen(session, from: _now);
    }

    private void Listen(RadioSession session, TimeSpan from)
    {
        // Slow at first, because a lost frame is mostly just that; then fast, because it may be collisions.
        TimeSpan backOff = AckTime * RadioTuning.BackOff[Math.Min(session.Timeouts, RadioTuning.BackOff.Length - 1)];
        session.AckOverdue = from + backOff + (session.Timeouts < 2 ? Jitter(Spread) : Jitter(backOff));
        _listeningTo = session;
        _listenUntil = from + AckTime;
    }

    // Two that collided at a station between them were late at the same moment. Where there is but one neighbour there
    // is nobody to collide with.
    private TimeSpan Spread => _neighbours.Count > 1 ? RadioTuning.RepeatSpread * _lastAirtime : TimeSpan.Zero;

    private void StopListening()
    {
        _listeningTo = null;
        _listenUntil = TimeSpan.MinValue;
    }

    private void ExtendWaits()
    {
        if (_listeningTo is { } session && session.AckOverdue != TimeSpan.MaxValue)
        {
            TimeSpan later = _now + Contention + AckAirtime;
            session.AckOverdue = later > session.AckOverdue ? later : session.AckOverdue;
        }
    }

    private void CheckTimers()
    {
        if (_listeningTo is not null && _now >= _listenUntil)
            StopListening();
        foreach (RadioNeighbour neighbour in _neighbours.ToList())
        {
            foreach (RadioSession? session in (RadioSession?[])[neighbour.Session, neighbour.Candidate])
            {
                if (session is not null && _now >= session.AckOverdue)
                    Overdue(neighbour, session);
            }
            if (_now >= neighbour.ProbeAt)
                Probe(neighbour);
            if (neighbour.IsUp && _now - neighbour.LastHeard > BeaconInterval * RadioTuning.SilentIntervals)
            {
                neighbour.LastHeard = _now;
                PlanProbe(neighbour);
            }
        }
        if (_beaconAt == TimeSpan.MaxValue)
            PlanBeacon();
    }

    private void Overdue(RadioNeighbour neighbour, RadioSession session)
    {
        session.AckOverdue = TimeSpan.MaxValue;
        // A stranger's identity must not cost more airtime than it took.
        if (++session.Timeouts > (neighbour.IsUp ? RadioTuning.MaxTimeouts : RadioTuning.MaxProbes))
        {
            session.Timeouts = 0;
            if (session == neighbour.Session)
                BringDown(neighbour, "the neighbour answers no more");
            return;
        }
        session.Outgoing.Timeout();
    }

    private static void Probe(RadioNeighbour neighbour)
    {
        neighbour.ProbeAt = TimeSpan.MaxValue;
        // A restarted neighbour is spoken to under its new identity; only its answer makes that the session.
        RadioSession? session = neighbour.Candidate ?? neighbour.Session;
        if (session is null)
            return;
        if (session.Outgoing.IsEmpty)
            session.Outgoing.Add([], FrameClass.Routing);
        else
            session.Outgoing.Timeout();
    }

    /// <summary>Hands one frame to the modem. False: nothing to send, or not now.</summary>
    private bool TrySendNext(ILoraModem modem)
    {
        if (!modem.CanSend(_frameLimit, _now))
            return false;
        bool acks = _neighbours.Exists(n => n.Session is { } s && _now >= s.AckDue);
        if (!acks && _run is null && (_listeningTo is not null || _now < _quietUntil) && !HasEmergency())
            return false;
        if (_run is null && !MayStart(modem, acks))
            return false;
        if (acks)
            return TrySendAcknowledgement(modem);
        if (_run is { } running)
        {
            if (TrySendData(modem, running))
                return true;
            EndRun(running);
        }
        if (TrySendDiscovery(modem))
            return true;
        return TryStartRun(modem);
    }

    // A modem that does not listen before it talks: wait at random once before each run (ALOHA).
    private bool MayStart(ILoraModem modem, bool acks)
    {
        if (modem.HasCarrierSense || !HasWork(acks))
        {
            _held = false;
            return true;
        }
        if (!_held)
        {
            _held = true;
            _holdUntil = _now + Jitter(acks ? AckAirtime : 2 * modem.Airtime(LoraFrameLimit.Useful));
        }
        if (_now < _holdUntil)
            return false;
        _held = false;
        return true;
    }

    private bool HasWork(bool acks) =>
        acks || (_broadcasts.Count > 0 && _now >= _broadcastAt) || _now >= _identityAt || _now >= _beaconAt || IsAskDue
        || _neighbours.Exists(n => UrgencyOf(n) is not null);

    private bool IsAskDue
    {
        get
        {
            foreach (TimeSpan at in _asks.Values)
            {
                if (_now >= at)
                    return true;
            }
            return false;
        }
    }

    private bool HasEmergency() => _neighbours.Exists(n => UrgencyOf(n) == FrameClass.Emergency);

    /// <summary>The most urgent class that a neighbour has something for; null: nothing, or nothing may go now.</summary>
    private FrameClass? UrgencyOf(RadioNeighbour neighbour)
    {
        RadioSession? session = Current(neighbour);
        if (session is null)
            return null;
        FrameClass? best = null;
        foreach (SentFrame frame in session.Outgoing.Frames)
        {
            if (frame.Due && !IsBlocked(frame.Class) && (best is null || frame.Class < best))
                best = frame.Class;
        }
        FrameClass? queued = session.Outgoing.HasRoom && neighbour.IsUp ? FirstOpen(neighbour.Queue) : null;
        if (queued is { } q && (best is null || q < best))
            best = q;
        return best;
    }

    private static RadioSession? Current(RadioNeighbour neighbour) =>
        neighbour.Candidate is { Outgoing.HasDue: true } candidate ? candidate : neighbour.Session;

    private bool TryStartRun(ILoraModem modem)
    {
        RadioNeighbour? best = null;
        FrameClass urgency = FrameClass.Low;
        // Round-robin among neighbours with equally urgent frames.
        for (int i = 0; i < _neighbours.Count; i++)
        {
            RadioNeighbour neighbour = _neighbours[(_turn + i) % _neighbours.Count];
            if (UrgencyOf(neighbour) is { } u && (best is null || u < urgency))
                (best, urgency) = (neighbour, u);
        }
        if (_now >= _broadcastAt && _broadcasts.First is { } b && !IsBlocked(FrameClass.Routing) && (best is null || b < urgency))
            return TrySendBroadcast(modem, b);
        if (best is null)
            return false;
        _turn = _neighbours.IndexOf(best) + 1;
        _run = best;
        _runTime = TimeSpan.Zero;
        if (TrySendData(modem, best))
            return true;
        _run = null;
        // Its class turned out to have no airtime: another may.
        return IsBlocked(urgency) && TryStartRun(modem);
    }

    private void EndRun(RadioNeighbour neighbour)
    {
        _run = null;
        RadioSession? session = Current(neighbour);
        if (session is { Outgoing.IsEmpty: false, AckOverdue.Ticks: long.MaxValue } && !session.Outgoing.HasDue)
            Listen(session, from: _modem!.BusyUntil + Contention);
    }

    private bool TrySendData(ILoraModem modem, RadioNeighbour neighbour)
    {
        RadioSession? session = Current(neighbour);
        if (session is null)
            return false;
        SentFrame? frame = session.Outgoing.Frames.Where(f => f.Due && !IsBlocked(f.Class)).MinBy(f => f.Class);
        if (session.Outgoing.HasRoom && neighbour.IsUp && FirstWithAirtime(modem, neighbour.Queue) is { } queued
            && (frame is null || queued < frame.Class))
            frame = Build(neighbour, session, queued);
        if (frame is null)
            return false;
        // A neighbour that was away gets no messages that have expired meanwhile; their frame still has to arrive.
        if (_now >= frame.Over && frame.Body.Length > 0)
        {
            Counters.Expired += frame.Envelopes.Count;
            GiveUp(session, frame);
        }
        int length = RadioFrame.HeaderSize + frame.Body.Length + _common.Size;
        // What has no airtime now is not waited for: the neighbour would never be asked what arrived.
        bool more = session.Outgoing.Frames.Any(f => f.Due && f != frame && !IsBlocked(f.Class))
            || (session.Outgoing.HasRoom && FirstOpen(neighbour.Queue) is not null);
        TimeSpan airtime = modem.Airtime(length);
        bool last = !more || _runTime + (2 * airtime) > RadioTuning.LongestRun;
        byte[] bytes = new byte[length];
        new RadioFrame(RadioFrameType.Data, last, (byte)frame.Counter, _ownId, neighbour.ShortId).Write(bytes);
        frame.Body.CopyTo(bytes, RadioFrame.HeaderSize);
        session.Keys.Write(frame.Counter, bytes.AsSpan(0, length - _common.Size), bytes.AsSpan(length - _common.Size));
        if (!TryTransmit(modem, bytes, TrafficClassOf(frame.Class)))
            return false;
        frame.Due = false;
        frame.FirstSent = frame.Tries == 0 ? _now : frame.FirstSent;
        neighbour.Repeats += frame.Tries++ > 0 ? 1 : 0;
        neighbour.FramesSent++;
        neighbour.Traffic = (neighbour.Traffic.Received, neighbour.Traffic.Sent + length);
        Counters.Sent = Counters.Sent with { Data = Counters.Sent.Data + 1 };
        _runTime += airtime;
        if (last)
        {
            _run = null;
            Listen(session, from: modem.BusyUntil + Contention);
        }
        return true;
    }

    private bool TrySendAcknowledgement(ILoraModem modem)
    {
        RadioNeighbour neighbour = _neighbours.First(n => n.Session is { } s && _now >= s.AckDue);
        RadioSession session = neighbour.Session!;
        List<byte> body = [];
        if (session.Incoming.Beyond != 0 || session.AckItems.Count > 0)
            body.AddRange([(byte)(session.Incoming.Beyond >> 8), (byte)session.Incoming.Beyond]);
        int lastAt = -1;
        int taken = 0;
        while (taken < session.AckItems.Count && body.Count + 1 + session.AckItems[taken].Length <= BodyLimit)
            RadioItem.Append(body, ref lastAt, session.AckItems[taken++]);
        byte[] bytes = new byte[RadioFrame.HeaderSize + body.Count + _common.Size];
        uint expected = session.Incoming.Expected;
        new RadioFrame(RadioFrameType.Acknowledgement, false, (byte)expected, _ownId, neighbour.ShortId).Write(bytes);
        body.CopyTo(bytes, RadioFrame.HeaderSize);
        session.Keys.Write(expected, bytes.AsSpan(..^_common.Size), bytes.AsSpan(^_common.Size..));
        if (!TryTransmit(modem, bytes, TrafficClass.Control))
        {
            // Out of airtime: the neighbour will ask again.
            session.AckDue = TimeSpan.MaxValue;
            session.AckItems.Clear();
            return false;
        }
        session.LastAckItems.Clear();
        session.LastAckItems.AddRange(session.AckItems[..taken]);
        session.AckItems.RemoveRange(0, taken);
        session.AckDue = session.AckItems.Count > 0 ? _now : TimeSpan.MaxValue;
        neighbour.Traffic = (neighbour.Traffic.Received, neighbour.Traffic.Sent + bytes.Length);
        Counters.Sent = Counters.Sent with { Acknowledgements = Counters.Sent.Acknowledgements + 1 };
        return true;
    }

    private bool TrySendBroadcast(ILoraModem modem, FrameClass frameClass)
    {
        List<byte> body = [];
        int lastAt = -1;
        int taken = 0;
        while (_broadcasts.Peek(frameClass) is { } queued && body.Count + 2 + queued.Frame.Length <= BodyLimit)
        {
            RadioItem.Append(body, ref lastAt, RadioItem.MakeFrame(queued.Frame));
            _broadcasts.Dequeue(frameClass);
            taken++;
        }
        // Whatever the router calls it: what floods is paid for from routing's share.
        if (!TrySendCommon(modem, RadioFrameType.Broadcast, 0, RadioFrame.Everyone, body.ToArray()))
            return false;
        Counters.Sent = Counters.Sent with { Broadcasts = Counters.Sent.Broadcasts + 1 };
        return taken > 0;
    }

    private bool TrySendCommon(
        ILoraModem modem, RadioFrameType type, byte sequence, ushort to, ReadOnlySpan<byte> body)
    {
        TrafficClass trafficClass = TrafficClass.Routing;
        byte[] bytes = new byte[RadioFrame.HeaderSize + body.Length + _common.Size];
        new RadioFrame(type, false, sequence, _ownId, to).Write(bytes);
        body.CopyTo(bytes.AsSpan(RadioFrame.HeaderSize));
        _common.Write(bytes.AsSpan(..^_common.Size), bytes.AsSpan(^_common.Size..));
        // At the slowest rates an identity is longer than routing's whole share; without it there is no link at all.
        if (modem.Airtime(bytes.Length) > _ledger.LongestFrame(trafficClass))
            trafficClass = TrafficClass.Control;
        if (!TryTransmit(modem, bytes, trafficClass))
            return false;
        if (type == RadioFrameType.Discovery)
            Counters.Sent = Counters.Sent with { Discovery = Counters.Sent.Discovery + 1 };
        return true;
    }

    private bool TryTransmit(ILoraModem modem, byte[] bytes, TrafficClass trafficClass)
    {
        if (!modem.CanSend(bytes.Length, _now))
            return false;
        TimeSpan airtime = modem.Airtime(bytes.Length);
        if (!_ledger.TryReserve(trafficClass, airtime, _now, out AirtimeGrant? grant, out _))
        {
            Counters.Deferred++;
            TimeSpan wait = _ledger.WaitFor(trafficClass, airtime, _now) ?? _ledger.Band.Window;
            _blockedUntil[(int)trafficClass] = _now + wait + _slot;
            return false;
        }
        if (modem.TrySend(bytes, grant, _now) != ModemAnswer.Accepted)
            return false;
        _inModem++;
        _lastAirtime = airtime;
        PlanBeacon();
        return true;
    }

    private TimeSpan NextTime(ILoraModem modem)
    {
        TimeSpan next = TimeSpan.MaxValue;
        void Consider(TimeSpan at) => next = at > _now && at < next ? at : next;
        if (_listeningTo is not null)
            Consider(_listenUntil);
        if (_held)
            Consider(_holdUntil);
        Consider(_quietUntil);
        Consider(_identityAt);
        Consider(_beaconAt);
        if (_broadcasts.Count > 0)
            Consider(_broadcastAt);
        foreach (TimeSpan at in _asks.Values)
            Consider(at);
        foreach (TimeSpan at in _blockedUntil)
            Consider(at);
        foreach (RadioNeighbour neighbour in _neighbours)
        {
            Consider(neighbour.ProbeAt);
            Consider(neighbour.Candidate?.AckOverdue ?? TimeSpan.MaxValue);
            Consider(neighbour.Session?.AckOverdue ?? TimeSpan.MaxValue);
            Consider(neighbour.Session?.AckDue ?? TimeSpan.MaxValue);
            if (neighbour.IsUp)
                Consider(neighbour.LastHeard + (BeaconInterval * RadioTuning.SilentIntervals) + _slot);
        }
        return next;
    }
}
