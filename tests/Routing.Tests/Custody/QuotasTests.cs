using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Custody;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

public sealed class QuotasTests
{
    private const int Size = 100;
    private static readonly Instant Now = new(TimeSpan.TicksPerDay);
    private static readonly RouterOptions Options =
        new() { MaxHeldBytes = 160_000, MaxHeldCount = 1_600, MemoryBudget = 1 << 20 };
    private readonly Quotas _quotas = new(Options);
    private readonly Dictionary<int, Tally> _destinations = [];
    private readonly Dictionary<(Source, int), Tally> _pairs = [];

    [Fact]
    public void A_source_gets_half_of_what_it_and_the_free_space_are_and_the_next_half_of_the_rest()
    {
        // 150,000 bytes are usual; each envelope goes somewhere else.
        Assert.InRange(Fill(new Source(1, Options, Now)), 745, 750);
        Assert.InRange(Fill(new Source(2, Options, Now)), 370, 375);
        Assert.InRange(Fill(new Source(3, Options, Now)), 184, 188);
    }

    [Fact]
    public void Strangers_share_half_however_many_they_are()
    {
        int strangers = Enumerable.Range(0, 400).Sum(i => Fill(new Source((ulong)i, Options, Now), isChosen: false));
        Assert.InRange(strangers, 700, 750);
        Assert.InRange(Fill(new Source(999, Options, Now)), 370, 400);
    }

    [Fact]
    public void A_source_gets_half_of_what_a_destination_gets()
    {
        Source one = new(1, Options, Now), two = new(2, Options, Now), three = new(3, Options, Now);
        Assert.InRange(Fill(one, destination: 7), 370, 376);
        Assert.InRange(Fill(two, destination: 7), 184, 189);
        Assert.InRange(Fill(three, destination: 7), 90, 96);
        Assert.True(Fill(three, destination: 8) > 200);
        Assert.Equal(Room.NoneForDestination, Find(one, true, 7, Priority.High));
    }

    [Fact]
    public void Emergencies_have_a_reserve_of_a_sixteenth_and_nothing_more()
    {
        Source one = new(1, Options, Now), two = new(2, Options, Now);
        Fill(one, destination: 7);
        Assert.InRange(Fill(one, destination: 7, priority: Priority.Emergency), 45, 50);
        Assert.Equal(Room.NoneForDestination, Find(one, true, 7, Priority.Emergency));
        while (Find(two, true, 7, Priority.Normal) == Room.Usual)
            Take(two, Room.Usual, true, 7);
        Assert.InRange(Fill(two, destination: 7, priority: Priority.Emergency), 20, 25);
    }

    [Fact]
    public void Strangers_get_half_of_the_reserve()
    {
        int taken = 0;
        for (int i = 0; i < 400; i++)
        {
            var stranger = new Source((ulong)i, Options, Now);
            while (Find(stranger, false, i, Priority.Normal) == Room.Usual)
                Take(stranger, Room.Usual, false, i);
            taken += Fill(stranger, isChosen: false, destination: i, priority: Priority.Emergency);
        }

        Assert.InRange(taken, 40, 50);
    }

    [Fact]
    public void However_full_the_store_is_of_others_this_node_has_a_quarter_and_others_keep_theirs_from_it()
    {
        for (int i = 0; i < 60; i++)
            Fill(new Source((ulong)i, Options, Now));
        Assert.InRange(FillOwn(), 400, 460);

        var fresh = new Quotas(Options);
        for (int i = 0; fresh.HasRoomForOwn(Size); i++)
            fresh.TakeOwn(Size, isReceipt: false);
        Assert.Equal(160_000 / 4 + 150_000, fresh.Own.Bytes);
        Assert.NotEqual(
            Room.Usual, fresh.Find(new Source(1, Options, Now), true, default, default, Size, Priority.Normal));
    }

    [Fact]
    public void Receipts_that_strangers_cause_leave_half_of_this_nodes_part_to_its_messages()
    {
        for (int i = 0; i < 60; i++)
            Fill(new Source((ulong)i, Options, Now));
        int receipts = 0;
        for (; _quotas.HasRoomForReceipt(Receipt.EnvelopeSize); receipts++)
            _quotas.TakeOwn(Receipt.EnvelopeSize, isReceipt: true);
        Assert.Equal(1_600 / 4 / 2, receipts);
        Assert.InRange(FillOwn(), 200, 460);
        _quotas.GiveBackOwn(Receipt.EnvelopeSize, isReceipt: true);
        _quotas.GiveBackOwn(Size, isReceipt: false);
        Assert.True(_quotas.HasRoomForReceipt(Receipt.EnvelopeSize));
    }

    [Fact]
    public void What_is_not_on_disk_yet_is_bounded_and_shared_by_sources()
    {
        var options = new RouterOptions { MemoryBudget = 40_000 };
        var quotas = new Quotas(options);
        Assert.InRange(Memory(quotas, new Source(1, options, Now)), 9_000, 10_000);
        Assert.InRange(Memory(quotas, new Source(2, options, Now)), 4_500, 5_000);
        Assert.InRange(quotas.Unsaved, 0, 20_000);
    }

