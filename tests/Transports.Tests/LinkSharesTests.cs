using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Tests.Fakes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests;

/// <summary>The manager among strangers: identities are free, sources are not.</summary>
public sealed class LinkSharesTests : IAsyncDisposable
{
    private static readonly NodeAddress Self = new(0, 5);

    private readonly FakeTime _time = new();
    private readonly ScriptedTransport _transport = new();
    private readonly RecordingEvents _events = new();
    private readonly List<IAsyncDisposable> _managers = [];

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable manager in _managers)
            await manager.DisposeAsync();
    }

    [Fact]
    public async Task Made_up_identities_do_not_keep_the_nodes_own_peers_out()
    {
        LinkManager manager = Manager(3);
        for (ulong i = 0; i < 10; i++)
            manager.Accept(Stranger(i, host: 66, group: 1));
        FakeLink configured = new(new NodeAddress(0, 9), outbound: true, number: 1);
        _transport.Answers["tcp://one:1"] = () => new DialResult(configured, null);
        manager.Connect(Peer("tcp://one:1"));
        await NextUpAsync(configured);
        Assert.Null(configured.Closed);
        // Even where others were there first and took all that they may.
        FakeLink[] more =
            [.. Enumerable.Range(20, 2).Select(i => new FakeLink(new NodeAddress(0, (ulong)i), outbound: true))];
        foreach (FakeLink link in more)
        {
            manager.Accept(link);
            Assert.Null(link.Closed);
            await NextUpAsync(link);
        }

        Assert.Equal(3, manager.Links.Count(l => l.Chosen));
    }

    [Fact]
    public async Task Somebody_whose_address_is_pinned_finds_a_place_though_he_dials()
    {
        LinkManager manager = Manager(4);
        NodeAddress friend = new(0, 9);
        manager.Connect(Peer($"tcp://nowhere:1/#{friend}"));
        for (ulong i = 0; i < 10; i++)
            manager.Accept(Stranger(i, host: 66, group: 1));
        FakeLink link = new(friend, outbound: false) { Source = Source(66, 1) };
        manager.Accept(link);
        Assert.True(link.Chosen);
        Assert.Null(link.Closed);
        await NextUpAsync(link);
    }

    [Fact]
    public async Task During_an_attack_from_one_source_a_newcomer_from_another_finds_a_place_at_once_and_keeps_it()
    {
        LinkManager manager = Manager(64);
        Flood(manager, 0, 256);
        FakeLink honest = Stranger(10_000, host: 1, group: 2);
        manager.Accept(honest);
        await NextUpAsync(honest);
        for (int second = 0; second < 60; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Flood(manager, 1000 + 100 * second, 100);
        }

        Assert.Null(honest.Closed);
        // Those that were closed go at their own pace.
        await CountIsAsync(manager, 2 * 64);
        Assert.Contains(honest, manager.Links);
    }

    [Fact]
    public async Task Even_from_the_attackers_own_source_a_newcomer_finds_a_place_within_seconds()
    {
        LinkManager manager = Manager(64);
        Flood(manager, 0, 256);
        FakeLink early = Stranger(10_000, host: 66, group: 1);
        manager.Accept(early);
        Assert.Equal(LinkEndCode.TooMany, early.Closed?.Code);
        _time.Advance(TimeSpan.FromSeconds(10));
        FakeLink honest = Stranger(10_001, host: 66, group: 1);
        manager.Accept(honest);
        await NextUpAsync(honest);
        Assert.Null(honest.Closed);
    }

    [Fact]
    public async Task When_the_attacker_is_gone_there_is_room_for_everybody()
    {
        LinkManager manager = Manager(16);
        List<FakeLink> hostile = Flood(manager, 0, 100);
        foreach (FakeLink link in hostile.Where(l => l.Closed is null))
            link.End(new LinkEnd(LinkEndCode.TransportFailed));
        await CountIsAsync(manager, 0);
        FakeLink[] honest = [.. Enumerable.Range(0, 8).Select(i => Stranger(10_000 + (ulong)i, host: 66, group: 1))];
        foreach (FakeLink link in honest)
            manager.Accept(link);
        Assert.All(honest, l => Assert.Null(l.Closed));
    }

    [Fact]
    public async Task A_neighbour_of_long_standing_is_not_pushed_out_by_many_sources()
    {
        LinkManager manager = Manager(16);
        FakeLink old = Stranger(1, host: 1, group: 200);
        manager.Accept(old);
        await NextUpAsync(old);
        _time.Advance(TimeSpan.FromHours(1));
        for (int round = 0; round < 100; round++)
        {
            for (int group = 0; group < 100; group++)
                manager.Accept(Stranger((ulong)(1000 * round + group + 2), host: 1, group));
            _time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Null(old.Closed);
    }

    [Fact]
    public async Task Two_processes_that_take_turns_with_one_key_are_both_told_and_so_is_the_operator()
    {
        LinkWarnings warnings = new(_time);
        LinkManager manager = Manager(8, warnings);
        NodeAddress peer = new(0, 9);
        FakeLink a1 = Process(1), b1 = Process(2), a2 = Process(1), b2 = Process(2);
        manager.Accept(a1);
        await NextUpAsync(a1);
        manager.Accept(b1);
        await NextUpAsync(b1);
        Assert.Equal(LinkEndCode.Duplicate, a1.Closed?.Code);
        Assert.Empty(warnings.Current);
        manager.Accept(a2);
        await NextUpAsync(a2);
        Assert.Equal(LinkEndCode.Clone, b1.Closed?.Code);
        Assert.Contains(peer.ToString(), Assert.Single(warnings.Current).Text);
        manager.Accept(b2);
        await NextUpAsync(b2);
        Assert.Equal(LinkEndCode.Clone, a2.Closed?.Code);
        Assert.Single(warnings.Current);

        FakeLink Process(ulong boot) => new(peer, outbound: false) { PeerBootId = boot };
    }

    [Fact]
    public async Task Of_two_ways_to_one_node_the_one_that_stays_is_dialled_when_the_other_is_removed()
    {
        LinkManager manager = Manager(8);
        NodeAddress peer = new(0, 9);
        uint number = 0;
        foreach (string uri in new[] { "tcp://one:1", "tcp://two:1" })
            _transport.Answers[uri] = () => new DialResult(new FakeLink(peer, true, ++number) { Uri = uri }, null);
        manager.Connect(Peer("tcp://one:1"));
        Assert.Equal("tcp://one:1", (await _events.NextUpAsync()).Uri);
        manager.Connect(Peer("tcp://two:1"));
        // The second way leads to the same node: of two links that this process dialled the later one stays.
        Assert.Equal("tcp://two:1", (await _events.NextUpAsync()).Uri);
        Assert.True(manager.Disconnect(Peer("tcp://two:1")));
        Assert.Equal(["tcp://one:1"], manager.Dialling);
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(20));
        while (manager.Links is not [{ Uri: "tcp://one:1" }])
        {
            patience.Token.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        Assert.True(manager.Disconnect(Peer("tcp://one:1")));
        Assert.Empty(manager.Dialling);
    }

    [Fact]
    public async Task A_link_that_the_other_side_dialled_stays_when_the_own_way_is_removed()
    {
        LinkManager manager = Manager(8);
        NodeAddress peer = new(0, 9);
        FakeLink inbound = new(peer, outbound: false);
        manager.Accept(inbound);
        await NextUpAsync(inbound);
        manager.Connect(Peer($"tcp://one:1/#{peer}"));
        Assert.True(manager.Disconnect(Peer($"tcp://one:1/#{peer}")));
        Assert.Null(inbound.Closed);
        Assert.True(manager.Disconnect(peer));
        Assert.Equal(LinkEndCode.Closed, inbound.Closed?.Code);
    }

    [Fact]
    public void A_peer_that_can_be_reached_by_no_link_of_this_build_is_told_from_others()
    {
        LinkManager manager = Manager(8);
        Assert.Null(manager.WhyUnavailable(Peer("tcp://one:1")));
        Assert.Contains("no quic links", manager.WhyUnavailable(Peer("quic://one:1")));
        Assert.Null(manager.WhyUnavailable(Peer("quic://one:1,tcp://one:1")));
    }

    private static PeerUris Peer(string text)
    {
        Assert.True(PeerUris.TryParse(text, out PeerUris? peer, out string? error), error);
        return peer;
    }

    private static LinkSource Source(int host, int group) =>
        LinkSource.Of(new IPAddress([10, 0, (byte)group, (byte)host]));

    private static FakeLink Stranger(ulong address, int host, int group) =>
        new(new NodeAddress(7, address), outbound: false) { Source = Source(host, group), Uri = $"stranger {address}" };

    private static List<FakeLink> Flood(LinkManager manager, int first, int count)
    {
        List<FakeLink> links = [.. Enumerable.Range(first, count).Select(i => Stranger((ulong)i, host: 66, group: 1))];
        links.ForEach(manager.Accept);
        return links;
    }

    private static async Task CountIsAsync(LinkManager manager, int most)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        while (manager.Links.Count > most)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private async Task NextUpAsync(FakeLink link)
    {
        while (await _events.NextUpAsync() != link)
        {
        }
    }

    private LinkManager Manager(int most, LinkWarnings? warnings = null)
    {
        Random random = new(1);
        LinkManager manager = new(
            Self, [_transport], _events, new LinkManagerSettings { MaxLinks = most }, _time, random.NextBytes,
            NullLogger<LinkManager>.Instance, warnings);
        _managers.Add(manager);
        return manager;
    }
}
