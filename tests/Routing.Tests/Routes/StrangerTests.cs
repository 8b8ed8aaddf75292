using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

/// <summary>What neighbours can do who make up as many keys and names as they like.</summary>
public sealed class StrangerTests
{
    private readonly CountingVerifier _verifier = new();
    private readonly RouteNetwork _network;
    private readonly RouteNode _victim;
    private readonly RouteNode _evil;

    public StrangerTests()
    {
        _network = new RouteNetwork(1) { Verifier = _verifier };
        _network.AddNodes(3);
        _network.Connect(_network.Nodes[0], _network.Nodes[1]);
        _network.Connect(_network.Nodes[1], _network.Nodes[2]);
        _victim = _network.Nodes[0];
        _evil = _network.AddNode();
    }

    [Fact]
    public void Copies_of_a_known_announce_cost_no_signature_check()
    {
        _network.Connect(_evil, _victim);
        _network.Run(10);
        Announce own = _victim.Routes.FindAnnounce(_evil.Address)!;
        int before = _verifier.Calls;
        for (int i = 0; i < 10_000; i++)
            Assert.True(Receive(_evil, FrameKind.Announce, own.Bytes));
        Assert.Equal(before, _verifier.Calls);
    }

    [Fact]
    public void An_announce_that_was_not_asked_for_is_not_checked_while_another_one_is_awaited()
    {
        _network.Connect(_evil, _victim);
        _network.Run(10);
        Tell(_evil, new RouteEntry(new Abbreviation(42), 1, new Metric(50)));
        Announce stranger = Make(new RouteNode(_network, 99), 7);
        int before = _verifier.Calls;
        for (int i = 0; i < 1000; i++)
            Assert.True(Receive(_evil, FrameKind.Announce, stranger.Bytes));
        Assert.Equal(before, _verifier.Calls);
        Assert.Equal(1000, _victim.Routes.Counters[RouteCounter.DropUnsolicitedAnnounce]);
    }

    [Fact]
    public void Forged_answers_are_checked_only_as_often_as_was_asked()
    {
        _network.Connect(_evil, _victim);
        _network.Run(10);
        var puppet = new RouteNode(_network, 99);
        Tell(_evil, new RouteEntry(Abbreviation.Of(puppet.Address), 1, new Metric(50)));
        byte[] forged = Make(puppet, 1).Bytes.ToArray();
        forged[^1] ^= 1;
        int before = _verifier.Calls;
        for (int i = 0; i < 1000; i++)
            Receive(_evil, FrameKind.Announce, forged);
        Assert.InRange(_verifier.Calls - before, 1, new RouteOptions().FetchAttempts);
    }

    [Fact]
    public void A_neighbour_that_signs_a_new_sequence_every_moment_is_believed_now_and_then()
    {
        _network.Connect(_evil, _victim);
        _network.Run(10);
        int before = _verifier.Calls;
        for (uint sequence = 100; sequence < 2100; sequence++)
            Assert.True(Receive(_evil, FrameKind.Announce, Make(_evil, sequence).Bytes));
        Assert.InRange(_verifier.Calls - before, 1, 32);
        Assert.True(_victim.Routes.Counters[RouteCounter.DropAnnounceRate] > 0);
    }

    [Fact]
    public void A_neighbour_that_changes_its_name_all_the_time_wears_out_no_flash()
    {
        _network.Options = _network.Options with { MaxNodes = 50 };
        _network.Restart(_victim, _network.Now + TimeSpan.FromSeconds(1));
        _network.Run(2);
        _network.Connect(_evil, _victim);
        _network.Run(10);
        uint sequence = _evil.SavedSequence + 1;
        for (int i = 0; i < 3600; i++)
        {
            _evil.Name = $"name {i % 2}";
            Receive(_evil, FrameKind.Announce, Make(_evil, sequence).Bytes);
            sequence = Math.Max(sequence, _evil.SavedSequence) + 1;
            _network.Run(1);
        }

        Assert.True(_victim.Routes.Counters[RouteCounter.AnnouncesNotPersisted] > 3000);
    }