    [Fact]
    public void What_is_for_this_node_finds_room_however_full_the_store_is()
    {
        for (int i = 0; i < 60; i++)
            Fill(new Source((ulong)i, Options, Now));
        Assert.Equal(Room.Arriving, _quotas.FindForArrival(new Source(500, Options, Now), Size));
    }

    [Fact]
    public void What_is_given_back_can_be_taken_again()
    {
        var random = new Random(1);
        Source[] sources = [.. Enumerable.Range(0, 5).Select(i => new Source((ulong)i, Options, Now))];
        var taken = new List<(Source Source, Room Room, bool IsChosen, int Size)>();
        for (int i = 0; i < 30_000; i++)
        {
            if (random.Next(3) == 0 && taken.Count > 0)
            {
                int at = random.Next(taken.Count);
                (Source source, Room room, bool isChosen, int size) = taken[at];
                _quotas.GiveBack(source, room, !isChosen, size);
                taken.RemoveAt(at);
            }
            else
            {
                Source source = sources[random.Next(5)];
                bool isChosen = random.Next(2) == 0;
                int size = random.Next(21, 2_000);
                Room room = _quotas.Find(source, isChosen, default, default, size, (Priority)random.Next(4));
                if (room > Room.Arriving)
                    continue;
                _quotas.Take(source, room, !isChosen, size);
                taken.Add((source, room, isChosen, size));
            }

            Assert.Equal(taken.Sum(one => (long)one.Size), _quotas.Total.Bytes);
            Assert.InRange(_quotas.Total.Bytes, 0, 160_000);
            Assert.InRange(_quotas.Total.Count, 0, 1_600);
        }

        foreach ((Source source, Room room, bool isChosen, int size) in taken)
            _quotas.GiveBack(source, room, !isChosen, size);
        Assert.All(sources,
            source => Assert.Equal((0, 0L, 0), (source.Held.Count, source.Held.Bytes, source.InReserve.Count)));
        Assert.Equal((0, 0L), (_quotas.Total.Count, _quotas.Total.Bytes));
    }

    [Fact]
    public void A_source_is_found_again_with_its_rates_until_more_come_than_there_are_places()
    {
        var sources = new Sources(Options, capacity: 4);
        var peer = new NodeAddress(1, 2);
        Source first = sources.Of(peer, group: 77, Now);
        Assert.Same(first, sources.Of(new NodeAddress(3, 4), group: 77, Now));
        Assert.NotSame(first, sources.Of(peer, group: 0, Now));
        Assert.Same(sources.Of(peer, group: 0, Now), sources.Of(peer, group: 0, Now));
        first.Links = 1;
        for (ulong group = 100; group < 200; group++)
            sources.Of(peer, group, Now + TimeSpan.FromSeconds(group));
        Assert.Equal(4, sources.Count);
        Assert.Same(first, sources.Of(peer, group: 77, Now));

        // All places in use: those that come share one.
        for (ulong group = 197; group < 200; group++)
            sources.Of(peer, group, Now).Links = 1;
        Assert.Same(sources.Of(peer, group: 300, Now), sources.Of(peer, group: 301, Now));
        Assert.Equal(4, sources.Count);
    }

    /// <summary>Fills what there is room for; without a destination each envelope goes to another one.</summary>
    private int Fill(Source source, bool isChosen = true, int destination = -1, Priority priority = Priority.Normal)
    {
        int count = 0;
        int next = 1_000_000 + _destinations.Count;
        while (true)
        {
            int to = destination < 0 ? next++ : destination;
            Room room = Find(source, isChosen, to, priority);
            if (room > Room.Reserve)
                return count;
            Take(source, room, isChosen, to);
            count++;
        }
    }

    private Room Find(Source source, bool isChosen, int destination, Priority priority) => _quotas.Find(
        source, isChosen, _destinations.GetValueOrDefault(destination), _pairs.GetValueOrDefault((source, destination)),
        Size, priority);

    private void Take(Source source, Room room, bool isChosen, int destination)
    {
        _quotas.Take(source, room, !isChosen, Size);
        Tally held = _destinations.GetValueOrDefault(destination),
            pair = _pairs.GetValueOrDefault((source, destination));
        held.Add(Size);
        pair.Add(Size);
        _destinations[destination] = held;
        _pairs[(source, destination)] = pair;
    }

    private int FillOwn()
    {
        int count = 0;
        for (; _quotas.HasRoomForOwn(Size); count++)
            _quotas.TakeOwn(Size, isReceipt: false);
        return count;
    }

    private static long Memory(Quotas quotas, Source source)
    {
        while (quotas.Find(source, true, default, default, Size, Priority.Normal) == Room.Usual)
            quotas.AddUnsaved(source, Size);
        return source.Unsaved;
    }
}
