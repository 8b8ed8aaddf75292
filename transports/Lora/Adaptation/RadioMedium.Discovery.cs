using System.Buffers.Binary;
using QuicProChat.Mesh.Transports.Lora.Modems;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

// Discovery (docs/lora.md, section 2): an identity at the start and whenever somebody asks, otherwise sparse beacons.
public sealed partial class RadioMedium
{
    private readonly Dictionary<ushort, TimeSpan> _asks = [];
    private TimeSpan _identityAt = TimeSpan.MaxValue;
    private TimeSpan _lastIdentity = TimeSpan.MinValue;
    private TimeSpan _beaconAt = TimeSpan.MaxValue;
    private TimeSpan _lastAsk = TimeSpan.MinValue;
    private bool _wantAnswers;
    private int _lonelyRounds;

    /// <summary>Airtime of an identity: the unit of waiting in discovery.</summary>
    private TimeSpan IdentityAirtime =>
        _modem?.Airtime(Math.Min(_modem.MaxFrame, RadioFrame.HeaderSize + RadioIdentity.Size + _common.Size)) ?? TimeSpan.Zero;

    /// <summary>How often a beacon may be sent: beacons have a small share of the duty cycle.</summary>
    private TimeSpan BeaconInterval
    {
        get
        {
            double duty = _ledger.Band.Budget / _ledger.Band.Window;
            TimeSpan beacon = _modem?.Airtime(RadioFrame.HeaderSize + 2 + _common.Size) ?? TimeSpan.Zero;
            TimeSpan interval = beacon / (duty * RadioTuning.BeaconShare / 1000);
            return interval > RadioTuning.ShortestBeaconInterval ? interval : RadioTuning.ShortestBeaconInterval;
        }
    }

    private void StartDiscovery()
    {
        if (_neighbours.Exists(n => n.IsUp))
            return;
        _wantAnswers = true;
        _identityAt = _now + TimeSpan.FromMilliseconds(200) + Jitter(TimeSpan.FromSeconds(3));
        _lonelyRounds = 0;
    }

    private void ReceiveDiscovery(RadioFrame frame, ReadOnlySpan<byte> body, FrameReceived received)
    {
        switch ((DiscoveryKind)frame.Sequence)
        {
            case DiscoveryKind.Identity when RadioIdentity.Verify(body) is { } identity:
                if (identity.Address != _self.Address && AddressSlots.ShortId(identity.Address) == frame.From)
                    Meet(identity, received);
                break;
            case DiscoveryKind.Beacon when body.Length == 2:
                HearBeacon(frame.From, BinaryPrimitives.ReadUInt16BigEndian(body), received);
                break;
            case DiscoveryKind.Ask when body.IsEmpty:
                if (frame.To == _ownId)
                    AnswerAsk(frame.From);
                break;
            default:
                Counters.BadFrames++;
                break;
        }
    }

    private void AnswerAsk(ushort from)
    {
        PlanIdentity();
        // Whoever asks cannot answer us before it knows us: no repeats until then.
        TimeSpan known = _identityAt + (2 * IdentityAirtime) + AckTime;
        foreach (RadioNeighbour neighbour in _neighbours.Where(n => n.ShortId == from && !n.IsUp))
        {
            if (Current(neighbour) is not { } session || session.AckOverdue == TimeSpan.MaxValue)
                continue;
            session.AckOverdue = known > session.AckOverdue ? known : session.AckOverdue;
            if (_listeningTo == session)
                StopListening();
        }
    }

    private void Meet(RadioIdentity identity, FrameReceived received)
    {
        RadioNeighbour? neighbour = _neighbours.Find(n => n.Address == identity.Address);
        if (neighbour is null)
        {
            if (_neighbours.Count == RadioTuning.MaxNeighbours && !TryForgetOne())
                return;
            neighbour = new RadioNeighbour(identity.Address, identity.PublicKey);
            _neighbours.Add(neighbour);
        }
        Heard(neighbour, received);
        _asks.Remove(neighbour.ShortId);
        bool isNew = neighbour.Session?.PeerBootId != identity.BootId && neighbour.Candidate?.PeerBootId != identity.BootId;
        if (isNew && RadioKeys.Derive(_self, _bootId, identity, _options.NetworkKey) is { } keys)
        {
            neighbour.Candidate?.Dispose();
            neighbour.Candidate = new RadioSession(keys, identity.BootId, RadioTuning.Mtu);
        }
        if (identity.Answer)
            PlanIdentity();
        if (!neighbour.IsUp || isNew)
            PlanProbe(neighbour);
    }

