using QuicProChat.Mesh.Transports.Lora.Modems;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

// Discovery (docs/reference/lora.md, section 5): calls at the start and while alone, otherwise sparse beacons. What is
// heard here proves nothing; it makes this station greet, at a price, and the handshake (RadioMedium.Handshake.cs)
// proves the rest.
public sealed partial class RadioMedium
{
    private TimeSpan _beaconAt = TimeSpan.MaxValue;
    private TimeSpan _lastCall = TimeSpan.MinValue;

    /// <summary>Airtime of an identity: the unit of waiting in discovery.</summary>
    private TimeSpan IdentityAirtime => DiscoveryAirtime(RadioIdentity.Size);

    /// <summary>How often a beacon may be sent: beacons have a small share of the duty cycle.</summary>
    private TimeSpan BeaconInterval
    {
        get
        {
            TimeSpan interval =
                DiscoveryAirtime(_authenticator.TagBytes) / (_airtime.Duty * RadioTuning.BeaconShare / 1000);
            return interval > RadioTuning.ShortestBeaconInterval ? interval : RadioTuning.ShortestBeaconInterval;
        }
    }

    private TimeSpan EncounterPatience
    {
        get
        {
            TimeSpan patience = 60 * IdentityAirtime;
            return patience > RadioTuning.KeyRemembered ? patience : RadioTuning.KeyRemembered;
        }
    }

    /// <summary>When something has to be sent for discovery; MaxValue: nothing.</summary>
    private TimeSpan NextDiscovery
    {
        get
        {
            TimeSpan next = _calls.Next < _beaconAt ? _calls.Next : _beaconAt;
            foreach (Encounter encounter in _encounters.All)
            {
                TimeSpan at = encounter.AnswerNonce is null ? encounter.GreetAt : TimeSpan.MinValue;
                next = at < next ? at : next;
            }
            return next;
        }
    }

    private TimeSpan DiscoveryAirtime(int body) =>
        _modem?.Airtime(Math.Min(_modem.MaxFrame, RadioFrame.HeaderSize + body + _common.Size)) ?? TimeSpan.Zero;

    /// <summary>Pays for a frame that something unproven causes.</summary>
    private bool TryPay(ushort id, StrangerPurse purse, int body)
    {
        TimeSpan airtime = DiscoveryAirtime(body);
        if (_prices?.TryPayAirtime(id, purse, airtime, _now) != true)
        {
            Counters.Unpaid++;
            return false;
        }
        Counters.ForStrangers += airtime;
        return true;
    }

    /// <summary>Who pays for what is done in a name.</summary>
    private static StrangerPurse PurseOf(bool known) => known ? StrangerPurse.Names : StrangerPurse.Strangers;

    private void ReceiveDiscovery(RadioFrame frame, ReadOnlySpan<byte> bytes, FrameReceived received)
    {
        DiscoveryKind kind = (DiscoveryKind)frame.Sequence;
        if (kind is not DiscoveryKind.Beacon && frame.To != _ownId && frame.To != RadioFrame.Everyone)
        {
            Counters.Overheard++;
            return;
        }
        // An answer is taken once by itself: its greeting's nonce is used up.
        if (kind is not DiscoveryKind.Answer && !_replays.TryAdd(bytes))
        {
            Counters.Replays++;
            return;
        }
        ReadOnlySpan<byte> body = bytes[RadioFrame.HeaderSize..^_common.Size];
        switch (kind)
        {
            case DiscoveryKind.Beacon:
                HearBeacon(frame, bytes[..RadioFrame.HeaderSize], body, received);
                break;
            case DiscoveryKind.Identity when RadioIdentity.Read(body) is { } identity:
                if (identity.Address != _self.Address && AddressSlots.ShortId(identity.Address) == frame.From)
                    HearIdentity(identity);
                break;
            case DiscoveryKind.Greeting when frame.To == _ownId
                && RadioGreeting.TryRead(body, out RadioGreeting greeting):
                HearGreeting(frame, greeting, bytes[..^(_common.Size + PairSecret.GreetingMacSize)]);
                break;
            case DiscoveryKind.Answer when frame.To == _ownId && RadioAnswer.TryRead(body, out RadioAnswer answer):
                HearAnswer(frame, answer, bytes[..^_common.Size], received);
                break;
            default:
                Counters.BadFrames++;
                break;
        }
    }

