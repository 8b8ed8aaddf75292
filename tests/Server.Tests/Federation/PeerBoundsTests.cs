using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Server.Federation;
using QuicProChat.Mesh.Server.Limits;

namespace QuicProChat.Mesh.Server.Tests.Federation;

/// <summary>What one server, or one account, can take from the others.</summary>
public sealed class PeerBoundsTests
{
    private const string Named = "named.example";

    private static readonly FederationOptions Open = new()
    {
        Mode = FederationMode.Open,
        Peers = new Dictionary<string, NamedPeer>
        {
            [Named] = new(Named, null!, Key: null),
        },
        Rates = new PeerRates { AllCalls = new Rate(5, 0.001), AllLookups = new Rate(5, 0.001) },
    };

    [Fact]
    public void Strangers_use_up_nothing_that_a_server_needs_which_the_operator_named()
    {
        PeerLimits limits = new(Open, new RateLimits(new RateSettings(), TimeProvider.System), TimeProvider.System);
        for (int i = 0; i < 5; i++)
        {
            limits.TakeCall($"s{i}.example");
            limits.TakeLookup($"s{i}.example");
        }

        Assert.Throws<CallException>(() => limits.TakeCall("other.example"));
        Assert.Throws<CallException>(() => limits.TakeLookup("other.example"));
        limits.TakeCall(Named);
        limits.TakeLookup(Named);

        Peer[] strangers = [.. Enumerable.Range(0, 1000).Select(i => new Peer(null!, [$"s{i}.example"]))];
        int connected = strangers.Count(limits.TryConnect);
        Assert.InRange(connected, 1, 999);
        Assert.True(limits.TryConnect(new Peer(null!, [Named])));
        limits.Disconnect(strangers[0]);
        Assert.True(limits.TryConnect(strangers[^1]));
        Assert.False(limits.TryConnect(strangers[^2]));
    }

    [Fact]
    public async Task A_call_that_takes_long_stops_nobody_while_the_server_answers_others()
    {
        SlowServer server = new();
        FederationOptions options = new() { CallPatience = TimeSpan.FromMilliseconds(300) };
        List<string> lost = [];
        await using PeerLink link = new(
            "b.example", (_, _) => Task.FromResult<IRpcConnection>(server), options, TimeProvider.System,
            (_, why) => lost.Add(why));
        Task<RpcReply> slow = link.CallAsync(RpcMethod.RelayEnqueue, default, CancellationToken.None);
        Assert.Equal(RpcStatus.Ok, (await link.CallAsync(RpcMethod.Health, default, CancellationToken.None)).Status);
        Assert.Contains("this", (await Assert.ThrowsAsync<CallException>(() => slow)).Message);
        Assert.Equal(RpcStatus.Ok, (await link.CallAsync(RpcMethod.Health, default, CancellationToken.None)).Status);
        Assert.Empty(lost);
        Assert.False(server.IsDisposed);

        // One that answers nobody is another matter.
        server.AnswersHealth = false;
        await Assert.ThrowsAsync<CallException>(
            () => link.CallAsync(RpcMethod.Health, default, CancellationToken.None));
        Assert.Single(lost);
        Assert.True(server.IsDisposed);
    }

    /// <summary>A server that answers some calls, and others never.</summary>
    private sealed class SlowServer : IRpcConnection
    {
        internal bool AnswersHealth { get; set; } = true;

        internal bool IsDisposed { get; private set; }

        public Task<string> Closed { get; } = new TaskCompletionSource<string>().Task;

        public async Task<RpcReply> CallAsync(
            RpcMethod method, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
        {
            if (method != RpcMethod.Health || !AnswersHealth)
                await Task.Delay(Timeout.Infinite, cancellation);
            return new RpcReply(RpcStatus.Ok, default);
        }

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
