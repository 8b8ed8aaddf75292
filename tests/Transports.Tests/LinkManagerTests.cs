using Microsoft.Extensions.Logging.Abstractions;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Tests.Fakes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests;

/// <summary>The manager over a transport that connects in memory, with a clock that the test moves.</summary>
public sealed class LinkManagerTests : IAsyncDisposable
{
    private static readonly NodeAddress Self = new(0, 5);
    private static readonly NodeAddress Higher = new(0, 9);
    private static readonly NodeAddress Lower = new(0, 1);

    private readonly FakeTime _time = new();
    private readonly ScriptedTransport _transport = new();
    private readonly RecordingEvents _events = new();
    private readonly LinkManager _manager;

    public LinkManagerTests() => _manager = Manager(_transport);

    public ValueTask DisposeAsync() => _manager.DisposeAsync();

    [Fact]
    public async Task An_accepted_link_comes_up_and_is_listed_until_it_is_down()
    {
        FakeLink link = new(Higher);
        _manager.Accept(link);
        Assert.Same(link, await _events.NextUpAsync());
        Assert.Equal([link], _manager.Links);
        link.End(new LinkEnd(LinkEndCode.Dead));
        await _events.NextDownAsync();
        Assert.Empty(_manager.Links);
    }

    [Fact]
    public void A_link_to_this_node_itself_is_refused()
    {
        FakeLink link = new(Self);
        _manager.Accept(link);
        Assert.Equal(LinkEndCode.Self, link.Closed?.Code);
        Assert.Equal(1, _manager.RefusedCount(LinkEndCode.Self));
    }

    [Fact]
    public async Task A_link_that_ends_after_it_was_up_is_counted_by_its_reason()
    {
        FakeLink link = new(Higher);
        _manager.Accept(link);
        await _events.NextUpAsync();
        Assert.Equal(0, _manager.EndedCount(LinkEndCode.ProtocolViolation));
        link.End(new LinkEnd(LinkEndCode.ProtocolViolation));
        await _events.NextDownAsync();
        Assert.Equal(1, _manager.EndedCount(LinkEndCode.ProtocolViolation));
        Assert.Equal(0, _manager.RefusedCount(LinkEndCode.ProtocolViolation));
    }

    [Fact]
    public void Links_beyond_the_bound_are_refused()
    {
        FakeLink[] links = [.. Enumerable.Range(10, 4).Select(i => new FakeLink(new NodeAddress(1, (ulong)i)))];
        foreach (FakeLink link in links)
            _manager.Accept(link);
        Assert.Equal([null, null, null, LinkEndCode.TooMany], links.Select(l => l.Closed?.Code));
    }

    // We are 5: of links with 9 ours stays, of links with 1 theirs.
    [Theory]
    [InlineData(9, true, 4u, false, 7u, false)]
    [InlineData(9, false, 7u, true, 4u, true)]
    [InlineData(1, true, 4u, false, 7u, true)]
    [InlineData(1, false, 7u, true, 4u, false)]
    [InlineData(9, true, 4u, true, 5u, true)]
    [InlineData(9, true, 5u, true, 4u, false)]
    [InlineData(9, false, 4u, false, 5u, true)]
    [InlineData(9, false, 5u, false, 4u, false)]
    public async Task Of_two_links_to_one_neighbour_the_rule_keeps_one(
        ulong peer, bool firstOutbound, uint firstNumber, bool secondOutbound, uint secondNumber, bool secondStays)
    {
        FakeLink first = new(new NodeAddress(0, peer), firstOutbound, firstNumber);
        FakeLink second = new(new NodeAddress(0, peer), secondOutbound, secondNumber);
        _manager.Accept(first);
        await _events.NextUpAsync();
        _manager.Accept(second);
        FakeLink loser = secondStays ? first : second;
        Assert.Equal(LinkEndCode.Duplicate, loser.Closed?.Code);
        if (secondStays)
            Assert.Same(second, await _events.NextUpAsync());
        Assert.Equal([secondStays ? second : first], _manager.Links);
    }

    [Fact]
    public async Task A_restarted_neighbour_replaces_its_old_link_and_events_keep_their_order()
    {
        FakeLink old = new(Higher, outbound: true, number: 9) { Uri = "old" };
        FakeLink fresh = new(Higher, outbound: false, number: 1) { Uri = "fresh", PeerBootId = 2 };
        _manager.Accept(old);
        await _events.NextUpAsync();
        _manager.Accept(fresh);
        Assert.Same(fresh, await _events.NextUpAsync());
        Assert.Equal(["up old", "down old", "up fresh"], _events.Order);
    }

    [Fact]
    public async Task A_third_link_takes_the_place_of_one_that_still_waits()
    {
        FakeLink first = new(Higher, true, 1) { Holds = true }, second = new(Higher, true, 2),
            third = new(Higher, true, 3);
        _manager.Accept(first);
        await _events.NextUpAsync();
        _manager.Accept(second);
        _manager.Accept(third);
        Assert.Equal(LinkEndCode.Duplicate, second.Closed?.Code);
        Assert.False(second.Started);
        first.Release();
        Assert.Same(third, await _events.NextUpAsync());
    }

