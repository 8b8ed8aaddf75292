using QuicProChat.Mesh.Routing.Custody;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

public sealed class TableTests
{
    [Fact]
    public void The_index_finds_what_a_dictionary_finds()
    {
        var random = new Random(1);
        var index = new HashIndex();
        var expected = new Dictionary<int, uint>();
        for (int i = 0; i < 50_000; i++)
        {
            int item = random.Next(3_000);
            if (expected.Remove(item, out uint hash))
            {
                index.Remove(hash, item);
            }
            else
            {
                // Few hashes, so that chains are long and collide.
                hash = (uint)random.Next(500) * 0x01000193;
                index.Add(hash, item);
                expected[item] = hash;
            }

            if (i % 1_000 != 0)
                continue;
            Assert.Equal(expected.Count, index.Count);
            foreach (IGrouping<uint, int> group in expected.GroupBy(pair => pair.Value, pair => pair.Key))
            {
                var found = new List<int>();
                int cursor = index.Start(group.Key);
                while (index.Next(group.Key, ref cursor, out int next))
                    found.Add(next);
                Assert.Equal(group.Order(), found.Order());
            }
        }
    }

    [Fact]
    public void Due_times_come_in_order_whatever_changes_meanwhile()
    {
        var random = new Random(2);
        var heap = new DueHeap();
        var expected = new Dictionary<int, Instant>();
        for (int i = 0; i < 20_000; i++)
        {
            int item = random.Next(200);
            Instant due = random.Next(4) == 0 ? Instant.Never : new Instant(random.Next(10_000));
            heap.Set(item, due);
            if (due == Instant.Never)
                expected.Remove(item);
            else
                expected[item] = due;
            Assert.Equal(expected.Count == 0 ? Instant.Never : expected.Values.Min(), heap.Next);
            if (random.Next(3) > 0 || !heap.TryTake(new Instant(5_000), out int taken))
                continue;
            Assert.Equal(expected.OrderBy(pair => pair.Value).ThenBy(pair => pair.Key).First().Key, taken);
            expected.Remove(taken);
        }

        Assert.False(heap.TryTake(new Instant(-1), out _));
    }

    [Fact]
    public void Buffers_are_used_again_up_to_a_bound()
    {
        var buffers = new FrameBuffers(retained: 1_024);
        byte[] first = buffers.Rent(200), second = buffers.Rent(65_536);
        Assert.Equal(256, first.Length);
        Assert.Equal(65_536, second.Length);
        buffers.Return(first);
        buffers.Return(second);
        Assert.Same(first, buffers.Rent(129));
        Assert.NotSame(second, buffers.Rent(65_000));
        Assert.Equal(64, buffers.Rent(1).Length);
    }

    [Fact]
    public void A_bucket_gives_its_burst_and_then_its_rate()
    {
        var start = new Instant(TimeSpan.TicksPerDay);
        var bucket = new TokenBucket(perSecond: 100, burst: 5, start);
        int Taken(Instant at)
        {
            int count = 0;
            while (bucket.TryTake(at, 1))
                count++;
            return count;
        }

        Assert.Equal(5, Taken(start));
        Assert.Equal(100, Enumerable.Range(1, 100).Sum(i => Taken(start + TimeSpan.FromMilliseconds(10) * i)));
        Assert.Equal(5, Taken(start + TimeSpan.FromHours(1)));
    }

    [Fact]
    public void The_window_grows_while_it_is_the_limit_and_halves_when_told()
    {
        var window = new SendWindow(LinkProperties.Stream, new RouterOptions { MaxWindowCount = 100 });
        int start = window.Capacity;
        Fill(ref window);
        Assert.Equal(start, window.Count);
        for (int i = 0; i < 200; i++)
        {
            Fill(ref window);
            window.Acknowledged(TimeSpan.FromMilliseconds(5), sentOnce: true);
            window.Gone(100);
        }

        Assert.Equal(100, window.Capacity);
        window.Cut(new Instant(TimeSpan.TicksPerDay));
        window.Cut(new Instant(TimeSpan.TicksPerDay + 1));
        Assert.Equal(50, window.Capacity);
        Assert.InRange(window.RoundTrip.TotalMilliseconds, 4.9, 5.1);
        Assert.True(window.Patience(100, 3) >= 8 * window.Patience(100, 0));

        static void Fill(ref SendWindow window)
        {
            while (window.HasRoom(100))
                window.Sent(100);
        }
    }
}
