using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

public sealed partial class RadioMedium
{
    private RadioNeighbour? _run;
    private TimeSpan _runTime;
    private int _next;
    private TimeSpan _broadcastAt;

    private void Listen(RadioSession session, TimeSpan from) => _turn.Listen(session, from, AckTime, Spread);

    // Two that collided at a station between them were late at the same moment. Where there is but one neighbour there
    // is nobody to collide with.
    private TimeSpan Spread => _stations.All.Count > 1 ? RadioTuning.RepeatSpread * _turn.LastAirtime : TimeSpan.Zero;

    private void CheckTimers()
    {
        _turn.CheckTime(_now);
        _encounters.Expire(EncounterPatience, _now);
        for (int i = 0; i < _stations.All.Count; i++)
        {
            RadioNeighbour neighbour = _stations.All[i];
            if (neighbour.Session is { } session && _now >= session.AckOverdue)
                Overdue(neighbour, session);
            if (_now >= neighbour.ProbeAt)
                Probe(neighbour);
            if (neighbour.IsUp && _now - neighbour.LastHeard > BeaconInterval * RadioTuning.SilentIntervals)
            {
                neighbour.LastHeard = _now;
                PlanProbe(neighbour);
            }
            if (!neighbour.IsUp && neighbour.Session is { } old
                && _now - neighbour.LastHeard > RadioTuning.SessionPatience)
            {
                neighbour.Session = null;
                End(old);
            }
        }
        if (_beaconAt == TimeSpan.MaxValue)
            PlanBeacon();
    }

    private void Overdue(RadioNeighbour neighbour, RadioSession session)
    {
        session.AckOverdue = TimeSpan.MaxValue;
        session.Timeouts++;
        // A neighbour that restarted knows nothing of the session. One that only hears badly is asked in it first.
        bool lost = session.Timeouts == RadioTuning.UndoubtedTimeouts;
        if (lost || (neighbour.IsDoubted && session.Timeouts >= RadioTuning.DoubtedTimeouts))
            Greet(neighbour);
        if (session.Timeouts > (neighbour.IsUp ? RadioTuning.MaxTimeouts : RadioTuning.MaxProbes))
        {
            session.Timeouts = 0;
            BringDown(neighbour, "the neighbour answers no more");
            return;
        }
        session.Outgoing.Timeout();
    }

    private void Probe(RadioNeighbour neighbour)
    {
        neighbour.ProbeAt = TimeSpan.MaxValue;
        if (neighbour.Session is not { } session)
            return;
        if (!session.Outgoing.IsEmpty)
            session.Outgoing.Timeout();
        else if (_airtime.WaitFor(FrameClass.Routing, DiscoveryAirtime(0), _now) is var wait && wait == TimeSpan.Zero)
            session.Outgoing.Add([], FrameClass.Routing).Over = TimeSpan.MaxValue;
        else
            // A frame that has its number and cannot go would hold up all that come after it.
            neighbour.ProbeAt = _now + wait + _slot;
    }

    /// <summary>An empty numbered frame will show whether the neighbour hears us; the two are not in a hurry.</summary>
    private void PlanProbe(RadioNeighbour neighbour)
    {
        if (neighbour.ProbeAt == TimeSpan.MaxValue)
            neighbour.ProbeAt = _now + IdentityAirtime + Jitter(6 * IdentityAirtime);
    }

    /// <summary>Hands one frame to the modem. False: nothing to send, or not now.</summary>
    private bool TrySendNext(ILoraModem modem)
    {
        if (!modem.CanSend(_frameLimit, _now))
            return false;
        bool acks = false;
        foreach (RadioNeighbour neighbour in _stations.All)
            acks |= neighbour.Session is { } s && _now >= s.AckDue;
        if (!acks && _run is null && _turn.IsSilent(_now) && !HasEmergency())
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
        return TrySendDiscovery(modem) || TryStartRun(modem);
    }