    [Fact]
    public async Task Links_on_different_media_to_one_neighbour_are_no_duplicates()
    {
        FakeLink ip = new(Higher, true, 1), radio = new(Higher, false, 0) { Medium = 3 };
        _manager.Accept(ip);
        _manager.Accept(radio);
        await _events.NextUpAsync();
        await _events.NextUpAsync();
        Assert.Equal(2, _manager.Links.Count);
    }

    // Both ends get both links in any order and must keep the same one.
    [Fact]
    public async Task Simultaneous_connects_leave_both_ends_with_the_same_link_in_every_order()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            Random random = new(seed);
            RecordingEvents eventsA = new(), eventsB = new();
            await using LinkManager a = Manager(new ScriptedTransport(), eventsA, Lower),
            b = Manager(new ScriptedTransport(), eventsB, Higher);
            // Each connection is a pair of ends with one name; three dials in all.
            (FakeLink A, FakeLink B)[] pairs =
            [
                Pair("a1", dialledByA: true, 1), Pair("a2", dialledByA: true, 2), Pair("b1", dialledByA: false, 1),
            ];
            List<Action> arrivals =
            [
                .. pairs.Select<(FakeLink A, FakeLink B), Action>(p => () => a.Accept(p.A)),
                .. pairs.Select<(FakeLink A, FakeLink B), Action>(p => () => b.Accept(p.B)),
            ];
            while (arrivals.Count > 0)
            {
                int next = random.Next(arrivals.Count);
                arrivals[next]();
                arrivals.RemoveAt(next);
            }

