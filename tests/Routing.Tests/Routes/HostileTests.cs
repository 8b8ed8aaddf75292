using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

public sealed class HostileTests
{
    private static readonly LinkId _link = new(0);
    private readonly RouteNetwork _network = Topologies.Line(3);
    private readonly RouteNode _victim;
    private readonly RouteNode _attacker;

    public HostileTests()
    {
        // The victim is at the left end; its only neighbour says what the tests make it say.
        _victim = _network.Nodes[0];
        _attacker = _network.Nodes[1];
        _network.Run(5);
    }

    [Theory]
    [InlineData(FrameKind.Ping)]
    [InlineData(FrameKind.Pong)]
    [InlineData(FrameKind.Announce)]
    [InlineData(FrameKind.RouteUpdate)]
    [InlineData(FrameKind.PathRequest)]
    [InlineData(FrameKind.AnnounceRequest)]
    [InlineData(FrameKind.ControlAck)]
    public void Random_bytes_are_counted_and_harm_nothing(FrameKind kind)
    {
        var random = new Random((int)kind);
        Assert.False(_victim.Routes.Receive(_network.Now, _link, kind, new byte[1]));
        Assert.Equal(1, _victim.Routes.Counters[RouteCounter.DropMalformed]);
        for (int i = 0; i < 5000; i++)
        {
            byte[] body = new byte[random.Next(200)];
            random.NextBytes(body);
            _victim.Routes.Receive(_network.Now, _link, kind, body);
            _network.After(_victim);
        }

        _network.Run(30);
        Assert.Equal(3, _victim.Routes.KnownNodes);
    }

    [Fact]
    public void A_sequence_that_its_origin_did_not_sign_gains_nothing()
    {
        RouteNode origin = _network.Nodes[2];
        NextHop before = Assert.Single(_victim.NextHops(origin));
        Tell(new RouteEntry(Abbreviation.Of(origin.Address), (ushort)(origin.SavedSequence + 50), new Metric(15)));
        Assert.Equal(1, _victim.Routes.Counters[RouteCounter.UpdatesMissed] + 1);

        // While the proof is being asked for the old route stays in use, under its old sequence.
        Assert.Single(_victim.NextHops(origin));
        long advertised = _victim.Routes.Counters[RouteCounter.EntriesSent];
        _network.Run(30);
        Assert.Equal(1, _victim.Routes.Counters[RouteCounter.DropUnprovenSequence]);
        Assert.Empty(_victim.NextHops(origin));
        Assert.Equal(advertised, _victim.Routes.Counters[RouteCounter.EntriesSent]);
        Assert.NotEqual(default, before);
    }

    [Fact]
    public void Names_without_announces_are_forgotten()
    {
        var random = new Random(1);
        for (int i = 0; i < 50; i++)
            Tell([.. Enumerable.Range(0, 100)
                .Select(_ => new RouteEntry(new Abbreviation((ulong)random.NextInt64()), 1, new Metric(50)))]);
        Assert.Equal(3, _victim.Routes.KnownNodes);
        _network.Run(3600);
        Assert.Equal(5000, _victim.Routes.Counters[RouteCounter.DropUnprovenSequence]);
        Assert.Equal(3, _victim.Routes.TableSize);
    }

    [Fact]
    public void Names_without_announces_are_limited()
    {
        _network.Options = _network.Options with { MaxUnsigned = 100 };
        _network.Restart(_victim, _network.Now + TimeSpan.FromSeconds(1));
        _network.Run(5);
        Tell([.. Enumerable.Range(0, 500)
            .Select(i => new RouteEntry(new Abbreviation((ulong)i + 1), 1, new Metric(50)))]);
        Assert.Equal(400, _victim.Routes.Counters[RouteCounter.DropTooManyUnsigned]);
        Assert.Equal(103, _victim.Routes.TableSize);
    }

    [Fact]
    public void More_signed_nodes_than_fit_are_refused_while_all_are_in_reach()
    {
        RouteNetwork network = Topologies.Line(2);
        network.Options = network.Options with { MaxNodes = 10 };
        RouteNode small = network.AddNode();
        network.Connect(small, network.Nodes[0]);
        for (int i = 0; i < 20; i++)
            network.Connect(network.AddNode(), network.Nodes[1]);
        network.Run(20);
        Assert.Equal(11, small.Routes.KnownNodes);
        Assert.True(small.Routes.Counters[RouteCounter.DropTableFull] > 0);
        Assert.Equal(2, network.Walk(small, network.Nodes[1]));
    }

    [Fact]
    public void Announces_that_nobody_asked_for_are_not_even_verified()
    {
        RouteNode stranger = new(_network, 99);
        stranger.Start(_network.Now, 1);
        Announce announce = ((IAnnounceSource)stranger).Create(7);
        Assert.True(_victim.Routes.Receive(_network.Now, _link, FrameKind.Announce, announce.Bytes));
        Assert.Equal(1, _victim.Routes.Counters[RouteCounter.DropUnsolicitedAnnounce]);
        Assert.Equal(3, _victim.Routes.KnownNodes);
    }

    [Fact]
    public void A_forged_announce_of_this_node_does_not_move_its_sequence()
    {
        uint sequence = _victim.SavedSequence;
        byte[] forged = ((IAnnounceSource)_victim).Create(sequence + 1000).Bytes.ToArray();
        forged[^1] ^= 1;
        Assert.False(_victim.Routes.Receive(_network.Now, _link, FrameKind.Announce, forged));
        Assert.Equal(1, _victim.Routes.Counters[RouteCounter.DropBadSignature]);
        Assert.Equal(sequence, _victim.SavedSequence);
    }

