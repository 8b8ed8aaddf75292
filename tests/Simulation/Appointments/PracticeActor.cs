using QuicProChat.Mesh.Fapp;
using QuicProChat.Mesh.Fapp.Practice;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Storage;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Simulation.Appointments;

/// <summary>
/// A practice: its desk, its disk, and a person who looks in now and then. What was not on disk when it is killed is
/// gone, and what was
/// published went to disk before.
/// </summary>
internal sealed class PracticeActor
{
    private const int SlotsAtFirst = 6;

    private readonly Dictionary<string, (ItemKind Kind, byte[] Row)> _disk = [];
    private readonly Random _random;
    private readonly AppointmentOracle _oracle;
    private PracticeDesk _desk;
    private long _running;
    private long _tickedAt;
    private long _nextDue;

    internal PracticeActor(int number, int home, PostalCode plz, LocalIdentity identity, AppointmentOracle oracle,
        int seed, long unix)
    {
        (Number, Home, Identity, _oracle, _tickedAt) = (number, home, identity, oracle, unix);
        _random = new Random(seed);
        var announce = new SlotAnnounce
        {
            Name = $"Praxis {number}",
            Contact = "0341 1234567",
            Plz = plz,
            Provider = Provider.Practice,
            Profession = Profession.Psychotherapist,
            Procedures = _random.Next(2) == 0 ? Procedures.VT : Procedures.TP,
            Ages = AgeGroups.Adults,
            Payers = Payers.GKV,
            Languages = ["de"],
            RequestKey = [],
        };
        _desk = new PracticeDesk(
            identity.PublicKey.Span, 0, new PracticeSetup { Announce = announce }, _random.NextBytes,
                new FappTime(0, unix));
        Settle(new FappTime(0, unix));
        for (int i = 0; i < SlotsAtFirst; i++)
            AddSlot(new FappTime(0, unix));
    }

    internal int Number { get; }

    /// <summary>The node of the graph that it is connected to.</summary>
    internal int Home { get; }

    internal LocalIdentity Identity { get; }

    internal bool IsOn { get; private set; } = true;

    /// <summary>When it goes on again, in Unix seconds.</summary>
    internal long OffUntil { get; private set; }

    internal PracticeDesk Desk => _desk;

    /// <summary>What is to be published; its sequence is on disk.</summary>
    internal List<MeshRecord> Published { get; } = [];

    /// <summary>Times that it was killed.</summary>
    internal int Killed { get; private set; }

    /// <summary>The node's own time: it stands while the node is off.</summary>
    internal FappTime TimeAt(long unix)
    {
        if (IsOn)
            _running += unix - _tickedAt;
        _tickedAt = unix;
        return new FappTime(_running, unix);
    }

    internal void Tick(long unix)
    {
        FappTime now = TimeAt(unix);
        if (now.Running < _nextDue)
            return;
        _desk.Tick(now);
        Settle(now);
    }

    /// <summary>
    /// A request arrived; false: the node was killed before it was on disk, and whoever sent it keeps it.
    /// </summary>
    internal bool Receive(ReadOnlySpan<byte> request, long unix)
    {
        FappTime now = TimeAt(unix);
        _desk.Receive(request, now);
        if (_random.Next(50) == 0)
        {
            Kill();
            return false;
        }

        Settle(now);
        return true;
    }

    internal void GoOff(long unix, long until)
    {
        TimeAt(unix);
        Kill();
        (IsOn, OffUntil) = (false, until);
    }

    internal void GoOn(long unix)
    {
        TimeAt(unix);
        IsOn = true;
        _nextDue = 0;
    }

