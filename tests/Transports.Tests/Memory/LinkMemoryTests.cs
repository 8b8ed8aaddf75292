using System.Net;
using QuicProChat.Mesh.Transports.Tests.Fakes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests.Memory;

/// <summary>What all links share.</summary>
public class LinkMemoryTests
{
    private static readonly LinkSource Mallory = LinkSource.Of(IPAddress.Parse("192.0.2.66"));
    private static readonly LinkSource Honest = LinkSource.Of(IPAddress.Parse("198.51.100.1"));

    private readonly FakeTime _time = new();

    [Fact]
    public void Links_of_one_source_fill_no_more_than_half_of_what_strangers_may()
    {
        SendMemory memory = new(1 << 20);
        SendShare[] hostile = [.. Enumerable.Range(0, 100).Select(_ => memory.Open(Mallory, chosen: false, () => { }))];
        while (hostile.Any(s => s.TryTake(4096)))
        {
        }

        Assert.InRange(memory.Used, 1, (1 << 20) / 4);
        SendShare other = memory.Open(Honest, chosen: false, () => { }),
            own = memory.Open(Mallory, chosen: true, () => { });
        Assert.True(other.TryTake(64 << 10));
        Assert.True(own.TryTake(256 << 10));
    }

    [Fact]
    public void Many_sources_leave_the_half_of_what_this_node_chose()
    {
        SendMemory memory = new(1 << 20);
        for (int i = 0; i < 200; i++)
        {
            SendShare share = memory.Open(LinkSource.Of(new IPAddress([10, 0, (byte)i, 1])), chosen: false, () => { });
            while (share.TryTake(4096))
            {
            }
        }

        Assert.InRange(memory.Used, 1, (1 << 20) / 2);
        Assert.True(memory.Open(Honest, chosen: true, () => { }).TryTake(128 << 10));
    }

    [Fact]
    public async Task Who_was_refused_hears_when_there_is_room()
    {
        SendMemory memory = new(64 << 10);
        TaskCompletionSource room = new();
        SendShare hog = memory.Open(Honest, chosen: true, () => { }),
            refused = memory.Open(Honest, chosen: true, room.SetResult);
        Assert.True(hog.TryTake(32 << 10));
        Assert.False(refused.TryTake(20 << 10));
        Assert.False(room.Task.IsCompleted);
        hog.Give(32 << 10);
        await room.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(refused.TryTake(20 << 10));
        refused.Give(20 << 10);
        refused.Dispose();
        hog.Dispose();
        Assert.Equal(0, memory.Used);
    }

    [Fact]
    public void A_queue_that_finds_no_memory_refuses_large_frames_and_takes_small_ones()
    {
        SendMemory memory = new(32 << 10);
        using SendQueues queues = new(() => memory.Open(Honest, chosen: true, () => { }));
        SendShare hog = memory.Open(Honest, chosen: true, () => { });
        Assert.True(hog.TryTake(16 << 10));
        Assert.False(queues.TryAdd(FrameClass.Normal, new byte[20 << 10]));
        Assert.True(queues.TryAdd(FrameClass.Normal, new byte[1000]));
        Assert.True(queues.TryAdd(FrameClass.Emergency, new byte[1000]));
        Assert.True(queues.TakeRefused());
        Assert.False(queues.TakeRefused());
        hog.Give(16 << 10);
        Assert.True(queues.TryAdd(FrameClass.High, new byte[5000]));
    }

    [Fact]
    public void Large_frames_come_out_whole_and_all_memory_is_given_back()
    {
        SendMemory memory = new(1 << 20);
        SendQueues queues = new(() => memory.Open(Honest, chosen: true, () => { }));
        byte[] buffer = new byte[SendQueues.ChunkSize];
        Random random = new(5);
        for (int i = 0; i < 2000; i++)
        {
            int size = random.Next(1, 20_000);
            queues.TryAdd((FrameClass)random.Next(SendQueues.Classes), new byte[size]);
            if (random.Next(3) == 0)
            {
                byte[] pooled = System.Buffers.ArrayPool<byte>.Shared.Rent(SendQueues.ChunkSize);
                queues.Take(ref pooled, out _);
                System.Buffers.ArrayPool<byte>.Shared.Return(pooled);
            }
        }

        Assert.NotEqual(0, memory.Used);
        queues.Dispose();
        Assert.Equal(0, memory.Used);
        Assert.NotEmpty(buffer);
    }

    [Fact]
    public async Task A_link_that_floods_the_node_waits_and_the_others_take_turns_with_it()
    {
        ReceiveMemory memory = new(10_000, new LargeBuffers(4, _time));
        List<Task> flood = [.. Enumerable.Range(0, 3).Select(_ => memory.TakeAsync(4096).AsTask())];
        Assert.Equal([true, true, false], flood.Select(t => t.IsCompleted));
        Task other = memory.TakeAsync(4096).AsTask();
        memory.Return(System.Buffers.ArrayPool<byte>.Shared.Rent(4096));
        await flood[2];
        Assert.False(other.IsCompleted);
        memory.Return(System.Buffers.ArrayPool<byte>.Shared.Rent(4096));
        await other;
        Assert.Equal(8192, memory.Used);
    }