    // Anybody can claim a key: whoever has no session with it may be a newcomer, whoever has one may have restarted.
    private void HearIdentity(RadioIdentity identity)
    {
        RadioNeighbour? neighbour = _stations.Find(identity.Address);
        if (neighbour is { Session: not null })
        {
            Doubt(neighbour);
            return;
        }
        ushort id = AddressSlots.ShortId(identity.Address);
        _calls.Drop(id);
        Encounter? encounter = _encounters.Find(identity.Address);
        bool underWay = encounter is not null
            && (encounter.GreetAt != TimeSpan.MaxValue || _now - encounter.TouchedAt < GreetingWait);
        if (underWay || !TryPay(id, PurseOf(neighbour is not null), RadioGreeting.FullSize))
            return;
        encounter ??= _encounters.GetOrAdd(identity.Address, identity.PublicKey, neighbour is not null, _now);
        if (neighbour is not null)
            encounter.Take(neighbour);
        encounter.TouchedAt = _now;
        encounter.Tries = 0;
        encounter.GreetAt = _now + IdentityAirtime + Jitter(6 * IdentityAirtime);
    }

    private void HearBeacon(
        RadioFrame frame, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> tags, FrameReceived received)
    {
        RadioNeighbour? doubted = null;
        bool known = false;
        foreach (RadioNeighbour neighbour in _stations.All)
        {
            if (neighbour.ShortId != frame.From || neighbour.Session is not { } session)
                continue;
            if (_authenticator.TryAccept(session, frame.To, signed, tags))
            {
                Heard(neighbour, received);
                if (!neighbour.IsUp)
                    PlanProbe(neighbour);
                return;
            }
            known = true;
            doubted = session.PeerBroadcasts is null ? doubted : neighbour;
        }
        Counters.Unproven++;
        if (doubted is not null)
            Doubt(doubted);
        else if (!known)
            Call(frame.From);
    }

    /// <summary>An empty frame shows whether the session stands: a stranger's word ends none.</summary>
    private void Doubt(RadioNeighbour neighbour)
    {
        // It calls twice after a start: the second one may be heard after the session has begun.
        bool spoke = _now - neighbour.LastHeard < Calls.Interval(IdentityAirtime);
        if (neighbour.IsDoubted || spoke || !TryPay(neighbour.ShortId, StrangerPurse.Names, 0))
            return;
        neighbour.IsDoubted = true;
        PlanProbe(neighbour);
    }

    /// <summary>Says who we are to a station that was heard and is not known.</summary>
    private void Call(ushort id)
    {
        if (id != _ownId && !_calls.IsWanted(id) && TryPay(id, StrangerPurse.Strangers, RadioIdentity.Size))
            _calls.Want(id, _now + Jitter(3 * IdentityAirtime));
    }

    private bool TrySendDiscovery(ILoraModem modem)
    {
        if (_now < NextDiscovery || _airtime.IsBlocked(Wire.FrameClass.Routing, _now))
            return false;
        foreach (Encounter encounter in _encounters.All)
        {
            if (encounter.AnswerNonce is not null)
                return TrySendAnswer(modem, encounter);
        }
        foreach (Encounter encounter in _encounters.All)
        {
            if (_now >= encounter.GreetAt && TrySendGreeting(modem, encounter))
                return true;
        }
        if (_calls.Due(alone: !_stations.AnyUp, _now) is { } to)
            return TrySendIdentity(modem, to);
        if (_now < _beaconAt)
            return false;
        byte[] beacon = _authenticator.MakeBeacon(_ownId);
        return TrySendCommon(modem, [.. beacon, .. new byte[_common.Size]]);
    }

    private bool TrySendIdentity(ILoraModem modem, ushort to)
    {
        Span<byte> salt = stackalloc byte[RadioIdentity.SaltSize];
        _nonces(salt);
        byte[] bytes = MakeDiscovery(DiscoveryKind.Identity, to, RadioIdentity.Size);
        new RadioIdentity(_self.PublicKey.ToArray()).Write(salt, bytes.AsSpan(RadioFrame.HeaderSize));
        if (!TrySendCommon(modem, bytes))
            return false;
        if (to == RadioFrame.Everyone)
            _lastCall = _now;
        _calls.Said(to, IdentityAirtime, _now);
        return true;
    }

    private byte[] MakeDiscovery(DiscoveryKind kind, ushort to, int body)
    {
        byte[] bytes = new byte[RadioFrame.HeaderSize + body + _common.Size];
        new RadioFrame(RadioFrameType.Discovery, false, (byte)kind, _ownId, to).Write(bytes);
        return bytes;
    }

    /// <summary>Sends a frame after writing the common check into its last bytes.</summary>
    private bool TrySendCommon(ILoraModem modem, byte[] bytes)
    {
        _common.Write(bytes.AsSpan(..^_common.Size), bytes.AsSpan(^_common.Size..));
        if (!TryTransmit(modem, bytes, _airtime.ClassOfDiscovery(modem.Airtime(bytes.Length))))
            return false;
        Counters.Sent = Counters.Sent with { Discovery = Counters.Sent.Discovery + 1 };
        return true;
    }

    private void PlanBeacon() => _beaconAt = _now + (BeaconInterval * (0.75 + (_random.NextDouble() / 2)));
}
