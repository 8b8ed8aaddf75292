using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Transports.Tests.Fakes;

namespace QuicProChat.Mesh.Node.Tests.Loop;

/// <summary>When nothing happens, a node sleeps: on a battery every wake-up counts.</summary>
public sealed class RestTests
{
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <remarks>180 of them look for messages that are to disappear.</remarks>
    /// <param name="links">To neighbours that are at rest too.</param>
    /// <param name="most">Times that the loop's timer may fire in an hour.</param>
    [Theory]
    [InlineData(0, 30)]
    [InlineData(1, 1_200)]
    [InlineData(2, 2_000)]
    public async Task The_loop_of_a_node_at_rest_wakes_only_for_what_is_due(int links, int most)
    {
        var time = new FakeTime();
        var counted = new CountedTime(time);
        await using var alice = new TestNode("alice", time: counted);
        var others = new List<TestNode>();
        for (int i = 0; i < links; i++)
        {
            others.Add(new TestNode($"other {i}", time: time));
            await TestNode.JoinAsync(alice, others[i]);
        }

        await RunAsync(time, alice, others, Settled);
        int before = counted.Fired;
        await RunAsync(time, alice, others, Hour);
        Assert.InRange(counted.Fired - before, 1, most);
        foreach (TestNode other in others)
            await other.DisposeAsync();
    }

    /// <summary>Lets time go by; whatever a step set off is over before the next one.</summary>
    private static async Task RunAsync(FakeTime time, TestNode alice, List<TestNode> others, TimeSpan span)
    {
        for (TimeSpan left = span; left > TimeSpan.Zero; left -= Step)
        {
            time.Advance(Step);
            foreach (TestNode node in others.Append(alice).Concat(others).Append(alice))
                Assert.True(await node.Node.AskAsync(static _ => true));
        }
    }

    /// <summary>A clock that counts how often a timer of its user fires.</summary>
    private sealed class CountedTime(FakeTime time) : TimeProvider
    {
        private int _fired;

        internal int Fired => Volatile.Read(ref _fired);

        public override long TimestampFrequency => time.TimestampFrequency;

        public override long GetTimestamp() => time.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            time.CreateTimer(s =>
            {
                Interlocked.Increment(ref _fired);
                callback(s);
            }, state, dueTime, period);
    }
}
