using System.Buffers;
using System.Buffers.Binary;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests;

public sealed class SendQueuesTests : IDisposable
{
    private readonly SendQueues _queues = new();
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(SendQueues.ChunkSize);

    public void Dispose() => _queues.Dispose();

    [Fact]
    public void Frames_leave_in_the_order_of_their_classes_and_within_a_class_as_they_came()
    {
        foreach (FrameClass c in new[] { FrameClass.Low, FrameClass.Normal, FrameClass.Emergency, FrameClass.High,
            FrameClass.Control })
        {
            Assert.True(_queues.TryAdd(c, [(byte)c, 1]));
            Assert.True(_queues.TryAdd(c, [(byte)c, 2]));
        }

        Assert.Equal("0.1 0.2 1.1 1.2 2.1 2.2 3.1 3.2 5.1 5.2", string.Join(' ', Take().Select(f => $"{f[0]}.{f[1]}")));
        Assert.True(_queues.IsEmpty);
    }

    [Fact]
    public void Routing_gets_its_share_of_a_busy_link_and_no_more()
    {
        for (int i = 0; i < 300; i++)
        {
            Assert.True(_queues.TryAdd(FrameClass.Normal, Frame(FrameClass.Normal, 500)));
            Assert.True(_queues.TryAdd(FrameClass.Routing, Frame(FrameClass.Routing, 150)));
        }

        List<byte[]> first = Take();
        int routing = first.Where(f => f[0] == (byte)FrameClass.Routing).Sum(f => f.Length + 2);
        Assert.InRange(routing, 500, 1024);
        Assert.InRange(first.Sum(f => f.Length + 2), 15_000, SendQueues.ChunkSize);
    }

    [Fact]
    public void A_routing_frame_above_the_share_still_leaves()
    {
        _queues.TryAdd(FrameClass.Normal, Frame(FrameClass.Normal, 500));
        _queues.TryAdd(FrameClass.Routing, Frame(FrameClass.Routing, 20_000));
        Assert.Contains(Take(), f => f.Length == 20_000);
    }

    [Fact]
    public void A_full_class_refuses_alone_and_says_when_there_is_room()
    {
        int accepted = 0;
        while (_queues.TryAdd(FrameClass.Normal, Frame(FrameClass.Normal, 1000)))
            accepted++;
        Assert.InRange(accepted, 250, 262);
        Assert.True(_queues.TryAdd(FrameClass.Control, [1]));
        int taken = 0;
        bool room = false;
        while (!room)
        {
            Assert.NotEmpty(Take(out room));
            taken++;
        }

        Assert.InRange(taken, 8, 10);
        Assert.True(_queues.TryAdd(FrameClass.Normal, Frame(FrameClass.Normal, 1000)));
    }

    [Fact]
    public void A_large_frame_is_not_overtaken_by_less_urgent_ones_and_leaves_with_the_next_write()
    {
        for (int i = 0; i < 40; i++)
            _queues.TryAdd(FrameClass.Control, Frame(FrameClass.Control, 300));
        _queues.TryAdd(FrameClass.High, Frame(FrameClass.High, 60_000));
        _queues.TryAdd(FrameClass.Normal, Frame(FrameClass.Normal, 100));
        List<byte[]> frames = [.. Take(), .. Take()];
        Assert.Equal([.. Enumerable.Repeat(1, 40), 2, 3], frames.Select(f => (int)f[0]));
    }

    [Fact]
    public void Closing_keeps_what_is_urgent_and_ends_with_the_last_frame()
    {
        _queues.TryAdd(FrameClass.Normal, [3]);
        _queues.TryAdd(FrameClass.Control, [1]);
        _queues.TryAdd(FrameClass.Emergency, [0]);
        _queues.Close([9]);
        Assert.False(_queues.TryAdd(FrameClass.Emergency, [0]));
        Assert.False(_queues.IsDrained);
        Assert.Equal([0, 1, 9], Take().Select(f => (int)f[0]));
        Assert.True(_queues.IsDrained);
    }

    [Fact]
    public void A_seeded_mixture_comes_out_complete_and_in_order_within_each_class()
    {
        Random random = new(11);
        Queue<byte[]>[] expected = [.. Enumerable.Range(0, 6).Select(_ => new Queue<byte[]>())];
        for (int round = 0; round < 5000; round++)
        {
            if (random.Next(3) > 0)
            {
                byte[] frame = new byte[random.Next(20) == 0 ? random.Next(1, 65536) : random.Next(1, 400)];
                random.NextBytes(frame);
                int c = random.Next(6);
                frame[0] = (byte)c;
                if (_queues.TryAdd((FrameClass)c, frame))
                    expected[c].Enqueue(frame);
            }
            else
            {
                foreach (byte[] frame in Take())
                    Assert.Equal(expected[frame[0]].Dequeue(), frame);
            }
        }

        while (!_queues.IsEmpty)
        {
            foreach (byte[] frame in Take())
                Assert.Equal(expected[frame[0]].Dequeue(), frame);
        }

        Assert.All(expected, Assert.Empty);
    }

    [Fact]
    public void Sending_a_small_frame_allocates_nothing_once_the_queue_is_warm()
    {
        byte[] frame = new byte[100];
        void Once()
        {
            _queues.TryAdd(FrameClass.Normal, frame);
            _ = _queues.Take(ref _buffer, out _);
        }

        Once();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            Once();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static byte[] Frame(FrameClass c, int size)
    {
        byte[] frame = new byte[size];
        frame[0] = (byte)c;
        return frame;
    }

    private List<byte[]> Take() => Take(out _);

    private List<byte[]> Take(out bool roomAgain)
    {
        int count = _queues.Take(ref _buffer, out roomAgain);
        List<byte[]> frames = [];
        for (int at = 0; at < count;)
        {
            int size = BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(at));
            frames.Add(_buffer.AsSpan(at + 2, size).ToArray());
            at += 2 + size;
        }

        return frames;
    }
}
