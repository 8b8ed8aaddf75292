using System.Net;
using QuicProChat.Mesh.Transports.Tests.Fakes;

namespace QuicProChat.Mesh.Transports.Tests.Sources;

/// <summary>128 at once in all, 64 for a group of sources, 32 for a host; here 16 a second in all.</summary>
public class HandshakeTurnsTests
{
    private const double PerSecond = 16;

    private readonly FakeTime _time = new();
    private readonly HandshakeTurns _turns;

    public HandshakeTurnsTests() => _turns = new HandshakeTurns(PerSecond, _time);

    [Fact]
    public async Task A_host_has_a_burst_and_then_a_quarter_of_the_rate()
    {
        List<Task> asked = Ask(1, 1, 56);
        await GrantedAsync(32, asked);
        _time.Advance(TimeSpan.FromSeconds(1));
        await GrantedAsync(36, asked);
        _time.Advance(TimeSpan.FromSeconds(5));
        await GrantedAsync(56, asked);
    }

    [Fact]
    public async Task A_group_of_hosts_has_half()
    {
        List<Task> asked = [.. Enumerable.Range(1, 8).SelectMany(host => Ask(host, 1, 10))];
        await GrantedAsync(64, asked);
        _time.Advance(TimeSpan.FromSeconds(1));
        await GrantedAsync(72, asked);
    }

    [Fact]
    public async Task A_newcomer_from_elsewhere_does_not_wait_behind_a_flood()
    {
        List<Task> flood = Ask(1, 1, 500);
        Assert.True(Ask(1, 2, 1)[0].IsCompleted);
        await GrantedAsync(32, flood);
    }

    [Fact]
    public async Task All_sources_together_are_bounded()
    {
        List<Task> asked = [.. Enumerable.Range(1, 200).SelectMany(group => Ask(1, group, 1))];
        await GrantedAsync(128, asked);
        _time.Advance(TimeSpan.FromSeconds(2));
        await GrantedAsync(160, asked);
    }

    [Fact]
    public async Task Who_leaves_the_queue_takes_no_turn()
    {
        using CancellationTokenSource leave = new();
        List<Task> flood = Ask(1, 1, 132, leave.Token);
        await leave.CancelAsync();
        foreach (Task task in flood.Skip(32))
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        List<Task> honest = Ask(1, 1, 4);
        _time.Advance(TimeSpan.FromSeconds(1));
        await GrantedAsync(4, honest);
    }

    [Fact]
    public async Task Who_broke_the_protocol_waits_for_longer_and_others_do_not()
    {
        _turns.Charge(Source(1, 1), 32);
        Task charged = Ask(1, 1, 1)[0];
        Assert.False(charged.IsCompleted);
        Assert.True(Ask(2, 1, 1)[0].IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        await GrantedAsync(1, [charged]);
    }

    [Fact]
    public async Task However_much_a_source_is_charged_it_waits_for_no_more_than_its_burst_twice_over()
    {
        _turns.Charge(Source(1, 1), int.MaxValue);
        Task charged = Ask(1, 1, 1)[0];
        _time.Advance(TimeSpan.FromSeconds(9));
        await GrantedAsync(1, [charged]);
    }

    [Fact]
    public async Task Many_sources_are_counted_in_bounded_memory()
    {
        for (int i = 0; i < 5000; i++)
            _turns.Charge(new LinkSource((UInt128)i, (ulong)i + 1), 1);
        // Those beyond the bound share one bucket, and get their turn all the same.
        List<Task> asked = Ask(1, 1, 1);
        _time.Advance(TimeSpan.FromSeconds(10));
        await GrantedAsync(1, asked);
    }

    /// <summary>A turn is granted at once, but whoever waited for it goes on in his own time.</summary>
    private static async Task GrantedAsync(int count, List<Task> asked)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(20));
        while (asked.Count(t => t.IsCompleted) < count && !patience.IsCancellationRequested)
            await Task.Yield();
        Assert.Equal(count, asked.Count(t => t.IsCompleted));
    }

    private List<Task> Ask(int host, int group, int times, CancellationToken cancellation = default) =>
        [.. Enumerable.Range(0, times).Select(_ => _turns.WaitAsync(Source(host, group), cancellation).AsTask())];

    private static LinkSource Source(int host, int group) =>
        LinkSource.Of(new IPAddress([10, 0, (byte)group, (byte)host]));
}