    [Fact]
    public async Task Unfinished_frames_of_one_source_give_way_to_others_at_once()
    {
        LargeBuffers buffers = new(4, _time);
        List<LargeBuffer> hostile = [];
        int gaveWay = 0;
        for (int i = 0; i < 4; i++)
        {
            LargeBuffer? taken = null;
            taken = await buffers.TakeAsync(Mallory, false, () => { gaveWay++; taken!.Dispose(); },
                CancellationToken.None);
            hostile.Add(taken);
        }

        using LargeBuffer honest =
            await buffers.TakeAsync(Honest, false, () => Assert.Fail("it gives way"), CancellationToken.None);
        Assert.Equal(1, gaveWay);
        Assert.Equal(4, buffers.Used);
        // One source waits for itself, until a frame takes too long.
        ValueTask<LargeBuffer> more = buffers.TakeAsync(Mallory, false, () => { }, CancellationToken.None);
        Assert.False(more.IsCompleted);
        Assert.Equal(1, gaveWay);
        _time.Advance(LargeBuffers.Patience);
        (await more.AsTask().WaitAsync(TimeSpan.FromSeconds(20))).Dispose();
        Assert.Equal(2, gaveWay);
    }

    [Fact]
    public async Task What_this_node_chose_gives_way_only_to_its_like()
    {
        LargeBuffers buffers = new(1, _time);
        LargeBuffer chosen =
            await buffers.TakeAsync(Honest, true, () => Assert.Fail("it gives way"), CancellationToken.None);
        using CancellationTokenSource ended = new();
        Task<LargeBuffer> waiting = buffers.TakeAsync(Mallory, false, () => { }, ended.Token).AsTask();
        _time.Advance(LargeBuffers.Patience * 3);
        Assert.False(waiting.IsCompleted);
        await ended.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        chosen.Dispose();
        Assert.Equal(0, buffers.Used);
    }

    [Fact]
    public async Task A_buffer_that_the_node_handles_counts_until_it_is_returned_and_gives_way_to_nobody()
    {
        ReceiveMemory memory = new(10_000, new LargeBuffers(1, _time));
        LargeBuffer taken =
            await memory.Large.TakeAsync(Mallory, false, () => Assert.Fail("it gives way"), CancellationToken.None);
        byte[] bytes = taken.HandOver();
        Task<LargeBuffer> waiting = memory.Large.TakeAsync(Honest, true, () => { }, CancellationToken.None).AsTask();
        _time.Advance(LargeBuffers.Patience * 2);
        Assert.False(waiting.IsCompleted);
        new ReceivedFrames(bytes, 0, memory).Dispose();
        await waiting.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Reading_ahead_takes_no_more_than_half_of_the_large_buffers()
    {
        LargeBuffers buffers = new(6, _time);
        List<LargeBuffer?> ahead = [.. Enumerable.Range(0, 10).Select(_ => buffers.TryTake(Mallory, false, () => { }))];
        Assert.Equal(3, ahead.Count(b => b is not null));
        ahead.ForEach(b => b?.Dispose());
        Assert.Equal(0, buffers.Used);
    }

    // However bytes are cut into reads, and however scarce memory is, the same frames come out.
    [Fact]
    public async Task Frames_come_out_as_they_went_in_wherever_reads_are_cut_and_however_little_memory_there_is()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            Random random = new(seed);
            LargeBuffers large = new(random.Next(1, 4), _time);
            ReceiveMemory memory = new(random.Next(1, 3) * 8192, large);
            using (ReceiveBuffer buffer = new(memory, Honest, false, () => Assert.Fail("it gives way"), _time))
            {
                List<byte[]> sent = [.. Enumerable.Range(0, 20).Select(_ => Frame(random))], got = [];
                byte[] bytes = [.. sent.SelectMany(f => (byte[])[(byte)(f.Length >> 8), (byte)f.Length, .. f])];
                for (int at = 0; at < bytes.Length;)
                {
                    Memory<byte> space = buffer.Space();
                    Assert.NotEqual(0, space.Length);
                    int count = Math.Min(Math.Min(space.Length, bytes.Length - at),
                        random.Next(1, random.Next(2) == 0 ? 50 : 70_000));
                    bytes.AsMemory(at, count).CopyTo(space);
                    at += count;
                    buffer.Advance(count);
                    Assert.Equal(ScanResult.Frames,
                        FrameScanner.Scan(buffer.Filled, out int whole, out int needed, out _));
                    if (whole > 0)
                    {
                        using ReceivedFrames frames = await buffer.TakeAsync(whole);
                        ReceivedFrames reader = frames;
                        while (reader.TryNext(out ReadOnlySpan<byte> frame))
                            got.Add(frame.ToArray());
                    }

                    await buffer.MakeRoomAsync(needed, CancellationToken.None);
                }

                Assert.Equal(sent, got);
            }

            Assert.Equal(0, memory.Used);
            Assert.Equal(0, large.Used);
        }
    }

    private static byte[] Frame(Random random)
    {
        byte[] frame = new byte[random.Next(4) switch
        {
            0 => random.Next(1, 20),
            1 => random.Next(1, 5000),
            2 => random.Next(1, 65_536),
            _ => 65_535
        }];
        random.NextBytes(frame);
        frame[0] = (byte)FrameKind.Envelope;
        return frame;
    }
}
