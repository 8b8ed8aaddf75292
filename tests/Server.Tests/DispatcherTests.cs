using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;

namespace QuicProChat.Mesh.Server.Tests;

/// <summary>What a call and the end of the server owe each other.</summary>
public sealed class DispatcherTests
{
    private readonly Dispatcher _dispatcher = new(
        [], new RateLimits(new ServerOptions { DataDirectory = "" }.Rates, TimeProvider.System), new ServerMetrics(),
        NullLogger<Dispatcher>.Instance);

    [Fact]
    public async Task A_call_runs_until_its_answer_is_sent()
    {
        TaskCompletionSource sent = new();
        Task call = RunAsync((_, _) => sent.Task);
        Task drained = _dispatcher.DrainAsync(TimeSpan.FromMinutes(5), TimeProvider.System);
        Assert.False(drained.IsCompleted);
        sent.SetResult();
        await call;
        await drained.WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task An_answer_that_finds_nobody_ends_its_call_too()
    {
        TaskCompletionSource sent = new();
        Task call = RunAsync((_, _) => sent.Task);
        Task drained = _dispatcher.DrainAsync(TimeSpan.FromMinutes(5), TimeProvider.System);
        sent.SetException(new IOException("gone"));
        await Assert.ThrowsAsync<IOException>(() => call);
        await drained.WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task What_comes_while_it_drains_is_refused()
    {
        await _dispatcher.DrainAsync(TimeSpan.Zero, TimeProvider.System);
        RpcStatus? status = null;
        await RunAsync((s, _) =>
        {
            status = s;
            return Task.CompletedTask;
        });
        Assert.Equal(RpcStatus.Unavailable, status);
    }

    [Fact]
    public async Task Who_never_takes_an_answer_holds_nothing_up()
    {
        TaskCompletionSource sent = new();
        Task call = RunAsync((_, _) => sent.Task);
        await _dispatcher.DrainAsync(TimeSpan.FromMilliseconds(1), TimeProvider.System)
            .WaitAsync(TimeSpan.FromMinutes(1));
        Assert.False(call.IsCompleted);
        sent.SetResult();
        await call;
    }

    private async Task RunAsync(Func<RpcStatus, IMessage, Task> send)
    {
        using ClientSession session = new(null);
        using Call call = new(session, new ByteBudget(1 << 20), CancellationToken.None);
        await _dispatcher.RunAsync(call, RpcMethod.Health, ReadOnlyMemory<byte>.Empty, send);
    }
}