    private bool MayStart(ILoraModem modem, bool acks)
    {
        if (!modem.HasCarrierSense && HasWork(acks))
            return _turn.MayBegin(acks ? AckAirtime : 2 * modem.Airtime(LoraFrameLimit.Useful), _now);
        _turn.LetGo();
        return true;
    }

    private bool HasWork(bool acks)
    {
        if (acks || (_broadcasts.Count > 0 && _now >= _broadcastAt) || _now >= NextDiscovery)
            return true;
        foreach (RadioNeighbour neighbour in _stations.All)
        {
            if (UrgencyOf(neighbour) is not null)
                return true;
        }
        return false;
    }

    private bool HasEmergency()
    {
        foreach (RadioNeighbour neighbour in _stations.All)
        {
            if (UrgencyOf(neighbour) == FrameClass.Emergency)
                return true;
        }
        return false;
    }

    /// <summary>
    /// The most urgent class that a neighbour has something for; null: nothing, or nothing may go now.
    /// </summary>
    private FrameClass? UrgencyOf(RadioNeighbour neighbour)
    {
        if (neighbour.Session is not { } session)
            return null;
        FrameClass? best = null;
        foreach (SentFrame frame in session.Outgoing.Frames)
        {
            if (frame.Due && !_airtime.IsBlocked(frame.Class, _now) && (best is null || frame.Class < best))
                best = frame.Class;
        }
        FrameClass? queued = session.Outgoing.HasRoom && neighbour.IsUp
            ? _airtime.FirstOpen(neighbour.Queue, _now) : null;
        return queued is { } q && (best is null || q < best) ? q : best;
    }

    private bool TryStartRun(ILoraModem modem)
    {
        RadioNeighbour? best = null;
        FrameClass urgency = FrameClass.Low;
        // Round-robin among neighbours with equally urgent frames.
        for (int i = 0; i < _stations.All.Count; i++)
        {
            RadioNeighbour neighbour = _stations.All[(_next + i) % _stations.All.Count];
            if (UrgencyOf(neighbour) is { } u && (best is null || u < urgency))
                (best, urgency) = (neighbour, u);
        }
        if (_now >= _broadcastAt && _broadcasts.First is { } b && !_airtime.IsBlocked(FrameClass.Routing, _now)
            && (best is null || b < urgency))
            return TrySendBroadcast(modem, b);
        if (best is null)
            return false;
        _next = IndexOf(best) + 1;
        _run = best;
        _runTime = TimeSpan.Zero;
        if (TrySendData(modem, best))
            return true;
        _run = null;
        // Its class turned out to have no airtime: another may.
        return _airtime.IsBlocked(urgency, _now) && TryStartRun(modem);
    }

    private int IndexOf(RadioNeighbour neighbour)
    {
        int at = 0;
        while (_stations.All[at] != neighbour)
            at++;
        return at;
    }

    private void EndRun(RadioNeighbour neighbour)
    {
        _run = null;
        if (neighbour.Session
            is { Outgoing.IsEmpty: false, AckOverdue.Ticks: long.MaxValue, Outgoing.HasDue: false } session)
            Listen(session, from: _modem!.BusyUntil + Contention);
    }