            // What stays may still wait for what it replaces.
            using CancellationTokenSource patience = new(TimeSpan.FromSeconds(20));
            while (a.Links is not [{ Uri: "a2" }] || b.Links is not [{ Uri: "a2" }])
            {
                Assert.False(patience.IsCancellationRequested, $"seed {seed} settles elsewhere");
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task A_failing_dial_is_repeated_ever_less_often_up_to_the_longest_wait()
    {
        Assert.True(_manager.Connect(Peer("tcp://one:1")));
        Assert.False(_manager.Connect(Peer("tcp://one:1")));
        double expected = 1;
        for (int attempt = 0; attempt < 10; attempt++)
        {
            await _transport.NextDialAsync();
            TimeSpan wait = await _time.NextTimerAsync(TimeSpan.FromSeconds(60));
            Assert.InRange(wait.TotalSeconds, expected / 2, expected);
            Assert.Equal(attempt + 1, _manager.RefusedCount(LinkEndCode.TransportFailed));
            _time.Advance(wait);
            expected = Math.Min(60, expected * 2);
        }
    }

    [Fact]
    public async Task QUIC_is_tried_before_TCP_whatever_the_order_and_one_link_suffices()
    {
        _transport.Answers["quic://one:1"] = () => new DialResult(null, new LinkEnd(LinkEndCode.TransportFailed));
        _transport.Answers["tcp://one:1"] = () => new DialResult(new FakeLink(Higher, true, 1), null);
        _manager.Connect(Peer("tcp://one:1,quic://one:1"));
        Assert.Equal("quic://one:1", await _transport.NextDialAsync());
        Assert.Equal("tcp://one:1", await _transport.NextDialAsync());
        await _events.NextUpAsync();
    }

    [Fact]
    public async Task A_lost_link_is_dialled_again_after_a_short_wait()
    {
        List<FakeLink> made = [];
        _transport.Answers["tcp://one:1"] = () =>
        {
            made.Add(new FakeLink(Higher, true, (uint)made.Count + 1));
            return new DialResult(made[^1], null);
        };
        _manager.Connect(Peer("tcp://one:1"));
        await _events.NextUpAsync();
        made[0].MarkUsed();
        made[0].End(new LinkEnd(LinkEndCode.Dead));
        await _events.NextDownAsync();
        TimeSpan wait = await _time.NextTimerAsync(TimeSpan.FromSeconds(60));
        Assert.InRange(wait.TotalSeconds, 0.5, 1);
        _time.Advance(wait);
        Assert.Same(made[1], await _events.NextUpAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_peer_whose_link_was_of_no_use_is_dialled_seldom_while_another_way_leads_to_it(bool isReached)
    {
        List<FakeLink> made = [];
        _transport.Answers["tcp://one:1"] = () =>
        {
            made.Add(new FakeLink(Higher, true, (uint)made.Count + 1));
            return new DialResult(made[^1], null);
        };
        bool isReachedNow = true;
        _manager.Reaches = peer => ValueTask.FromResult(isReachedNow && peer == Higher);
        _manager.Connect(Peer("tcp://one:1"));
        await _events.NextUpAsync();
        _time.Advance(TimeSpan.FromSeconds(31));
        made[0].End(new LinkEnd(LinkEndCode.Dead));
        await _events.NextDownAsync();
        TimeSpan waited = TimeSpan.Zero;
        while (made.Count == 1)
        {
            TimeSpan wait = await _time.NextTimerAsync(TimeSpan.FromSeconds(60));
            isReachedNow = isReached;

            _time.Advance(wait);
            waited += wait;
            if (waited.TotalSeconds > (isReached ? 239 : 0.4))
                await _events.NextUpAsync().WaitAsync(TimeSpan.FromSeconds(20));
        }

        Assert.InRange(waited.TotalSeconds, isReached ? 239 : 0.5, isReached ? 241 : 1);
    }

    [Fact]
    public async Task A_peer_whose_link_ended_soon_is_dialled_at_once_though_no_way_led_over_it()
    {
        List<FakeLink> made = [];
        _transport.Answers["tcp://one:1"] = () =>
        {
            made.Add(new FakeLink(Higher, true, (uint)made.Count + 1));
            return new DialResult(made[^1], null);
        };
        _manager.Reaches = static _ => ValueTask.FromResult(true);
        _manager.Connect(Peer("tcp://one:1"));
        await _events.NextUpAsync();
        made[0].End(new LinkEnd(LinkEndCode.Dead));
        await _events.NextDownAsync();
        TimeSpan wait = await _time.NextTimerAsync(TimeSpan.FromSeconds(60));
        Assert.InRange(wait.TotalSeconds, 0, 2);
        _time.Advance(wait);
        await _events.NextUpAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(2, made.Count);
    }

    [Fact]
    public async Task A_peer_that_dialled_us_is_not_dialled()
    {
        FakeLink inbound = new(Higher, outbound: false, number: 1);
        _manager.Accept(inbound);
        await _events.NextUpAsync();
        while (_time.Looks.Wait(TimeSpan.Zero))
        {
            // Whoever looked at the clock for the link that came in.
        }

        _manager.Connect(Peer($"tcp://one:1/#{Higher}"));
        // The dial loop notes the time when it finds the link there.
        Assert.True(await _time.Looks.WaitAsync(TimeSpan.FromSeconds(20)));
        inbound.End(new LinkEnd(LinkEndCode.Dead));
        TimeSpan wait = await _time.NextTimerAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(0, _transport.Dials);
        _time.Advance(wait);
        Assert.Equal($"tcp://one:1/#{Higher}", await _transport.NextDialAsync());
    }

    [Fact]
    public async Task A_URI_that_leads_to_this_node_is_given_up()
    {
        _transport.Answers["tcp://me:1"] = () => new DialResult(null, new LinkEnd(LinkEndCode.Self));
        _manager.Connect(Peer("tcp://me:1"));
        await _transport.NextDialAsync();
        while (_manager.Dialling.Count > 0)
            await Task.Yield();
        Assert.Equal(1, _transport.Dials);
    }

    [Fact]
    public async Task Disconnecting_ends_the_link_and_the_dialling()
    {
        _transport.Answers["tcp://one:1"] = () => new DialResult(new FakeLink(Higher, true, 1), null);
        _manager.Connect(Peer("tcp://one:1"));
        await _events.NextUpAsync();
        Assert.True(_manager.Disconnect(Peer("tcp://one:1")));
        Assert.Equal(LinkEndCode.Closed, (await _events.NextDownAsync()).Reason.Code);
        Assert.Empty(_manager.Dialling);
        Assert.False(_manager.Disconnect(Peer("tcp://one:1")));
        Assert.False(_manager.Disconnect(Higher));
    }

    [Fact]
    public async Task Disposing_says_goodbye_to_everybody_and_takes_no_more()
    {
        FakeLink link = new(Higher);
        _manager.Accept(link);
        await _events.NextUpAsync();
        _manager.Connect(Peer("tcp://one:1"));
        await _manager.DisposeAsync();
        Assert.Equal(LinkEndCode.Closed, link.Closed?.Code);
        FakeLink late = new(Lower);
        _manager.Accept(late);
        Assert.Equal(LinkEndCode.Closed, late.Closed?.Code);
        Assert.False(_manager.Connect(Peer("tcp://two:1")));
    }

    private static PeerUris Peer(string text)
    {
        Assert.True(PeerUris.TryParse(text, out PeerUris? peer, out string? error), error);
        return peer;
    }

    private static (FakeLink A, FakeLink B) Pair(string name, bool dialledByA, uint number)
    {
        FakeLink atA = new(Higher, dialledByA, number) { Uri = name },
            atB = new(Lower, !dialledByA, number) { Uri = name };
        return (atA, atB);
    }

    private LinkManager Manager(ScriptedTransport transport, RecordingEvents? events = null, NodeAddress? self = null)
    {
        Random random = new(1);
        return new LinkManager(
            self ?? Self, [transport, transport.AsQuic()], events ?? _events,
            new LinkManagerSettings { MaxLinks = 3 }, _time,
            random.NextBytes, NullLogger<LinkManager>.Instance);
    }
}
