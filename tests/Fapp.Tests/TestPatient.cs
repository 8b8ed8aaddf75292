using QuicProChat.Mesh.Fapp.Patient;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Fapp.Storage;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Tests;

/// <summary>A patient in a test: what the node follows, what was asked for, and its disk.</summary>
internal sealed class TestPatient
{
    private readonly Dictionary<string, byte[]> _disk = [];
    private readonly RandomFill _random;

    internal TestPatient(int seed, FakeLevels? levels = null)
    {
        var random = new Random(seed);
        _random = random.NextBytes;
        Store = new RegionStore(levels ?? new FakeLevels(), new FakePlaces());
        Store.Follow([Bodies.Announce.Plz.Region]);
        Desk = new PatientDesk(_random);
    }

    internal RegionStore Store { get; }

    internal PatientDesk Desk { get; private set; }

    /// <summary>Takes what a practice published.</summary>
    internal void Hear(TestPractice practice, FappTime now)
    {
        foreach (byte[] record in practice.Published.Values)
            Hear(record, now);
    }

    internal Taking Hear(byte[] record, FappTime now)
    {
        if (!GossipRecord.TryRead(record, out GossipRecord gossip))
            return Taking.Refused;
        if (!FappRecord.TryRead(gossip, out FappRecord read) || !read.Verify())
            return Taking.Refused;
        Taking taking = Store.Take(read, now, out _);
        if (taking == Taking.Taken && read.Type == FappRecordType.Answers
            && SlotConfirm.TryRead(read.Body, out SlotConfirm confirm))
            Desk.AnswersCame(record, read, confirm);
        Settle();
        return taking;
    }

    internal Reservation Reserve(TestPractice practice, SlotId slot, FappTime now, ReserveWishes? wishes = null)
    {
        SlotOffer offer = Store.Find(slot, practice.Identity.Address.ToString(), now).Single();
        Reservation made = Desk.Reserve(offer, wishes ?? new ReserveWishes(), now);
        Settle();
        return made;
    }

    /// <summary>What is due, sent: the messages as the practice will see them.</summary>
    internal List<byte[]> Send(FappTime now)
    {
        List<byte[]> sent = [];
        foreach (Reservation due in Desk.Due(now))
        {
            sent.Add(PatientDesk.MessageOf(due).ToArray());
            Desk.Sent(due, hasLeft: true, now);
        }

        Settle();
        return sent;
    }

    internal void Settle()
    {
        (IStoredItem[] changed, IStoredItem[] gone) = Desk.Changes.Take();
        foreach (IStoredItem item in changed)
            _disk[Convert.ToHexString(item.Key.Span)] = item.Encode();
        foreach (IStoredItem item in gone)
            _disk.Remove(Convert.ToHexString(item.Key.Span));
    }

    internal void Restart()
    {
        Desk = new PatientDesk(_random);
        Assert.All(_disk.Values, row => Assert.NotNull(Desk.Restore(row)));
    }
}
