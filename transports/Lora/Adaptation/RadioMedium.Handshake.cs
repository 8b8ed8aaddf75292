using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

// The handshake (docs/reference/lora.md, section 5):
//
//  greeting       nonce a                          made by whoever has the pair's secret, perhaps long ago
//  answer         nonce b, MAC of both nonces      made now: the greeter takes the session
//  data frame 0   introduction of the greeter      made now: the greeted one takes it too, and the link is up there
//  its ack        introduction of the greeted      the link is up here
//
// A session that stands is given up only when another is proven: nothing that was recorded ends or revives one.
public sealed partial class RadioMedium
{
    /// <summary>The shortest wait for an answer.</summary>
    private TimeSpan GreetingWait => AckTime + Contention + (2 * IdentityAirtime);

    private TimeSpan GreetingAirtime(int body) => DiscoveryAirtime(body);

    /// <summary>A neighbour seems to have lost the session.</summary>
    private void Greet(RadioNeighbour neighbour)
    {
        if (neighbour.IsDoubted && !TryPay(neighbour.ShortId, StrangerPurse.Names, RadioGreeting.FullSize))
            return;
        neighbour.IsDoubted = false;
        Encounter encounter =
            _encounters.GetOrAdd(neighbour.Address, neighbour.PublicKey.ToArray(), isKnown: true, _now);
        encounter.Take(neighbour);
        encounter.TouchedAt = _now;
        encounter.Tries = 0;
        encounter.GreetAt = _now + Jitter(2 * IdentityAirtime);
    }

    private bool TrySendGreeting(ILoraModem modem, Encounter encounter)
    {
        bool repeated = encounter.Tries > 0;
        if ((!encounter.HasPair && _prices?.TryPayAgreement(PurseOf(encounter.IsKnown), _now) != true)
            || (repeated && !TryPay(encounter.ShortId, PurseOf(encounter.IsKnown), RadioGreeting.FullSize)))
        {
            encounter.GreetAt = _now + GreetingWait;
            return false;
        }
        if (encounter.Pair(_self, _options.NetworkKey) is not { } pair)
        {
            encounter.StopGreeting();
            return false;
        }
        // Who heard us call lately has the key.
        bool called = _lastCall != TimeSpan.MinValue && _now - _lastCall < RadioTuning.KeyRemembered;
        bool brief = called && !repeated && !encounter.IsKnown;
        int size = brief ? RadioGreeting.BriefSize : RadioGreeting.FullSize;
        byte[] bytes = MakeDiscovery(DiscoveryKind.Greeting, encounter.ShortId, size);
        ReadOnlySpan<byte> key = brief ? default : _self.PublicKey.Span;
        ushort session = _stations.Find(encounter.Address)?.Session?.Keys.Name ?? RadioGreeting.NoSession;
        RadioGreeting.Write(encounter.DrawNonce(_nonces), session, key, bytes.AsSpan(RadioFrame.HeaderSize));
        int mac = bytes.Length - _common.Size - PairSecret.GreetingMacSize;
        pair.WriteGreetingMac(bytes.AsSpan(..mac), bytes.AsSpan(mac, PairSecret.GreetingMacSize));
        if (!TrySendCommon(modem, bytes))
            return false;
        TimeSpan wait = GreetingWait * RadioTuning.GreetingBackOff[encounter.Tries++];
        encounter.TouchedAt = _now;
        encounter.AwaitUntil = _now + wait;
        encounter.GreetAt = encounter.Tries < RadioTuning.MaxGreetings ? encounter.AwaitUntil + Jitter(wait)
            : TimeSpan.MaxValue;
        return true;
    }

    private void HearGreeting(RadioFrame frame, RadioGreeting greeting, ReadOnlySpan<byte> signed)
    {
        if (FindGreeter(frame, greeting, signed) is not { } found)
            return;
        (byte[] key, PairSecret pair) = found;
        NodeAddress address = NodeAddress.Of(key);
        Encounter? encounter = _encounters.Find(address);
        RadioNeighbour? neighbour = _stations.Find(address);
        StrangerPurse purse = neighbour is null ? StrangerPurse.Strangers : StrangerPurse.Neighbours;
        // It did not hear us for a while, and the session stands: a frame in it says so.
        bool stands = neighbour?.Session is { PeerBootId: not null } there && there.Keys.Name == greeting.Session;
        if (stands && TryPay(frame.From, purse, 0))
            PlanProbe(neighbour!);
        // Both greeted: that of the lower address goes on.
        bool crossed = encounter is { Nonce: not null } && _now < encounter.AwaitUntil
            && _self.Address.CompareTo(address) < 0;
        if (stands || crossed || !TryPay(frame.From, purse, RadioAnswer.Size))
        {
            if (encounter?.Holds(pair) != true && neighbour?.Pair != pair)
                pair.Dispose();
            return;
        }
        encounter ??= _encounters.GetOrAdd(address, key, neighbour is not null, _now);
        if (neighbour is not null)
            encounter.Take(neighbour);
        encounter.Adopt(pair);
        encounter.StopGreeting();
        encounter.Answer(pair, greeting.Nonce, _common.Size, _nonces);
        encounter.TouchedAt = _now;
        _calls.Drop(frame.From);
    }

