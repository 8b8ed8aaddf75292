using Microsoft.Extensions.Logging.Abstractions;
using QuicProChat.Mesh.Node.Loop;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Tests.Loop;

/// <summary>What is done beside the loop.</summary>
public sealed class MessagingLoopTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>On a thread of the pool it would have ended the process.</summary>
    [Fact]
    public async Task What_work_beside_the_loop_throws_is_counted_and_the_rest_is_done_all_the_same()
    {
        await using var loop = new NodeLoop(TimeProvider.System, NullLogger.Instance);
        loop.Start(new Idle());
        var messaging = new MessagingLoop(loop);
        var done = new TaskCompletionSource();
        messaging.RunAside(() => throw new InvalidOperationException("a fault for a test"), _ => done.SetResult());
        await done.Task.WaitAsync(Patience);
        Assert.Equal(1, loop.Faults.Counts.Sum(c => c.Value));
    }

    [Fact]
    public async Task Work_that_ends_after_the_loop_is_given_up_quietly()
    {
        var loop = new NodeLoop(TimeProvider.System, NullLogger.Instance);
        loop.Start(new Idle());
        var messaging = new MessagingLoop(loop);
        using var goes = new ManualResetEventSlim();
        var ended = new TaskCompletionSource();
        bool isCalled = false;
        messaging.RunAside(
            () =>
            {
                goes.Wait();
                ended.SetResult();
            },
            _ => isCalled = true);
        await loop.DisposeAsync();
        goes.Set();
        await ended.Task.WaitAsync(Patience);
        Assert.False(isCalled);
        Assert.Equal(0, loop.Faults.Counts.Sum(c => c.Value));
    }

    private sealed class Idle : ILoopOwner
    {
        public Instant NextDue => Instant.Never;

        public void LinkUp(Instant now, ILink link)
        {
        }

        public void LinkDown(Instant now, ILink link, LinkEnd reason)
        {
        }

        public void Received(Instant now, ILink link, ReceivedFrames frames)
        {
        }

        public void Writable(Instant now, ILink link)
        {
        }

        public void Broken(Instant now, ILink link)
        {
        }

        public void EndBatch(Instant now)
        {
        }
    }
}
