using Microsoft.Extensions.Logging.Abstractions;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Tests.Fakes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests;

/// <summary>Listeners follow their addresses; the clock is the test's.</summary>
public sealed class ListenersTests : IAsyncDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(30);

    private readonly FakeTime _time = new();
    private readonly ScriptedTransport _transport = new();
    private readonly LinkManager _manager;

    public ListenersTests()
    {
        Random random = new(1);
        _manager = new LinkManager(
            new NodeAddress(0, 5), [_transport], new RecordingEvents(),
            new LinkManagerSettings { FollowKernel = false }, _time, random.NextBytes,
            NullLogger<LinkManager>.Instance);
    }

    public ValueTask DisposeAsync() => _manager.DisposeAsync();

    [Fact]
    public async Task An_address_that_is_not_there_yet_is_waited_for_and_named()
    {
        LinkUri uri = LinkPeer.Uri("tcp://192.0.2.1:4711");
        _transport.Listen = _ => throw new AddressAwayException("no interface has it");
        Assert.Null(await _manager.ListenAsync(uri, CancellationToken.None));
        Assert.Empty(_manager.Listening);
        Assert.Equal(new WaitingListener(uri, "no interface has it"), Assert.Single(_manager.Waiting));
        FakeListener listener = new(uri);
        _transport.Listen = _ => listener;
        await PassAsync(Retry, () => _manager.Listening.Count == 1);
        Assert.Empty(_manager.Waiting);
        Assert.True(await _manager.StopListeningAsync(uri));
        Assert.True(listener.Disposed);
        Assert.False(await _manager.StopListeningAsync(uri));
    }

    [Fact]
    public async Task A_listener_whose_interface_went_is_closed_and_bound_anew_when_it_is_back()
    {
        LinkUri uri = LinkPeer.Uri("tcp://[fe80::1%eth0]:4711");
        FakeListener first = new(uri), second = new(uri);
        _transport.Listen = _ => first;
        Assert.Equal(uri, await _manager.ListenAsync(uri, CancellationToken.None));
        int attempts = 0;
        _transport.Listen = _ =>
        {
            attempts++;
            throw new AddressAwayException("there is no interface eth0");
        };
        first.IsCurrent = false;
        await PassAsync(Look, () => _manager.Waiting is [{ Reason: "there is no interface eth0" }]);
        Assert.True(first.Disposed);
        Assert.Empty(_manager.Listening);
        // It goes on trying, and only then the interface comes back.
        await PassAsync(Retry, () => attempts == 2);
        _transport.Listen = _ => second;
        await PassAsync(Retry, () => _manager.Listening.Count == 1);
        Assert.False(second.Disposed);
        await _manager.DisposeAsync();
        Assert.True(second.Disposed);
    }

    [Fact]
    public async Task A_place_that_waits_can_be_given_up()
    {
        LinkUri uri = LinkPeer.Uri("tcp://192.0.2.1:4711");
        _transport.Listen = _ => throw new AddressAwayException("no interface has it");
        await _manager.ListenAsync(uri, CancellationToken.None);
        Assert.True(await _manager.StopListeningAsync(uri));
        Assert.Empty(_manager.Waiting);
    }

    [Fact]
    public async Task What_is_wrong_for_good_is_not_waited_for()
    {
        _transport.Listen = _ => throw new IOException("in use");
        await Assert.ThrowsAsync<IOException>(
            () => _manager.ListenAsync(LinkPeer.Uri("tcp://192.0.2.1:4711"), CancellationToken.None).AsTask());
        Assert.Empty(_manager.Waiting);
    }

    [Fact]
    public async Task A_real_listener_says_where_it_is_bound_and_whether_that_still_holds()
    {
        await using LinkPeer node = new(1);
        foreach (string host in new[] { "127.0.0.1", "127.9.8.7", "[::1]", "*", "localhost" })
        {
            IListener listener =
                await node.Tcp.ListenAsync(LinkPeer.Uri($"tcp://{host}:0"), node, CancellationToken.None);
            Assert.True(listener.IsCurrent, host);
            Assert.DoesNotContain(":0", listener.Bound.ToString()[^2..]);
            await listener.DisposeAsync();
        }

        await Assert.ThrowsAsync<AddressAwayException>(
            () => node.Tcp.ListenAsync(LinkPeer.Uri("tcp://192.0.2.1:0"), node, CancellationToken.None).AsTask());
        await Assert.ThrowsAsync<AddressAwayException>(
            () => node.Tcp.ListenAsync(LinkPeer.Uri("tcp://[fe80::1%no-such-if]:0"), node, CancellationToken.None)
                .AsTask());
    }

    private async Task PassAsync(TimeSpan time, Func<bool> until)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(20));
        await _time.NextTimerAsync(time);
        _time.Advance(time);
        while (!until())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private sealed class FakeListener(LinkUri bound) : IListener
    {
        public LinkUri Bound => bound;

        public bool IsCurrent { get; set; } = true;

        internal bool Disposed { get; private set; }

        public ValueTask DisposeAsync()
        {
            Disposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
