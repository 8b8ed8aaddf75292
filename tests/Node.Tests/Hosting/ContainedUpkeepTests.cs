using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Node.Tests.Hosting;

/// <summary>A fault in what a daemon does beside its node costs that once, and whoever waits for it is told.</summary>
public sealed class ContainedUpkeepTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_reload_over_which_a_fault_came_ends_with_READY_and_the_next_one_is_done()
    {
        await using var node = new TestNode("alice");
        string directory = Directory.CreateTempSubdirectory("qpc-notify-").FullName;
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(Path.Combine(directory, "notify")));
        using var notified = new ServiceManager(Path.Combine(directory, "notify"));
        await using ControlServer control = ControlServer.Bind(Path.Combine(directory, "c.sock"), NullLogger.Instance);
        string name = "alice";
        NodeConfiguration Load() => node.Node.Configuration with { Name = name };
        using var reloads = new Reloads(node.Node, Load, notified, control, TimeProvider.System, NullLogger.Instance);

        node.Node.Faults.Probe = static at =>
        {
            if (at == FaultPlace.Reload)
                throw new InvalidOperationException("a fault for a test");
        };
        name = "berta";
        reloads.Begin();
        Assert.StartsWith("RELOADING=1", await NextAsync(manager), StringComparison.Ordinal);
        Assert.StartsWith("READY=1", await NextAsync(manager), StringComparison.Ordinal);
        Assert.Equal(1, node.Node.Faults.Counts.Single(c => c.Key == FaultSeam.Reload).Value);
        Assert.Equal("alice", node.Node.Configuration.Name);

        node.Node.Faults.Probe = null;
        reloads.Begin();
        Assert.StartsWith("RELOADING=1", await NextAsync(manager), StringComparison.Ordinal);
        Assert.StartsWith("READY=1", await NextAsync(manager), StringComparison.Ordinal);
        Assert.Equal("berta", node.Node.Configuration.Name);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void Upkeep_over_which_a_fault_came_is_done_the_next_time()
    {
        var time = new TickedTime();
        var faults = new Faults(NullLogger.Instance, TimeProvider.System);
        int looks = 0;
        using var keeper = new MemoryKeeper(() => ++looks, faults, time);
        faults.Probe = static at =>
        {
            if (at == FaultPlace.Upkeep)
                throw new InvalidOperationException("a fault for a test");
        };
        time.Tick();
        Assert.Equal((0, 1), (looks, faults.Counts.Single(c => c.Key == FaultSeam.Upkeep).Value));
        faults.Probe = null;
        time.Tick();
        Assert.Equal((1, 1), (looks, faults.Counts.Single(c => c.Key == FaultSeam.Upkeep).Value));
    }

    [Fact]
    public void Where_nothing_happens_memory_is_looked_after_seldom_and_soon_again_after_a_burst()
    {
        var time = new TickedTime();
        long batches = 0;
        using var keeper = new MemoryKeeper(() => batches, new Faults(NullLogger.Instance, TimeProvider.System), time);
        Assert.Equal(MemoryKeeper.Interval, time.Due);
        time.Tick();
        Assert.Equal(MemoryKeeper.Rest, time.Due);
        batches += 1_000;
        time.Tick();
        Assert.Equal(MemoryKeeper.Interval, time.Due);
        time.Tick();
        Assert.Equal(MemoryKeeper.Rest, time.Due);
    }

    private static async Task<string> NextAsync(Socket socket)
    {
        byte[] text = new byte[256];
        using var limit = new CancellationTokenSource(Patience);
        return Encoding.UTF8.GetString(text, 0, await socket.ReceiveAsync(text, limit.Token));
    }

    /// <summary>Has one timer, which fires when the test says so.</summary>
    private sealed class TickedTime : TimeProvider
    {
        private Action _fire = static () => { };

        internal TimeSpan Due { get; private set; }

        internal void Tick() => _fire();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _fire = () => callback(state);
            return new Noted(this);
        }

        private sealed class Noted(TickedTime owner) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                owner.Due = dueTime;
                return true;
            }

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
