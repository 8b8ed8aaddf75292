using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Adaptation;
using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

/// <summary>The parts of the adaptation layer, each by itself.</summary>
public sealed class RadioRoomsTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Start = TimeSpan.FromHours(1);

    private readonly LocalIdentity _a = LocalIdentity.FromSeed([.. Enumerable.Repeat((byte)1, 32)]);
    private readonly LocalIdentity _b = LocalIdentity.FromSeed([.. Enumerable.Repeat((byte)2, 32)]);
    private readonly List<IDisposable> _owned = [];

    public void Dispose()
    {
        _owned.ForEach(o => o.Dispose());
        _a.Dispose();
        _b.Dispose();
    }

    [Fact]
    public void A_bucket_gives_what_it_holds_and_what_time_brings_and_no_more()
    {
        TokenBucket bucket = new(10, 2);
        Assert.True(bucket.TryTake(10, Start));
        Assert.False(bucket.TryTake(1, Start));
        Assert.False(bucket.TryTake(1.1, Start + (0.5 * Second)));
        Assert.True(bucket.TryTake(1, Start + (0.5 * Second)));
        Assert.False(bucket.TryTake(10.1, Start + Minute));
        Assert.True(bucket.TryTake(10, Start + Minute));
        // A clock that stands or goes back brings nothing.
        Assert.False(bucket.TryTake(0.1, Start));
    }

    [Fact]
    public void Queues_that_share_memory_leave_room_for_a_newcomer_and_all_of_it_for_emergencies()
    {
        const int total = 200_000;
        RadioQueuePool pool = new(total);
        RadioQueue[] queues = [.. Enumerable.Range(0, 9).Select(_ => new RadioQueue(pool))];
        byte[] frame = new byte[100];
        FrameClass[] classes = [FrameClass.Control, FrameClass.High, FrameClass.Normal, FrameClass.Low];
        int Fill(RadioQueue queue) =>
            classes.Sum(c => Enumerable.Range(0, 200).Count(_ => queue.TryAdd(c, frame, Start)));
        int alone = Fill(queues[0]);
        // Bounds of a class hold as ever.
        Assert.Equal(4 * 64, alone);
        int[] counts = [.. queues[1..].Select(Fill)];
        Assert.All(counts, count => Assert.True(count > 0));
        Assert.InRange(pool.Used, 0, total);
        Assert.Equal((alone + counts.Sum()) * RadioQueuePool.CostOf(frame.Length), pool.Used);

        int urgent = Enumerable.Range(0, 200).Count(_ => queues[8].TryAdd(FrameClass.Emergency, frame, Start));
        Assert.True(urgent > 0);
        Assert.InRange(pool.Used, total - RadioQueuePool.CostOf(frame.Length), total);
        Assert.False(pool.HasRoomAgain());

        // Told once, when enough has left.
        while (!pool.HasRoomAgain())
            queues[0].Dequeue(FrameClass.Low);
        Assert.False(pool.HasRoomAgain());
        Assert.True(queues[8].TryAdd(FrameClass.Emergency, frame, Start));
        foreach (RadioQueue queue in queues)
            queue.Clear();
        Assert.Equal(0, pool.Used);
    }

    [Fact]
    public void Whoever_was_refused_is_told_also_where_nothing_else_will_ever_leave()
    {
        RadioQueuePool pool = new(1_000);
        RadioQueue queue = new(pool);
        Assert.False(pool.HasRoomAgain());
        Assert.False(queue.TryAdd(FrameClass.Normal, new byte[2_000], Start));
        Assert.True(pool.HasRoomAgain());
        Assert.True(queue.TryAdd(FrameClass.Normal, new byte[100], Start));
        Assert.False(queue.TryAdd(FrameClass.Normal, new byte[800], Start));
        Assert.False(pool.HasRoomAgain());
        queue.Dequeue(FrameClass.Normal);
        Assert.True(pool.HasRoomAgain());
    }

    [Fact]
    public void A_newer_route_update_takes_the_place_of_the_older_and_its_bytes()
    {
        RadioQueuePool pool = new(10_000);
        RadioQueue queue = new(pool);
        byte[] Update(byte number) => [(byte)FrameKind.RouteUpdate, 0, number, (byte)RouteUpdateFlags.Acknowledge];
        Assert.True(queue.TryAdd(FrameClass.Routing, Update(1), Start));
        int one = pool.Used;
        Assert.True(queue.TryAdd(FrameClass.Routing, [0x20, 1], Start));
        int both = pool.Used;
        Assert.True(queue.TryReplaceUpdate(FrameClass.Routing, Update(2), Start));
        Assert.Equal(both, pool.Used);
        Assert.Equal((ushort)2, queue.Peek(FrameClass.Routing)!.Update);
        queue.Dequeue(FrameClass.Routing);
        Assert.Equal(both - one, pool.Used);
        Assert.False(queue.TryReplaceUpdate(FrameClass.Routing, Update(3), Start));
    }

    [Fact]
    public void Strangers_pay_from_a_purse_that_names_of_neighbours_do_not_share_and_one_id_cannot_empty_it()
    {
        StrangerPrices prices = new(Second, duty: 0.1);
        int one = Enumerable.Range(0, 100).Count(_ => prices.TryPayAirtime(7, StrangerPurse.Strangers, Second, Start));
        Assert.Equal(RadioTuning.IdBurst, one);
        int all = Enumerable.Range(100, 100)
            .Count(id => prices.TryPayAirtime((ushort)id, StrangerPurse.Strangers, Second, Start));
        Assert.Equal(RadioTuning.StrangerBurst, one + all);
        Assert.True(prices.TryPayAirtime(250, StrangerPurse.Names, Second, Start));
        // Who is known by a MAC pays though its name is used up.
        Assert.False(prices.TryPayAirtime(7, StrangerPurse.Names, Second, Start));
        Assert.True(prices.TryPayAirtime(7, StrangerPurse.Neighbours, Second, Start));
        // A third of six per cent of a tenth: a second in 500.
        Assert.False(prices.TryPayAirtime(251, StrangerPurse.Strangers, Second, Start + (499 * Second)));
        Assert.True(prices.TryPayAirtime(251, StrangerPurse.Strangers, Second, Start + (501 * Second)));
        Assert.Equal(RadioTuning.AgreementBurst, Enumerable.Range(0, 100)
            .Count(_ => prices.TryPayAgreement(StrangerPurse.Strangers, Start)));
        Assert.True(prices.TryPayAgreement(StrangerPurse.Names, Start));
    }

    [Fact]
    public void What_was_heard_is_remembered_until_so_much_else_was_heard()
    {
        ReplayMemory memory = new(8);
        Assert.True(memory.TryAdd([1]));
        Assert.False(memory.TryAdd([1]));
        for (byte i = 2; i <= 8; i++)
            Assert.True(memory.TryAdd([i]));
        Assert.False(memory.TryAdd([1]));
        Assert.True(memory.TryAdd([9]));
        Assert.True(memory.TryAdd([1]));
        for (int i = 0; i < 1_000; i++)
            memory.TryAdd(BitConverter.GetBytes(i));
        Assert.Equal(8, memory.Count);
    }

    [Fact]
    public void Strangers_give_way_to_strangers_and_whoever_is_known_stays()
    {
        using Encounters encounters = new();
        Encounter known = encounters.GetOrAdd(_a.Address, _a.PublicKey.ToArray(), isKnown: true, Start);
        for (int i = 0; i < 500; i++)
            encounters.GetOrAdd(Address(i), new byte[32], isKnown: false, Start + (i * Second));
        Assert.Equal(RadioTuning.MaxStrangers + 1, encounters.Count);
        Assert.Same(known, encounters.Find(_a.Address));
        Assert.Null(encounters.Find(Address(0)));
        Assert.NotNull(encounters.Find(Address(499)));
        Assert.Same(known, encounters.GetOrAdd(_a.Address, _a.PublicKey.ToArray(), isKnown: false, Start));
        encounters.Find(Address(499))!.GreetAt = Start + (600 * Second);
        encounters.Expire(Minute, Start + (600 * Second));
        Assert.Equal([Address(499)], encounters.All.Select(e => e.Address));
    }

    [Fact]
    public void An_answer_belongs_to_the_last_greeting_and_a_candidate_gives_way_to_the_next()
    {
        using Encounter encounter = new(_b.Address, _b.PublicKey.ToArray(), isKnown: false);
        PairSecret pair = encounter.Pair(_a, default)!;
        Assert.True(encounter.HasPair && encounter.Holds(pair));
        Random random = new(1);
        ulong first = encounter.DrawNonce(random.NextBytes), second = encounter.DrawNonce(random.NextBytes);
        Assert.NotEqual(first, second);
        Assert.Equal(second, encounter.Nonce);
        encounter.Answer(pair, 5, 2, random.NextBytes);
        ushort name = encounter.Candidate!.Keys.Name;
        encounter.Answer(pair, 5, 2, random.NextBytes);
        Assert.NotEqual(name, encounter.Candidate.Keys.Name);
        encounter.StopGreeting();
        Assert.Null(encounter.Nonce);
        using RadioSession session = encounter.TakeCandidate();
        Assert.Null(encounter.Candidate);
    }

    [Fact]
    public void A_newcomer_always_finds_a_place_and_half_of_the_places_are_for_those_that_have_been_there_for_a_while()
    {
        StationTable table = new();
        for (int i = 0; i < RadioTuning.MaxNeighbours; i++)
            Assert.Null(table.Add(Neighbour(i, Start), Start + (i * Second)));
        TimeSpan later = Start + (2 * RadioTuning.SeniorAfter);
        // All are seniors now: the latest beyond half of the places give way, and no other.
        HashSet<NodeAddress> gone = [];
        for (int i = 0; i < 200; i++)
        {
            RadioNeighbour newcomer = Neighbour(1_000 + i, later);
            RadioNeighbour? left = table.Add(newcomer, later);
            Assert.NotNull(left);
            gone.Add(left.Address);
            Assert.Contains(newcomer, table.All);
            Assert.Equal(RadioTuning.MaxNeighbours, table.All.Count);
        }
        for (int i = 0; i < RadioTuning.MaxNeighbours / 2; i++)
            Assert.NotNull(table.Find(Address(i)));
        Assert.Equal(200, gone.Count);
        Assert.True(table.AnyUp);
    }

    [Fact]
    public void Who_is_down_gives_way_before_who_is_silent_and_who_is_silent_before_who_speaks()
    {
        StationTable table = new();
        for (int i = 0; i < RadioTuning.MaxNeighbours; i++)
            table.Add(Neighbour(i, Start + (i * Second)), Start);
        table.Find(Address(40))!.IsUp = false;
        Assert.Equal(Address(40), table.Add(Neighbour(100, Start + Minute), Start + Minute)!.Address);
        Assert.Equal(Address(0), table.Add(Neighbour(101, Start + Minute), Start + Minute)!.Address);
        table.Find(Address(1))!.LastHeard = Start + Minute;
        Assert.Equal(Address(2), table.Add(Neighbour(102, Start + Minute), Start + Minute)!.Address);
    }

    [Fact]
    public void Pieces_make_a_whole_in_any_order_and_others_give_way()
    {
        ReassemblyPool pool = new(RadioTuning.ReassemblyBytes);
        RadioSession owner = Sessions(_a, _b, 2).Ours;
        byte[] whole = new byte[1_000];
        Random.Shared.NextBytes(whole);
        int[] order = [3, 0, 4, 2, 1];
        foreach (int i in order[..4])
            Assert.Null(pool.Add(owner, true, 9, (byte)i, i == 4, whole.AsSpan(i * 200, 200)));
        Assert.Equal(whole, pool.Add(owner, true, 9, 1, false, whole.AsSpan(200, 200)));
        Assert.Equal((0, 0), (pool.Bytes, pool.Count));
        for (int tag = 0; tag < 50; tag++)
            Assert.Null(pool.Add(owner, true, (byte)tag, 1, true, [1]));
        Assert.Equal(46, pool.Abandoned);
        Assert.Null(pool.Add(owner, true, 77, 0, true, new byte[RadioTuning.Mtu + 1]));
        pool.Forget(owner);
        Assert.Equal((0, 0), (pool.Bytes, pool.Count));
    }

    [Fact]
    public void Half_open_items_stay_within_their_bytes_and_newcomers_leave_half_to_the_others()
    {
        const int Max = 64 << 10;
        ReassemblyPool pool = new(Max);
        Random random = new(3);
        RadioSession senior = Sessions(_a, _b, 2).Ours;
        byte[] piece = new byte[200];
        Assert.Null(pool.Add(senior, true, 1, 0, false, piece));
        RadioSession[] newcomers = [.. Enumerable.Range(0, 30).Select(_ => Sessions(_a, _b, 2).Ours)];
        for (int n = 0; n < 20_000; n++)
        {
            pool.Add(newcomers[random.Next(30)], false, (byte)random.Next(4), (byte)random.Next(1, 255), false,
                piece.AsSpan(0, random.Next(1, 200)));
            Assert.True(pool.Bytes <= (Max / 2) + piece.Length + ReassemblyPool.PieceCost, $"{pool.Bytes}");
        }
        // What the senior began is there still.
        Assert.Equal(400, pool.Add(senior, true, 1, 1, true, piece)!.Length);
        for (int n = 0; n < 20_000; n++)
        {
            pool.Add(random.Next(2) == 0 ? senior : newcomers[random.Next(30)], random.Next(2) == 0,
                (byte)random.Next(8), (byte)random.Next(256), random.Next(9) == 0, piece.AsSpan(0, random.Next(200)));
            Assert.True(pool.Bytes <= Max, $"{pool.Bytes}");
        }
    }

    [Fact]
    public void A_station_calls_twice_in_any_case_and_ever_more_seldom_while_it_is_alone()
    {
        Calls calls = new(new Random(5));
        Assert.Equal(TimeSpan.MaxValue, calls.Next);
        calls.Start(Start);
        List<TimeSpan> at = [];
        for (int i = 0; i < 8; i++)
        {
            TimeSpan next = calls.Next;
            Assert.Null(calls.Due(alone: true, next - Second));
            Assert.Equal(RadioFrame.Everyone, calls.Due(alone: i >= 2, next));
            at.Add(next);
            calls.Said(RadioFrame.Everyone, 0.1 * Second, next);
        }
        Assert.InRange(at[0] - Start, TimeSpan.Zero, 4 * Second);
        for (int i = 1; i < at.Count; i++)
            Assert.InRange((at[i] - at[i - 1]).TotalSeconds, 7.5 * (1 << (i - 1)), 12.5 * (1 << (i - 1)));
        Assert.Null(calls.Due(alone: false, calls.Next));
        Assert.Equal(TimeSpan.MaxValue, calls.Next);
        calls.Resume(0.1 * Second, at[^1]);
        Assert.NotEqual(TimeSpan.MaxValue, calls.Next);
    }

    [Fact]
    public void Stations_that_were_heard_are_told_one_by_one_and_many_more_are_not()
    {
        Calls calls = new(new Random(5));
        for (ushort id = 1; id <= 100; id++)
            calls.Want(id, Start + (id * Second));
        HashSet<ushort> told = [];
        while (calls.Due(alone: false, Start + Minute) is { } id)
        {
            Assert.True(told.Add(id));
            calls.Said(id, Second, Start + Minute);
        }
        Assert.Equal(Calls.MaxWanted, told.Count);
        calls.Want(5, Start);
        Assert.True(calls.IsWanted(5));
        calls.Drop(5);
        Assert.False(calls.IsWanted(5));
    }

    [Fact]
    public void Frames_for_others_silence_a_station_no_more_than_half_of_the_time()
    {
        ChannelTurn turn = new(new Random(1));
        int silent = 0;
        const int Steps = 6_000;
        for (int i = 0; i < Steps; i++)
        {
            TimeSpan now = Start + (i * 0.1 * Second);
            turn.BeQuiet(now + (0.4 * Second), now);
            silent += turn.IsSilent(now) ? 1 : 0;
        }
        Assert.InRange(silent / (double)Steps, 0.4, 0.55);
    }

    [Fact]
    public void Traffic_of_others_puts_off_a_repeat_but_not_for_ever()
    {
        ChannelTurn turn = new(new Random(1));
        RadioSession session = Sessions(_a, _b, 2).Ours;
        turn.Sent(0.1 * Second);
        turn.Listen(session, Start, 0.5 * Second, TimeSpan.Zero);
        Assert.True(turn.IsSilent(Start));
        TimeSpan due = session.AckOverdue;
        for (int i = 0; i < 100; i++)
            turn.ExtendWait(Start + (i * 0.1 * Second));
        Assert.Equal(due + Second, session.AckOverdue);
        turn.CheckTime(Start + Second);
        Assert.False(turn.IsSilent(Start + Second));
        Assert.Equal(TimeSpan.MaxValue, turn.NextAfter(Start + Second));
    }

    [Fact]
    public void Frames_that_the_node_has_not_handled_stay_within_their_bytes()
    {
        RadioReceiveMemory memory = new(64 << 10);
        List<byte[]> buffers = [];
        while (memory.TryTake(RadioTuning.Mtu + 2) is { } buffer)
            buffers.Add(buffer);
        Assert.InRange(buffers.Count, 1, 4);
        Assert.Null(memory.TryTake(RadioTuning.Mtu + 2));
        Assert.InRange(memory.Used, 1, 64 << 10);
        new ReceivedFrames(buffers[0], 2, memory).Dispose();
        Assert.NotNull(memory.TryTake(RadioTuning.Mtu + 2));
    }

    [Fact]
    public void A_class_without_airtime_holds_up_no_other()
    {
        DutyLedger ledger = new(RegionPlan.Eu868.Bands[0], null, null, Start);
        AirtimeGate gate = new(ledger, 0.1 * Second);
        RadioQueue queue = new(new RadioQueuePool());
        Assert.True(queue.TryAdd(FrameClass.Routing, [1], Start));
        Assert.Equal(FrameClass.Routing, gate.FirstWithAirtime(queue, 0.1 * Second, Start));
        while (gate.TryReserve(TrafficClass.Routing, 0.01 * Second, Start, out _))
        {
        }
        Assert.True(gate.IsBlocked(FrameClass.Routing, Start)
            && gate.WaitFor(FrameClass.Routing, 0.1 * Second, Start) > Minute);
        Assert.Null(gate.FirstWithAirtime(queue, 0.1 * Second, Start));
        Assert.True(queue.TryAdd(FrameClass.Low, [2], Start));
        Assert.Equal(FrameClass.Low, gate.FirstWithAirtime(queue, 0.1 * Second, Start));
        Assert.True(gate.NextAfter(Start) < TimeSpan.MaxValue && gate.Deferred > 0);
    }

    private (RadioSession Ours, RadioSession Theirs) Sessions(LocalIdentity self, LocalIdentity other, int checkSize)
    {
        using PairSecret ours = PairSecret.Agree(self, other.PublicKey.Span, default)!;
        using PairSecret theirs = PairSecret.Agree(other, self.PublicKey.Span, default)!;
        RadioSession a = new(ours.Derive(1, 2, greeted: true, checkSize), greeted: true);
        RadioSession b = new(theirs.Derive(2, 1, greeted: false, checkSize), greeted: false);
        _owned.AddRange([a, b]);
        return (a, b);
    }

    private static NodeAddress Address(int number) => new((ulong)number << 48 | 1, (ulong)number);

    private static RadioNeighbour Neighbour(int number, TimeSpan heard) =>
        new(Address(number), new byte[32], new RadioQueuePool()) { IsUp = true, LastHeard = heard };
}