    [Fact]
    public void An_old_announce_replayed_changes_nothing()
    {
        Announce old = _victim.Routes.FindAnnounce(_attacker.Address)!;
        _attacker.Routes.Reannounce(_network.Now);
        _network.After(_attacker);
        _network.Run(2);
        Announce known = _victim.Routes.FindAnnounce(_attacker.Address)!;
        Assert.True(known.Sequence > old.Sequence);
        _victim.Routes.Receive(_network.Now, _link, FrameKind.Announce, old.Bytes);
        Assert.Same(known, _victim.Routes.FindAnnounce(_attacker.Address));
    }

    [Fact]
    public void Requests_for_fresh_sequences_are_rationed()
    {
        uint before = _victim.SavedSequence;
        for (int i = 0; i < 1000; i++)
        {
            Request((ushort)(_victim.SavedSequence + 1));
            _network.Run(0.01);
        }

        Assert.InRange(_victim.SavedSequence, before + 1, before + 11);
        Assert.True(_victim.Routes.Counters[RouteCounter.DropPathRequestRate] > 0);
    }

    [Fact]
    public void Sequences_that_are_asked_for_all_day_are_written_down_seldom()
    {
        uint first = _victim.OnDisk;
        int writes = 0;
        for (int i = 0; i < 2000; i++)
        {
            uint before = _victim.OnDisk;
            Request((ushort)(_victim.Routes.Sequence + 1));
            writes += _victim.OnDisk != before ? 1 : 0;
            _network.Run(5);
        }

        Assert.True(_victim.Routes.Sequence > first + 1000);
        Assert.InRange(writes, 1, 2000 / 32 + 2);

        // No sequence is used twice.
        uint used = _victim.Routes.Sequence;
        _network.Restart(_victim, _network.Now + TimeSpan.FromSeconds(1));
        _network.Run(5);
        Assert.True(_victim.Routes.Sequence > used);
    }

    [Fact]
    public void A_request_far_ahead_does_not_move_the_sequence()
    {
        uint before = _victim.SavedSequence;
        Request((ushort)(before + 20_000));
        _network.Run(30);
        Assert.Equal(before, _victim.SavedSequence);
    }

    [Fact]
    public void A_lost_update_on_a_reliable_link_ends_the_link()
    {
        _attacker.Routes.Reannounce(_network.Now);
        _network.Tamper = (from, frame) => from.Link == _network.Links[0]
            && (FrameKind)frame[0] == FrameKind.RouteUpdate ? [(byte)FrameKind.ControlAck, 0, 0] : frame;
        _network.After(_attacker);
        _network.Run(1);
        _network.Tamper = null;
        _attacker.Routes.Reannounce(_network.Now);
        _network.After(_attacker);
        _network.Run(1);
        Assert.Equal(1, _victim.Routes.Counters[RouteCounter.UpdatesMissed]);
        Assert.False(_network.Links[0].IsUp);
        _network.Up(_network.Links[0]);
        _network.Run(2);
        Assert.Equal(2, _network.Walk(_victim, _network.Nodes[2]));
    }

    [Fact]
    public void A_destination_that_swings_leaves_one_timer_behind_and_few_requests()
    {
        // A route and one that is not feasible, in turn: each asks for a fresh sequence after an hour, or needs none.
        ushort sequence = (ushort)_attacker.SavedSequence;
        Abbreviation own = Abbreviation.Of(_attacker.Address);
        Abbreviation other = Abbreviation.Of(_network.Nodes[2].Address);
        var slow = Metric.FromTime(TimeSpan.FromSeconds(10));
        RouteEntry[] entries = [.. Enumerable.Range(0, 512).SelectMany(_ => new RouteEntry[]
        {
            new(own, (ushort)(sequence + 1), slow), new(own, sequence, Metric.Zero),
            new(other, sequence, slow), new(other, sequence, new Metric(10)),
        })];
        int before = _victim.Routes.TimerCount;
        long sent = _victim.Routes.Counters[RouteCounter.RequestsSent];
        for (int i = 0; i < 200; i++)
            Tell(entries);
        Assert.InRange(_victim.Routes.TimerCount, 0, before + 2);
        Assert.InRange(_victim.Routes.Counters[RouteCounter.RequestsSent] - sent, 0, 257);
    }

    private void Request(ushort sequence)
    {
        Span<byte> body = stackalloc byte[PathRequest.Size];
        new PathRequest(64, sequence, true, Abbreviation.Of(_victim.Address)).Write(body);
        _victim.Routes.Receive(_network.Now, _link, FrameKind.PathRequest, body);
        _network.After(_victim);
    }

    private void Tell(params RouteEntry[] entries)
    {
        byte[] body = new byte[RouteUpdate.SizeOf(entries.Length)];
        var writer = new RouteUpdate.Writer(body, _victim.Routes.ExpectedUpdate(_link), RouteUpdateFlags.None);
        foreach (RouteEntry entry in entries)
            writer.TryAdd(entry);
        _victim.Routes.Receive(_network.Now, _link, FrameKind.RouteUpdate, body);
        _network.After(_victim);
    }
}