    /// <summary>The person looks at what was drawn, and sometimes changes its mind.</summary>
    internal void Decide(long unix, bool isQuiet)
    {
        FappTime now = TimeAt(unix);
        foreach (RequestView request in _desk.Requests(now))
        {
            int chance = _random.Next(100);
            if (request.State == SlotAnswer.Drawn)
            {
                Act(now, d => DecideDrawn(d, request, chance, now));
            }
            else if (request.State == SlotAnswer.Booked && chance < 2 && !isQuiet
                && MinuteTime.UnixSeconds(request.Slot.Start) > unix)
            {
                _oracle.MayEnd(request.Id);
                Act(now, d => d.Cancel(request.Id, now));
            }
        }

        if (isQuiet)
            return;
        if (_random.Next(4) == 0)
            AddSlot(now);
        SlotView[] open = [.. _desk.Slots(now).Where(static s => !s.IsWithdrawn && s.IsListed)];
        if (open.Length > 0 && _random.Next(40) == 0)
        {
            SlotView gone = open[_random.Next(open.Length)];
            if (gone.Holder is { } holder)
                _oracle.MayEnd(holder);
            Act(now, d => d.Withdraw(gone.Slot.Id, now));
        }
    }

    /// <summary>What only the disk remembers counts.</summary>
    internal void Kill()
    {
        Killed++;
        byte[] head = _disk.Values.Single(static r => r.Kind == ItemKind.Practice).Row;
        _desk = PracticeDesk.TryRestore(Identity.PublicKey.Span, head, _random.NextBytes)
            ?? throw new InvalidDataException("the practice's row does not read back");
        foreach ((ItemKind kind, byte[] row) in _disk.Values)
        {
            if (kind != ItemKind.Practice && _desk.RestoreItem(kind, row) is null)
                throw new InvalidDataException("a row of the practice does not read back");
        }

        _nextDue = 0;
    }

    private void DecideDrawn(PracticeDesk desk, RequestView request, int chance, FappTime now)
    {
        if (chance < 80)
        {
            desk.Confirm(request.Id, now);
        }
        else if (chance < 90)
        {
            desk.Refuse(request.Id, 0, now);
        }
        else if (chance < 95 && desk.Requests(now).FirstOrDefault(r => r.Slot.Id == request.Slot.Id
            && r.State == SlotAnswer.Waiting) is { } other)
        {
            // Against the draw, for clinical reasons.
            desk.Confirm(other.Id, now);
        }
    }

    /// <summary>Once in a while the node is killed after the command and before its disk.</summary>
    private void Act(FappTime now, Action<PracticeDesk> act)
    {
        act(_desk);
        if (_random.Next(50) == 0)
            Kill();
        else
            Settle(now);
    }

    private void AddSlot(FappTime now)
    {
        long day = now.Unix!.Value / FappTime.Day + 1 + _random.Next(12);
        long start = day * FappTime.Day + (7 + _random.Next(11)) * FappTime.Hour;
        uint minute = MinuteTime.OfUnixSeconds(start);
        if (_desk.Slots(now).Any(s => !s.IsWithdrawn && s.Slot.Start == minute))
            return;
        Phase phase = _random.Next(10) == 0 ? Phase.Akut : (Phase)(1 + _random.Next(2));
        Act(now, d => d.Add(new Slot(default, minute, 50, phase, Setting.Single, Modality.Praxis, FollowUp.No), now));
    }

    private void Settle(FappTime now)
    {
        (IStoredItem[] changed, IStoredItem[] gone) = _desk.Changes.Take();
        foreach (IStoredItem item in changed)
            _disk[KeyOf(item)] = (item.Kind, item.Encode());
        foreach (IStoredItem item in gone)
            _disk.Remove(KeyOf(item));
        foreach (DeskEvent happened in _desk.TakeEvents())
        {
            if (happened is RequestChanged change)
                _oracle.Changed(change.Request, Number);
        }

        foreach (Publication p in _desk.TakePublications())
        {
            byte[] record = FappRecord.Create(Identity, p.Type, p.Region, p.Place, p.Sequence, now.BornDay, p.Body);
            Published.Add(new MeshRecord(record, Number, p.Type, p.Place, p.Sequence));
        }

        _nextDue = _desk.NextDue(now);
    }

    private static string KeyOf(IStoredItem item) => $"{item.Kind} {Convert.ToHexString(item.Key.Span)}";
}