    /// <summary>
    /// Who made a greeting: the key that it shows, or one that is known by the sender's id. Null: nobody.
    /// </summary>
    private (byte[] Key, PairSecret Pair)? FindGreeter(RadioFrame frame, RadioGreeting greeting,
        ReadOnlySpan<byte> signed)
    {
        List<byte[]> keys = [];
        if (!greeting.PublicKey.IsEmpty)
        {
            keys.Add(greeting.PublicKey.ToArray());
        }
        else
        {
            foreach (Encounter encounter in _encounters.All)
            {
                if (encounter.ShortId == frame.From)
                    keys.Add(encounter.PublicKey);
            }
            foreach (RadioNeighbour neighbour in _stations.All)
            {
                if (neighbour.ShortId == frame.From && _encounters.Find(neighbour.Address) is null)
                    keys.Add(neighbour.PublicKey.ToArray());
            }
        }
        foreach (byte[] key in keys)
        {
            NodeAddress address = NodeAddress.Of(key);
            if (address == _self.Address || AddressSlots.ShortId(address) != frame.From)
                continue;
            RadioNeighbour? neighbour = _stations.Find(address);
            PairSecret? kept = _encounters.Find(address) is { HasPair: true } encounter
                ? encounter.Pair(_self, _options.NetworkKey)
                : neighbour?.Pair;
            if (kept is null && _prices?.TryPayAgreement(PurseOf(neighbour is not null), _now) != true)
            {
                Counters.Unpaid++;
                return null;
            }
            PairSecret? pair = kept ?? PairSecret.Agree(_self, key, _options.NetworkKey);
            if (pair?.VerifyGreeting(signed, greeting.Mac) == true)
                return (key, pair);
            if (kept is null)
                pair?.Dispose();
        }
        Counters.BadChecks++;
        return null;
    }

    private bool TrySendAnswer(ILoraModem modem, Encounter encounter)
    {
        ulong nonce = encounter.AnswerNonce!.Value;
        encounter.AnswerNonce = null;
        if (encounter.Candidate is not { } candidate)
            return false;
        byte[] bytes = MakeDiscovery(DiscoveryKind.Answer, encounter.ShortId, RadioAnswer.Size);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(RadioFrame.HeaderSize), nonce);
        int mac = bytes.Length - _common.Size - RadioAnswer.MacSize;
        candidate.Keys.Write(0, bytes.AsSpan(..mac), bytes.AsSpan(mac, RadioAnswer.MacSize));
        return TrySendCommon(modem, bytes);
    }

    private void HearAnswer(
        RadioFrame frame, RadioAnswer answer, ReadOnlySpan<byte> signedAndMac, FrameReceived received)
    {
        foreach (Encounter encounter in _encounters.All)
        {
            if (encounter.ShortId != frame.From || encounter.Nonce is not { } nonce
                || encounter.Pair(_self, _options.NetworkKey) is not { } pair)
                continue;
            SessionKeys keys = pair.Derive(nonce, answer.Nonce, greeted: true, _common.Size);
            if (!keys.Verify(0, signedAndMac[..^RadioAnswer.MacSize], signedAndMac[^RadioAnswer.MacSize..]))
            {
                keys.Dispose();
                continue;
            }
            RadioSession session = new(keys, greeted: true);
            RadioNeighbour neighbour = Begin(encounter, session);
            Heard(neighbour, received);
            session.Outgoing.Add(Introduction(session), FrameClass.Routing).Over = TimeSpan.MaxValue;
            return;
        }
        Counters.BadChecks++;
    }

    /// <summary>Both have proven themselves: the session takes the place of what was there.</summary>
    private RadioNeighbour Begin(Encounter encounter, RadioSession session)
    {
        RadioNeighbour? neighbour = _stations.Find(encounter.Address);
        if (neighbour is null)
        {
            neighbour = new RadioNeighbour(encounter.Address, encounter.PublicKey, _pool);
            if (_stations.Add(neighbour, _now) is { } gone)
            {
                Counters.Displaced++;
                Leave(gone, "another neighbour has its place");
                gone.Pair?.Dispose();
            }
        }
        else
        {
            Leave(neighbour, "the neighbour restarted");
        }
        neighbour.Session = session;
        neighbour.Pair?.Dispose();
        neighbour.Pair = encounter.TakePair();
        neighbour.IsDoubted = false;
        neighbour.LastHeard = _now;
        if (_now >= neighbour.IgnoreUntil)
            neighbour.ProbeAt = TimeSpan.MaxValue;
        _encounters.Remove(encounter);
        Counters.Sessions++;
        return neighbour;
    }

    private void Leave(RadioNeighbour neighbour, string reason)
    {
        BringDown(neighbour, reason);
        if (neighbour.Session is { } old)
            End(old);
        neighbour.Session = null;
    }

    private static bool OwesIntroduction(RadioSession session) => !session.Greeted && !session.IsIntroduced;

    private byte[] Introduction(RadioSession session) =>
        RadioItem.Make(RadioItemKind.Introduction, 0, _authenticator.Introduce(session, _bootId).ToArray());

    /// <summary>
    /// Whether the neighbour introduced itself, or does so first of all in these items: nothing goes before that.
    /// </summary>
    private static bool IsMet(RadioSession session, ReadOnlySpan<byte> items) =>
        session.PeerBootId is not null
        || (RadioItem.TryRead(ref items, out RadioItem first) && first.Kind == RadioItemKind.Introduction);
}
