using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Tests.Loop;

/// <summary>
/// Three nodes in a line, and everything that leads to the places where faults are contained in the middle one.
/// </summary>
internal sealed class FaultScene : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestNode _bob = new("bob");
    private readonly TestNode _carol = new("carol");
    private MemoryLink? _cable;

    internal TestNode Alice { get; } = new("alice");

    internal async Task JoinAsync()
    {
        await TestNode.JoinAsync(Alice, _carol);
        _cable = await TestNode.JoinAsync(Alice, _bob);
        await Alice.HasRouteAsync(_bob);
        await _bob.HasRouteAsync(Alice);
        await _carol.HasRouteAsync(_bob);
    }

    /// <summary>
    /// Does a little of everything, until a fault has come; what of it fails is the test's business, not this method's.
    /// </summary>
    internal async Task ProvokeAsync(FaultPlace place, Func<bool> isOver)
    {
        using ControlClient watcher = Alice.Connect();
        await watcher.SendAsync(Commands.WatchEvents.ToLine(NoArguments.Instance), CancellationToken.None);
        for (long started = TimeProvider.System.GetTimestamp(); !isOver()
            && TimeProvider.System.GetElapsedTime(started) < Patience;)
        {
            foreach (Func<Task> step in Steps(place))
            {
                await step();
                if (isOver())
                    return;
            }
        }
    }

    /// <summary>Whatever it cost, a new cable is as good as ever, and so is every command.</summary>
    internal async Task GoesOnAsync(FaultPlace place)
    {
        _cable!.Close(new LinkEnd(LinkEndCode.Closed));
        _cable = await TestNode.JoinAsync(Alice, _bob);
        await DeliversAsync(place, Alice, _bob);
        await DeliversAsync(place, _bob, Alice);
        await Alice.AskAsync(Commands.Status);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Alice.DisposeAsync();
        await _bob.DisposeAsync();
        await _carol.DisposeAsync();
    }

    private IEnumerable<Func<Task>> Steps(FaultPlace place) => place switch
    {
        // What only a radio, a relay whose memory is full, a newcomer, or a month would lead to.
        FaultPlace.Broadcast => [() => ActAsync(r => r.Broadcast(new LinkId(0), FrameClass.Routing, [0]))],
        FaultPlace.LoadEnvelope => [() => ActAsync(static r => r.LoadEnvelope(default))],
        FaultPlace.PersistAnnounce => [() => ActAsync(static r => r.PersistAnnounce(default, 1, []))],
        FaultPlace.ForgetAnnounce => [() => ActAsync(static r => r.ForgetAnnounce(default))],
        FaultPlace.EnvelopeLoaded => [() => ActAsync(static r => r.LoadEnvelope(default))],
        FaultPlace.PersistSequence =>
            [() => TryAskAsync(Alice, Commands.Announce),
                () => ActAsync(static r => r.PersistSequence(uint.MaxValue / 2))],
        FaultPlace.CloseLink or FaultPlace.Malformed => [HurtAsync],
        FaultPlace.DeliverBulk => [() => ActAsync(static r => r.DeliverBulk(0, false, [0]))],
        FaultPlace.Metrics => [() => TryAskAsync(Alice, Commands.Metrics)],
        _ =>
        [
            () => TryAsync(Alice, _bob), () => TryAsync(_bob, Alice), () => TryAsync(_carol, _bob),
            () => TryAsync(Alice, Alice),
            () => TryAskAsync(Alice, Commands.Alias, new() { Alias = "bob", To = _bob.Address }),
            () => TryAskAsync(Alice, Commands.LiteCreate, new() { Name = "group" }),
            () => TryAskAsync(_bob, Commands.Announce),
            () =>
            {
                Alice.Node.LinkEvents.Writable(_cable!);
                return Task.CompletedTask;
            },
            RejoinAsync,
        ],
    };

    private Task ActAsync(Action<IRouterActions> act) => Alice.Node.AskAsync(_ =>
    {
        act(Alice.Node.RouterActions);
        return true;
    });

    /// <summary>Frames that do not parse: a neighbour is disconnected after a few.</summary>
    private Task HurtAsync()
    {
        for (int i = 0; i < 16; i++)
            _cable!.Hurt([(byte)FrameKind.CustodyAck]);
        return RejoinAsync();
    }

    /// <summary>Held for somebody who is away, and given up by the neighbour who is taken for broken.</summary>
    private async Task RejoinAsync()
    {
        _cable!.Close(new LinkEnd(LinkEndCode.Closed));
        await TryAsync(_carol, _bob);
        _cable = await TestNode.JoinAsync(Alice, _bob);
    }

    private static Task TryAsync(TestNode from, TestNode to) => TryAskAsync(
        from, Commands.Send, new() { To = to.Address, Text = "hello", Wait = "delivered" });

    private static async Task TryAskAsync<TRequest, TResult>(
        TestNode node, CommandSpec<TRequest, TResult> command, TRequest? request = null)
        where TRequest : class, new()
    {
        using ControlClient client = node.Connect();
        await client.SendAsync(command.ToLine(request ?? new TRequest()), CancellationToken.None);
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        try
        {
            await client.ReadLineAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // The fault may have cost just this.
        }
    }

    private static async Task DeliversAsync(FaultPlace place, TestNode from, TestNode to)
    {
        await from.HasRouteAsync(to);
        Reply<SendInfo> reply = await from.ReplyAsync(
            Commands.Send, new() { To = to.Address, Text = "still here", Wait = "delivered" }).WaitAsync(Patience);
        Assert.Equal((place, "delivered"), (place, reply.Result?.State));
    }
}
