using System.Net;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;
using QuicProChat.Mesh.Server.Tests.Stores;

namespace QuicProChat.Mesh.Server.Tests;

public class LimitTests
{
    private static readonly InboxContent Nothing = new([], 1, 0);
    private static readonly InboxContent Something = new([new InboxMessage(1, default, 0, [])], 1, 1);

    [Fact]
    public void A_bucket_gives_its_burst_and_then_its_rate()
    {
        ManualTime time = new();
        TokenBuckets<int> buckets = new(new Rate(3, 2), 100, time);
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => buckets.TryTake(1, out TimeSpan _)));
        Assert.False(buckets.TryTake(1, out TimeSpan wait));
        Assert.Equal(0.5, wait.TotalSeconds, 3);
        Assert.True(buckets.TryTake(2, out _));
        time.Advance(wait);
        Assert.True(buckets.TryTake(1, out _));
        Assert.False(buckets.TryTake(1, out _));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => buckets.TryTake(1, out TimeSpan _)));
    }

    [Fact]
    public void However_many_keys_come_memory_is_bounded_and_one_that_is_used_stays()
    {
        ManualTime time = new();
        TokenBuckets<int> buckets = new(new Rate(1, 0.001), 100, time);
        Assert.True(buckets.TryTake(-1, out _));
        for (int i = 0; i < 10_000; i++)
        {
            buckets.TryTake(i, out _);
            Assert.False(buckets.TryTake(-1, out _));
            Assert.InRange(buckets.Count, 1, 101);
        }
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8:1::1", "2001:db8:1:ffff::2", true)]
    [InlineData("2001:db8:1::1", "2001:db8:2::1", false)]
    [InlineData("::1", "0.0.0.1", false)]
    public void Addresses_that_cost_nothing_are_one_source(string one, string other, bool same) =>
        Assert.Equal(same, Source.Of(IPAddress.Parse(one)) == Source.Of(IPAddress.Parse(other)));

    [Fact]
    public void Memory_is_bounded_in_all_and_one_source_has_a_quarter()
    {
        ByteBudget budget = new(1000);
        Source[] sources = [.. Enumerable.Range(1, 5).Select(i => Source.Of(new IPAddress([192, 0, 2, (byte)i])))];
        Assert.False(budget.TryTake(sources[0], 251));
        foreach (Source source in sources[..4])
            Assert.True(budget.TryTake(source, 250));
        Assert.False(budget.TryTake(sources[4], 1));
        budget.Return(sources[2], 100);
        Assert.True(budget.TryTake(sources[4], 100));
        Assert.Equal(1000, budget.Taken);
    }

    [Fact]
    public void Places_are_bounded_in_all_and_for_each_source_and_come_back()
    {
        ClientRegistry registry = new(maxClients: 3, maxPerSource: 2);
        ClientSession[] clients =
            [.. new[] { 1, 1, 1, 2, 3 }.Select(i => new ClientSession(new IPAddress([192, 0, 2, (byte)i])))];
        Assert.Equal([true, true, false, true, false], clients.Select(registry.TryAdd));
        registry.Remove(clients[2]);
        Assert.Equal(3, registry.Count);
        registry.Remove(clients[0]);
        registry.Remove(clients[0]);
        Assert.True(registry.TryAdd(clients[2]));
        Assert.Equal(3, registry.Count);
    }

    [Fact]
    public async Task A_message_that_arrives_as_waiting_begins_is_never_waited_for()
    {
        const int Rounds = 100_000;
        InboxWaiters waiters = new();
        InboxId inbox = new(new IdentityKey(1, 1), default);
        int stored = 0;
        using SemaphoreSlim round = new(0), done = new(0);
        Task sender = Task.Run(async () =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                await round.WaitAsync();
                Volatile.Write(ref stored, 1);
                waiters.Wake(inbox);
                done.Release();
            }
        });
        for (int i = 0; i < Rounds; i++)
        {
            Volatile.Write(ref stored, 0);
            round.Release();
            // With a clock that stands still the wait ends by the wake-up or never.
            InboxContent content = await waiters.ReadAsync(
                inbox, () => Task.FromResult(Volatile.Read(ref stored) == 1 ? Something : Nothing),
                TimeSpan.FromMinutes(1), TimeProvider.System,
                CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Single(content.Messages);
            await done.WaitAsync();
        }

        await sender;
        Assert.Equal(0, waiters.Count);
    }

    [Fact]
    public async Task Waiting_ends_with_its_time_with_the_client_and_with_the_server_and_leaves_nothing()
    {
        InboxWaiters waiters = new();
        InboxId inbox = new(new IdentityKey(1, 1), default);
        Task<InboxContent> Wait(TimeSpan patience, CancellationToken gone) =>
            waiters.ReadAsync(inbox, () => Task.FromResult(Nothing), patience, TimeProvider.System, gone);
        Assert.Empty((await Wait(TimeSpan.Zero, CancellationToken.None)).Messages);
        Assert.Empty((await Wait(TimeSpan.FromMilliseconds(20), CancellationToken.None)).Messages);
        using CancellationTokenSource gone = new();
        Task<InboxContent> left = Wait(TimeSpan.FromMinutes(1), gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        Task<InboxContent> held = Wait(TimeSpan.FromMinutes(1), CancellationToken.None);
        Assert.Equal(1, waiters.Count);
        waiters.End();
        Assert.Empty((await held).Messages);
        Assert.Empty((await Wait(TimeSpan.FromMinutes(1), CancellationToken.None)).Messages);
        Assert.Equal(0, waiters.Count);
    }

    [Fact]
    public async Task Who_waits_reads_at_times_where_others_store_too_and_nobody_tells()
    {
        InboxWaiters waiters = new(TimeSpan.FromMilliseconds(5));
        int readings = 0;
        InboxContent content = await waiters.ReadAsync(
            new InboxId(new IdentityKey(1, 1), default),
            () => Task.FromResult(Interlocked.Increment(ref readings) == 4 ? Something : Nothing),
            TimeSpan.FromMinutes(10), TimeProvider.System, CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Single(content.Messages);
        Assert.Equal((4, 0), (readings, waiters.Count));
    }
}