    private void HearBeacon(ushort from, ushort digest, FrameReceived received)
    {
        RadioNeighbour? neighbour = _neighbours.Find(
            n => n.ShortId == from && (ushort)(n.BootId >> 48) == digest);
        if (neighbour is null)
        {
            AskFor(from);
            return;
        }
        Heard(neighbour, received);
        if (!neighbour.IsUp)
            PlanProbe(neighbour);
    }

    /// <summary>An empty numbered frame will show whether the neighbour hears us; the two are not in a hurry.</summary>
    private void PlanProbe(RadioNeighbour neighbour)
    {
        if (neighbour.ProbeAt == TimeSpan.MaxValue)
            neighbour.ProbeAt = _now + IdentityAirtime + Jitter(6 * IdentityAirtime);
    }

    private void PlanIdentity()
    {
        TimeSpan at = _now + (0.2 * IdentityAirtime) + Jitter(4 * IdentityAirtime);
        TimeSpan earliest = _lastIdentity == TimeSpan.MinValue ? at : _lastIdentity + RadioTuning.IdentityInterval;
        at = at > earliest ? at : earliest;
        _identityAt = at < _identityAt ? at : _identityAt;
    }

    private void AskFor(ushort id)
    {
        if (id == _ownId || _asks.ContainsKey(id) || _asks.Count >= RadioTuning.MaxNeighbours)
            return;
        TimeSpan at = _now + Jitter(3 * IdentityAirtime);
        TimeSpan earliest = _lastAsk == TimeSpan.MinValue ? at : _lastAsk + (RadioTuning.IdentityInterval / 4);
        _asks[id] = at > earliest ? at : earliest;
    }

    private bool TryForgetOne()
    {
        RadioNeighbour? stale = _neighbours.Where(n => !n.IsUp).MinBy(n => n.LastHeard);
        if (stale is null)
            return false;
        stale.Session?.Dispose();
        stale.Candidate?.Dispose();
        return _neighbours.Remove(stale);
    }

    private bool TrySendDiscovery(ILoraModem modem)
    {
        if (_now >= _identityAt)
        {
            byte[] body = RadioIdentity.Make(_self, _bootId, _wantAnswers);
            if (!TrySendCommon(modem, RadioFrameType.Discovery, (byte)DiscoveryKind.Identity, RadioFrame.Everyone, body))
                return false;
            _lastIdentity = _now;
            _identityAt = TimeSpan.MaxValue;
            PlanNextRound();
            return true;
        }
        foreach ((ushort id, TimeSpan at) in _asks)
        {
            if (_now < at)
                continue;
            if (!TrySendCommon(modem, RadioFrameType.Discovery, (byte)DiscoveryKind.Ask, id, []))
                return false;
            _asks.Remove(id);
            _lastAsk = _now;
            return true;
        }
        if (_now < _beaconAt)
            return false;
        byte[] digest = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(digest, (ushort)(_bootId >> 48));
        return TrySendCommon(modem, RadioFrameType.Discovery, (byte)DiscoveryKind.Beacon, RadioFrame.Everyone, digest);
    }

    // Nobody there yet: call again, ever more seldom; beacons do the rest.
    private void PlanNextRound()
    {
        _wantAnswers = _lonelyRounds < 4 && !_neighbours.Exists(n => n.IsUp);
        if (_wantAnswers)
            _identityAt = _now + (RadioTuning.IdentityInterval * (1 << (2 * _lonelyRounds++)) * (0.75 + (_random.NextDouble() / 2)));
    }

    private void PlanBeacon() => _beaconAt = _now + (BeaconInterval * (0.75 + (_random.NextDouble() / 2)));
}
