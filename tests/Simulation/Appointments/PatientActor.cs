using QuicProChat.Mesh.Fapp;
using QuicProChat.Mesh.Fapp.Mesh;
using QuicProChat.Mesh.Fapp.Patient;
using QuicProChat.Mesh.Fapp.Practice;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Fapp.Storage;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation.Appointments;

/// <summary>A patient: its desk, its disk, and a person with a node that is on for some hours a day.</summary>
internal sealed class PatientActor
{
    private const int MostReservations = 12;

    private readonly Dictionary<string, byte[]> _disk = [];
    private readonly Random _random;
    private readonly AppointmentOracle _oracle;
    private readonly SlotFilter _filter;
    private readonly CoverTraffic _cover;
    private PatientDesk _desk;
    private long _running;
    private long _tickedAt;

    internal PatientActor(int home, AppointmentOracle oracle, int seed, long unix)
    {
        (Home, _oracle, _tickedAt) = (home, oracle, unix);
        _random = new Random(seed);
        _desk = new PatientDesk(_random.NextBytes);
        _cover = new CoverTraffic(_random.NextBytes);
        _cover.Draw(0, CoverTraffic.StandardMean);
        _filter = new SlotFilter
        {
            Prefix = "04",
            Payers = Payers.GKV,
            Procedures = _random.Next(2) == 0
            ? Procedures.VT : Procedures.TP
        };
        SwitchAt = unix + _random.Next((int)FappTime.Day);
    }

    /// <summary>The node of the graph that it is connected to.</summary>
    internal int Home { get; }

    internal bool IsOn { get; private set; }

    /// <summary>When it goes on or off, in Unix seconds.</summary>
    internal long SwitchAt { get; private set; }

    internal IReadOnlyList<Reservation> Reservations => _desk.Reservations;

    internal Random Random => _random;

    internal void Switch(long unix)
    {
        TimeAt(unix);
        IsOn = !IsOn;
        long least = IsOn ? FappTime.Hour : 6 * FappTime.Hour, more = IsOn ? 4 * FappTime.Hour : 30 * FappTime.Hour;
        SwitchAt = unix + least + _random.Next((int)more);
        // Killed as often as switched off: what is on disk counts.
        _desk = new PatientDesk(_random.NextBytes);
        foreach (byte[] row in _disk.Values)
        {
            if (_desk.Restore(row) is null)
                throw new InvalidDataException("a row of the patient does not read back");
        }
    }

    internal void StayOn(long unix)
    {
        if (!IsOn)
            Switch(unix);
        SwitchAt = long.MaxValue;
    }

    /// <summary>Reads what its relay has of practices that it asked.</summary>
    internal void Hear(RecordMesh mesh, IReadOnlyDictionary<string, int> practices)
    {
        foreach (Reservation reservation in _desk.Reservations)
        {
            int author = practices[reservation.Address.ToString()];
            for (ulong shard = 0; shard < 1UL << SlotConfirm.MaxShardBits; shard++)
            {
                MeshRecord? record = mesh.Find(Home, (ulong)author << 32 | (ulong)FappRecordType.Answers << 24 | shard);
                if (record is null)
                    break;
                SlotAnswer? before = reservation.Answer;
                if (GossipRecord.TryRead(record.Bytes, out GossipRecord gossip)
                    && FappRecord.TryRead(gossip, out FappRecord read)
                    && SlotConfirm.TryRead(read.Body, out SlotConfirm confirm))
                    _desk.AnswersCame(record.Bytes, read, confirm);
                if (reservation.Answer is { } answer && answer != before)
                    _oracle.Read(reservation.Id, answer);
            }
        }

        Settle();
    }

    /// <summary>
    /// Takes what is held, says that it comes, gives back now and then, and asks for what it still needs.
    /// </summary>
    internal void Act(RegionStore store, long unix, bool isQuiet)
    {
        FappTime now = TimeAt(unix);
        _desk.Tick(now);
        foreach (Reservation reservation in _desk.Reservations)
        {
            long left = MinuteTime.UnixSeconds(reservation.Slot.Start) - unix;
            if (!reservation.IsActive || left <= 0)
                continue;
            bool isHeld = reservation.Answer == SlotAnswer.Offered && _random.Next(10) < 8;
            bool comes = reservation.Answer == SlotAnswer.Booked && left < 7 * FappTime.Day && _random.Next(10) == 0;
            if (_random.Next(200) == 0 && !isQuiet)
            {
                _oracle.MayEnd(reservation.Id);
                _desk.Cancel(reservation.Id, now);
            }
            else if (isHeld || comes)
            {
                _desk.Acknowledge(reservation.Id, now);
            }
        }

        if (!isQuiet && _desk.Reservations.Count < MostReservations && !_desk.Reservations.Any(static r => r.IsActive)
            && _random.Next(10) == 0)
            Ask(store, now);
        Settle();
    }

    /// <summary>It is time to send something: what is due, or null for a dummy.</summary>
    internal bool IsTimeToSend(long unix, out Reservation? due)
    {
        FappTime now = TimeAt(unix);
        due = _desk.Due(now).FirstOrDefault();
        return now.Running >= _cover.NextAt;
    }

    /// <summary>It left, or could not.</summary>
    internal void Sent(Reservation? reservation, bool hasLeft, long unix)
    {
        FappTime now = TimeAt(unix);
        if (hasLeft)
            _cover.Draw(now.Running, CoverTraffic.StandardMean);
        if (reservation is null)
            return;
        _desk.Sent(reservation, hasLeft, now);
        Settle();
    }

    private void Ask(RegionStore store, FappTime now)
    {
        // A few want one at once, which is often too late; most from tomorrow on.
        long from = now.Unix!.Value + (_random.Next(5) == 0 ? 0 : FappTime.Day + _random.Next((int)FappTime.Day));
        IReadOnlyList<SlotOffer> found = store.Search(_filter with { From = MinuteTime.OfUnixSeconds(from) }, now);
        if (found.Count == 0)
            return;
        // Everybody wants one of the next: so many ask for the same.
        SlotOffer offer = found[_random.Next(Math.Min(found.Count, 30))];
        try
        {
            _desk.Reserve(offer, new ReserveWishes(AskFirst: _random.Next(5) == 0), now);
        }
        catch (FappException)
        {
            // The person is told why, and looks again another time.
            Refusals++;
        }
    }

    /// <summary>Times that the node refused to ask.</summary>
    internal int Refusals { get; private set; }

    private FappTime TimeAt(long unix)
    {
        if (IsOn)
            _running += unix - _tickedAt;
        _tickedAt = unix;
        return new FappTime(_running, unix);
    }

    private void Settle()
    {
        (IStoredItem[] changed, IStoredItem[] gone) = _desk.Changes.Take();
        foreach (IStoredItem item in changed)
            _disk[Convert.ToHexString(item.Key.Span)] = item.Encode();
        foreach (IStoredItem item in gone)
            _disk.Remove(Convert.ToHexString(item.Key.Span));
        _desk.TakeEvents();
    }
}
