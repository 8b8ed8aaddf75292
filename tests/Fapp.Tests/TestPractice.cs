using QuicProChat.Mesh.Fapp.Practice;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Storage;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Tests;

/// <summary>A practice in a test: its desk, its disk, and what it published.</summary>
internal sealed class TestPractice : IDisposable
{
    private readonly Dictionary<string, (ItemKind Kind, byte[] Row)> _disk = [];
    private readonly RandomFill _random;

    internal TestPractice(int seed, FappTime now, PracticeSetup? setup = null)
    {
        var random = new Random(seed);
        _random = random.NextBytes;
        byte[] own = new byte[32];
        random.NextBytes(own);
        Identity = LocalIdentity.FromSeed(own);
        Desk = new PracticeDesk(Identity.PublicKey.Span, 0, setup ?? Setup(), _random, now);
        Settle(now);
    }

    internal static PracticeSetup Setup() => new() { Announce = Bodies.Announce with { Effort = 0, Slots = [] } };

    internal LocalIdentity Identity { get; }

    internal PracticeDesk Desk { get; private set; }

    /// <summary>Records that gossip would keep: the newest of each place.</summary>
    internal Dictionary<(FappRecordType, ulong), byte[]> Published { get; } = [];

    internal List<DeskEvent> Events { get; } = [];

    /// <summary>Writes what changed, then publishes: as the node does.</summary>
    internal void Settle(FappTime now)
    {
        (IStoredItem[] changed, IStoredItem[] gone) = Desk.Changes.Take();
        foreach (IStoredItem item in changed)
            _disk[KeyOf(item)] = (item.Kind, item.Encode());
        foreach (IStoredItem item in gone)
            _disk.Remove(KeyOf(item));
        Events.AddRange(Desk.TakeEvents());
        foreach (Publication p in Desk.TakePublications())
            Published[(p.Type, p.Place)] =
                FappRecord.Create(Identity, p.Type, p.Region, p.Place, p.Sequence, now.BornDay, p.Body);
    }

    internal void Tick(FappTime now)
    {
        Desk.Tick(now);
        Settle(now);
    }

    internal RequestOutcome Receive(byte[] request, FappTime now)
    {
        RequestOutcome outcome = Desk.Receive(request, now);
        Settle(now);
        return outcome;
    }

    /// <summary>Killed: what was not on disk is gone, and what is is read back.</summary>
    internal void Restart()
    {
        byte[] head = _disk.Values.Single(r => r.Kind == ItemKind.Practice).Row;
        Desk = PracticeDesk.TryRestore(Identity.PublicKey.Span, head, _random)!;
        foreach ((ItemKind kind, byte[] row) in _disk.Values)
        {
            if (kind != ItemKind.Practice)
                Assert.NotNull(Desk.RestoreItem(kind, row));
        }
    }

    internal SlotId Add(FappTime now, long inHours, Phase phase = Phase.Probatorik)
    {
        SlotId id = Desk.Add(
            new Slot(default, MinuteTime.OfUnixSeconds(now.Unix!.Value + inHours * FappTime.Hour), 50, phase,
                Setting.Single, Modality.Praxis, FollowUp.No), now);
        Settle(now);
        return id;
    }

    internal SlotAnnounce Announced => SlotAnnounce.TryRead(Body(Published[(FappRecordType.Announce, 0)]))!;

    internal int DiskRows => _disk.Count;

    public void Dispose() => Identity.Dispose();

    private static string KeyOf(IStoredItem item) => $"{item.Kind} {Convert.ToHexString(item.Key.Span)}";

    private static byte[] Body(byte[] record) =>
        GossipRecord.TryRead(record, out GossipRecord gossip) && FappRecord.TryRead(gossip, out FappRecord read)
            ? read.Body.ToArray() : [];
}