    private bool TrySendData(ILoraModem modem, RadioNeighbour neighbour)
    {
        if (neighbour.Session is not { } session)
            return false;
        SentFrame? frame = session.Outgoing.Frames.Where(f => f.Due && !_airtime.IsBlocked(f.Class, _now))
            .MinBy(f => f.Class);
        if (session.Outgoing.HasRoom && neighbour.IsUp
            && _airtime.FirstWithAirtime(neighbour.Queue, modem.Airtime(_frameLimit), _now) is { } queued
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
        bool more = session.Outgoing.Frames.Any(f => f.Due && f != frame && !_airtime.IsBlocked(f.Class, _now))
            || (session.Outgoing.HasRoom && neighbour.IsUp && _airtime.FirstOpen(neighbour.Queue, _now) is not null);
        TimeSpan airtime = modem.Airtime(length);
        bool last = !more || _runTime + (2 * airtime) > RadioTuning.LongestRun;
        byte[] bytes = new byte[length];
        new RadioFrame(RadioFrameType.Data, last, (byte)frame.Counter, _ownId, neighbour.ShortId).Write(bytes);
        frame.Body.CopyTo(bytes, RadioFrame.HeaderSize);
        session.Keys.Write(frame.Counter, bytes.AsSpan(..^_common.Size), bytes.AsSpan(^_common.Size..));
        if (!TryTransmit(modem, bytes, AirtimeGate.ClassOf(frame.Class)))
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
        RadioNeighbour neighbour = _stations.All.First(n => n.Session is { } s && _now >= s.AckDue);
        RadioSession session = neighbour.Session!;
        byte[][] items = OwesIntroduction(session) ? [Introduction(session), .. session.AckItems]
            : [.. session.AckItems];
        List<byte> body = [];
        if (session.Incoming.Beyond != 0 || items.Length > 0)
            body.AddRange([(byte)(session.Incoming.Beyond >> 8), (byte)session.Incoming.Beyond]);
        int lastAt = -1;
        int taken = 0;
        while (taken < items.Length && body.Count + 1 + items[taken].Length <= BodyLimit)
            RadioItem.Append(body, ref lastAt, items[taken++]);
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
        int remembered = Math.Max(0, taken - (items.Length - session.AckItems.Count));
        session.LastAckItems.Clear();
        session.LastAckItems.AddRange(session.AckItems[..remembered]);
        session.AckItems.RemoveRange(0, remembered);
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
        while (_broadcasts.Peek(frameClass) is { } queued && body.Count + 2 + queued.Frame.Length <= BroadcastLimit)
        {
            RadioItem.Append(body, ref lastAt, RadioItem.MakeFrame(queued.Frame));
            _broadcasts.Dequeue(frameClass);
            taken++;
        }
        if (taken == 0)
            return false;
        // Whatever the router calls it: what floods is paid for from routing's share.
        byte[] bytes = _authenticator.MakeBroadcast(_ownId, body.ToArray());
        if (!TryTransmit(modem, bytes, _airtime.ClassOfDiscovery(modem.Airtime(bytes.Length))))
            return false;
        Counters.Sent = Counters.Sent with { Broadcasts = Counters.Sent.Broadcasts + 1 };
        return true;
    }

    private bool TryTransmit(ILoraModem modem, byte[] bytes, TrafficClass trafficClass)
    {
        if (!modem.CanSend(bytes.Length, _now))
            return false;
        TimeSpan airtime = modem.Airtime(bytes.Length);
        if (!_airtime.TryReserve(trafficClass, airtime, _now, out AirtimeGrant? grant)
            || modem.TrySend(bytes, grant, _now) != ModemAnswer.Accepted)
            return false;
        _turn.Sent(airtime);
        PlanBeacon();
        return true;
    }

    private TimeSpan NextTime()
    {
        TimeSpan next = TimeSpan.MaxValue;
        void Consider(TimeSpan at) => next = at > _now && at < next ? at : next;
        Consider(_turn.NextAfter(_now));
        Consider(_airtime.NextAfter(_now));
        Consider(NextDiscovery);
        if (_broadcasts.Count > 0)
            Consider(_broadcastAt);
        foreach (RadioNeighbour neighbour in _stations.All)
        {
            Consider(neighbour.ProbeAt);
            Consider(neighbour.Session?.AckOverdue ?? TimeSpan.MaxValue);
            Consider(neighbour.Session?.AckDue ?? TimeSpan.MaxValue);
            if (neighbour.IsUp)
                Consider(neighbour.LastHeard + (BeaconInterval * RadioTuning.SilentIntervals) + _slot);
        }
        return next;
    }
}