    [Fact]
    public void A_neighbours_own_announce_is_taken_before_it_told_anything()
    {
        // The far end is silent: what comes from it the test says.
        RouteLink link = _network.Connect(_evil, _victim);
        link.IsSilent = true;
        Receive(_evil, FrameKind.Announce, Make(_evil, 1).Bytes);
        Assert.NotNull(_victim.Routes.FindAnnounce(_evil.Address));
        Tell(_evil, new RouteEntry(Abbreviation.Of(_evil.Address), 1, Metric.Zero));
        Assert.Equal(0, _victim.Routes.Counters[RouteCounter.AnnouncesAsked]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Names_that_do_not_exist_keep_nobody_from_learning_of_a_newcomer(bool attackerLeaves)
    {
        RouteLink cable = _network.Connect(_evil, _victim);
        _network.Run(10);
        var random = new Random(1);
        for (int i = 0; i < 20; i++)
            Tell(_evil, [.. Enumerable.Range(0, 2000).Select(_ => Invented(random))]);
        RouteNode late = _network.AddNode();
        _network.Connect(late, _network.Nodes[2]);
        _network.Run(5);
        if (attackerLeaves)
            _network.Down(cable);
        Assert.False(double.IsNaN(_network.RunUntil(() => _network.Walk(_victim, late) == 3, 60)));
        Assert.Equal(0, _network.Loops);
    }

    [Fact]
    public void What_had_no_room_is_asked_for_again_once_there_is_some()
    {
        _network.Options = _network.Options with { MaxUnsigned = 100 };
        _network.Restart(_victim, _network.Now + TimeSpan.FromSeconds(1));
        _network.Run(2);
        _network.Connect(_evil, _victim);
        _network.Run(10);

        // A thousand nodes behind a node that tells them all at once: a hundred at a time have room.
        RouteNode[] crowd = [.. Enumerable.Range(0, 300).Select(_ => _network.AddNode())];
        foreach (RouteNode node in crowd)
            _network.Connect(node, _network.Nodes[2]);
        _network.Run(300);
        Assert.All(crowd, node => Assert.Equal(3, _network.Walk(_victim, node)));
        Assert.True(_victim.Routes.Counters[RouteCounter.TablesAsked] > 0);
    }

    [Fact]
    public void A_full_table_has_room_for_a_direct_neighbour_and_for_what_is_of_use()
    {
        RouteNetwork network = Topologies.Line(2);
        network.Options = network.Options with { MaxNodes = 10 };
        RouteNode small = network.AddNode();
        network.Connect(small, network.Nodes[0]);
        for (int i = 0; i < 20; i++)
            network.Connect(network.AddNode(), network.Nodes[1]);
        network.Run(60);
        RouteNode useful = network.Nodes[1];
        small.Routes.Trust(network.Now, useful.Address, network.Links[1].A.Id);
        RouteNode[] friends = [.. Enumerable.Range(0, 5).Select(_ => network.AddNode())];
        foreach (RouteNode friend in friends)
            network.Connect(friend, small);
        network.Run(600);
        Assert.All(friends, friend => Assert.Equal(1, network.Walk(small, friend)));
        Assert.Equal(2, network.Walk(small, useful));
        Assert.Equal(11, small.Routes.KnownNodes);
        Assert.Equal(0, network.Loops);

        // Whoever was told of a node that gave way knows that there is no way.
        foreach (RouteNode node in network.Nodes.Where(n => small.NextHops(n).Length == 0 && n != small))
            Assert.Equal(-1, network.Walk(friends[0], node));
    }

    [Fact]
    public void Whoever_fills_most_of_a_full_table_gives_way()
    {
        _network.Options = _network.Options with { MaxNodes = 40 };
        _network.Restart(_victim, _network.Now + TimeSpan.FromSeconds(1));
        _network.Run(2);
        _network.Connect(_evil, _victim);
        foreach (RouteNode puppet in Enumerable.Range(0, 60).Select(_ => _network.AddNode()).ToList())
            _network.Connect(puppet, _evil);
        _network.Run(30);
        RouteNode[] honest = [.. Enumerable.Range(0, 10).Select(_ => _network.AddNode())];
        foreach (RouteNode node in honest)
            _network.Connect(node, _network.Nodes[2]);
        _network.Run(60);
        Assert.All(honest, node => Assert.Equal(3, _network.Walk(_victim, node)));
        Assert.InRange(_victim.Routes.KnownNodes, 30, 41);
    }

    [Theory]
    [InlineData(5, 40_005)]
    [InlineData(5, 32_773)]
    [InlineData(5, 65_530)]
    [InlineData(5, 1_000_000)]
    public void A_sequence_that_jumps_makes_nobody_unreachable(uint from, uint to)
    {
        RouteNode jumper = _network.AddNode();
        jumper.SavedSequence = from - 1;
        jumper.Start(_network.Now, 1);
        RouteLink link = _network.Connect(jumper, _network.Nodes[2]);
        _network.Run(20);
        Assert.Equal(3, _network.Walk(_victim, jumper));
        _network.Down(link);
        jumper.SavedAnnounces.Clear();
        jumper.SavedSequence = to - 1;
        jumper.Start(_network.Now, 2);
        _network.Run(2);
        _network.Up(link);
        _network.Run(60);
        Assert.Equal(1, _network.Walk(_network.Nodes[2], jumper));
        Assert.Equal(3, _network.Walk(_victim, jumper));
        Assert.Equal(0, _network.Loops);
    }

    [Fact]
    public void A_node_that_forgot_how_far_its_sequence_was_is_told_however_far_that_is()
    {
        RouteNode jumper = _network.AddNode();
        jumper.SavedSequence = 50_000;
        jumper.Start(_network.Now, 1);
        RouteLink link = _network.Connect(jumper, _network.Nodes[2]);
        _network.Run(20);
        _network.Down(link);
        jumper.LoseState();
        jumper.Start(_network.Now, 2);
        _network.Run(2);
        _network.Up(link);
        _network.Run(60);
        Assert.InRange(jumper.SavedSequence, 50_001u, 50_010u);
        Assert.Equal(3, _network.Walk(_victim, jumper));
    }

    [Fact]
    public void A_request_for_a_route_is_answered_on_a_stream_too_and_brings_the_announce_along()
    {
        _network.Connect(_evil, _victim);
        _network.Run(10);
        var sent = new List<byte[]>();
        _network.Tamper = (from, frame) =>
        {
            if (from.Node == _victim && from.Far.Node == _evil)
                sent.Add(frame);
            return frame;
        };
        Abbreviation name = Abbreviation.Of(_network.Nodes[2].Address);
        byte[] body = new byte[PathRequest.Size];
        new PathRequest(8, 0, false, name, WantsAnnounce: true).Write(body);
        Receive(_evil, FrameKind.PathRequest, body);
        _network.Run(1);
        Assert.Contains(sent, f => (FrameKind)f[0] == FrameKind.RouteUpdate
            && RouteUpdate.TryRead(f.AsSpan(1), out RouteUpdate update) && update[0].Destination == name);
        Assert.Contains(sent, f => (FrameKind)f[0] == FrameKind.Announce && f.AsSpan(1)
            .SequenceEqual(_victim.Routes.FindAnnounce(_network.Nodes[2].Address)!.Bytes));
    }

    [Fact]
    public void Whoever_says_more_than_its_share_is_heard_later_and_makes_no_loop()
    {
        _network.Connect(_evil, _victim);
        _network.Run(10);
        RouteNode target = _network.Nodes[2];
        Abbreviation name = Abbreviation.Of(target.Address);
        for (int frame = 0; frame < 100; frame++)
        {
            Tell(_evil, [.. Enumerable.Range(0, 2000).Select(i => new RouteEntry(
                name, (ushort)target.SavedSequence, i % 2 == 0 ? Metric.Infinite
                    : new Metric((ushort)(20 + i % 50))))]);
        }

        Assert.True(_victim.Routes.Counters[RouteCounter.EntriesPutOff] > 50_000);
        _network.Run(30);
        Assert.Equal(0, _network.Loops);
        Assert.Equal(2, _network.Walk(_victim, target));
    }

    [Fact]
    public void A_link_that_breaks_after_its_source_said_more_than_its_share_is_mourned_later()
    {
        RouteLink cable = _network.Connect(_evil, _victim);
        RouteNode puppet = _network.AddNode();
        _network.Connect(puppet, _evil);
        _network.Run(20);
        Assert.Equal(3, _network.Walk(_network.Nodes[1], puppet));
        Abbreviation name = Abbreviation.Of(puppet.Address);
        for (int frame = 0; frame < 40; frame++)
        {
            Tell(_evil, [.. Enumerable.Range(0, 2000).Select(i => new RouteEntry(
                name, (ushort)puppet.SavedSequence, i % 2 == 0 ? Metric.Infinite : new Metric(20)))]);
        }

        long before = _victim.Routes.Counters[RouteCounter.EntriesPutOff];
        _network.Down(cable);
        Assert.True(_victim.Routes.Counters[RouteCounter.EntriesPutOff] > before);
        Assert.Empty(_victim.NextHops(puppet));
        _network.Run(5);
        Assert.Empty(_network.Nodes[1].NextHops(puppet));
        Assert.Equal(0, _network.Loops);
    }

    [Fact]
    public void Hours_of_hostile_frames_leave_no_more_behind_than_the_bounds_say()
    {
        _network.Options = _network.Options with { MaxNodes = 500, MaxUnsigned = 200 };
        _network.Restart(_victim, _network.Now + TimeSpan.FromSeconds(1));
        _network.Run(2);
        _network.Connect(_evil, _victim);
        _network.Run(10);
        var random = new Random(5);
        Abbreviation[] names = [.. Enumerable.Range(0, 3000).Select(_ => new Abbreviation((ulong)random.NextInt64())),
            .. _network.Nodes.Select(n => Abbreviation.Of(n.Address))];
        int timers = 0, table = 0;
        for (int step = 0; step < 7200; step++)
        {
            Hostile(random, names);
            _network.Run(1);
            timers = Math.Max(timers, _victim.Routes.TimerCount);
            table = Math.Max(table, _victim.Routes.TableSize);
        }

        Assert.InRange(table, 1, 701);

        // At most: each name starving, forwarded and lingering, every request and want, a few of each link.
        Assert.InRange(timers, 1, 3 * 701 + 2 * 1024 + 8);
        _network.Run(3600);
        Assert.InRange(_victim.Routes.TimerCount, 0, 64);
        Assert.Equal(2, _network.Walk(_victim, _network.Nodes[2]));
    }

    [Fact]
    public void An_exception_costs_the_event_that_threw_it()
    {
        _network.Connect(_evil, _victim);
        _network.Run(10);
        var puppet = new RouteNode(_network, 99);
        Tell(_evil, new RouteEntry(Abbreviation.Of(puppet.Address), 1, new Metric(50)));
        _verifier.Throws = true;
        Assert.Throws<InvalidOperationException>(() => Receive(_evil, FrameKind.Announce, Make(puppet, 1).Bytes));
        _verifier.Throws = false;
        _network.Run(60);
        Assert.Equal(2, _network.Walk(_victim, _network.Nodes[2]));
        Assert.Equal(1, _network.Walk(_victim, _evil));
        Assert.True(_victim.Routes.NextDue > _network.Now);
    }

    private void Hostile(Random random, Abbreviation[] names)
    {
        switch (random.Next(5))
        {
            case 0:
                byte[] request = new byte[PathRequest.Size];
                for (int i = 0; i < 50; i++)
                {
                    new PathRequest(
                        (byte)random.Next(256), (ushort)random.Next(4), random.Next(2) == 0,
                        names[random.Next(names.Length)],
                        random.Next(2) == 0).Write(request);
                    Receive(_evil, FrameKind.PathRequest, request);
                }

                break;
            case 1:
                byte[] ask = new byte[AnnounceRequest.SizeOf(64)];
                AnnounceRequest.Write(ask, [.. Enumerable.Range(0, 64).Select(_ => names[random.Next(names.Length)])]);
                Receive(_evil, FrameKind.AnnounceRequest, ask);
                break;
            case 2:
                _victim.Routes.Want(_network.Now, new NodeAddress((ulong)random.NextInt64(), 1));
                _network.After(_victim);
                break;
            default:
                Tell(_evil, [.. Enumerable.Range(0, 100).Select(_ => new RouteEntry(
                    names[random.Next(names.Length)], (ushort)random.Next(4),
                    random.Next(3) == 0 ? Metric.Infinite : new Metric((ushort)random.Next(0xFFFF))))]);
                break;
        }
    }

    private static RouteEntry Invented(Random random) =>
        new(new Abbreviation((ulong)random.NextInt64()), 1, new Metric(50));

    private static Announce Make(RouteNode node, uint sequence) => ((IAnnounceSource)node).Create(sequence);

    private bool Receive(RouteNode from, FrameKind kind, ReadOnlySpan<byte> body)
    {
        bool good = _victim.Routes.Receive(_network.Now, LinkOf(from), kind, body);
        _network.After(_victim);
        return good;
    }

    private LinkId LinkOf(RouteNode peer) => _victim.Links.First(link => link.Value.Far.Node == peer).Key;

    private void Tell(RouteNode from, params RouteEntry[] entries)
    {
        byte[] body = new byte[RouteUpdate.SizeOf(entries.Length)];
        var writer = new RouteUpdate.Writer(body, _victim.Routes.ExpectedUpdate(LinkOf(from)), RouteUpdateFlags.None);
        foreach (RouteEntry entry in entries)
            Assert.True(writer.TryAdd(entry));
        Receive(from, FrameKind.RouteUpdate, body);
    }

    private sealed class CountingVerifier : IAnnounceVerifier
    {
        private readonly RememberingVerifier _shared = new();

        public int Calls { get; private set; }

        public bool Throws { get; set; }

        public Announce? Verify(ReadOnlySpan<byte> body)
        {
            Calls++;
            return Throws ? throw new InvalidOperationException("a seam") : _shared.Verify(body);
        }
    }
}
