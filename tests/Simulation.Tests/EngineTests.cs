using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation.Tests;

public sealed class EngineTests
{
    private static readonly LinkModel Lossless = new(TimeSpan.FromMilliseconds(1));

    [Fact]
    public void Events_come_in_the_order_of_their_times_and_of_their_scheduling()
    {
        var queue = new EventQueue();
        var random = new Random(7);
        for (int i = 0; i < 20_000; i++)
            queue.Add(new Instant(random.Next(500)), EventKind.Scenario, i);
        Event last = queue.Take();
        while (queue.Count > 0)
        {
            Event next = queue.Take();
            Assert.True(last.At < next.At || (last.At == next.At && last.A < next.A));
            last = next;
        }
    }

    [Fact]
    public void Frames_of_every_length_come_back_as_they_were_from_buffers_used_again()
    {
        var pool = new FramePool();
        int[] lengths = [.. Enumerable.Range(1, 2100), 4096, 4097, 65_535, 65_536];
        var random = new Random(1);
        for (int round = 0; round < 3; round++)
        {
            var frames = new List<(int Number, byte[] Bytes)>();
            foreach (int length in lengths)
            {
                byte[] bytes = new byte[length];
                random.NextBytes(bytes);
                frames.Add((pool.Add(bytes), bytes));
            }

            Assert.Equal(lengths.Length, pool.InUse);
            foreach ((int number, byte[] bytes) in frames)
                Assert.True(pool[number].SequenceEqual(bytes), $"length {bytes.Length}");
            foreach ((int number, _) in frames)
                Assert.Equal(FramePool.None, pool.Release(number));
            Assert.Equal(0, pool.InUse);
        }
    }

    [Fact]
    public void A_frame_arrives_after_the_delay_of_its_link()
    {
        var pair = new Pair(Lossless);
        Instant sent = pair.Network.Now;
        pair.A.Send(FrameKind.Ping, 3);
        pair.Run(1);
        Assert.Equal(sent + TimeSpan.FromMilliseconds(1), Assert.Single(pair.B.Received).At);
    }

    [Fact]
    public void Frames_sent_at_once_share_one_record_and_one_segment()
    {
        var pair = new Pair(Lossless);
        long before = pair.Network.Total.Control;
        pair.Network.Call(pair.Network.Nodes[0], _ =>
        {
            for (int i = 0; i < 10; i++)
                pair.Network.Nodes[0].Send(pair.A.Links[0], FrameClass.Routing, [(byte)FrameKind.RouteUpdate, 0, 0, 0]);
        });
        Assert.Equal(10 * (2 + 4) + 22 + 40, pair.Network.Total.Control - before);
    }

    [Fact]
    public void An_acknowledgement_rides_with_an_answer_and_travels_alone_without_one()
    {
        var pair = new Pair(Lossless);
        pair.Run(1);
        long before = pair.Network.Total.Control;
        pair.A.Send(FrameKind.Ping, 3);
        pair.Run(0.002);
        pair.B.Send(FrameKind.Pong, 3);
        pair.Run(1);
        Assert.Equal(2 * (2 + 3 + 22 + 40), pair.Network.Total.Control - before);
        pair.B.Send(FrameKind.Ping, 3);
        pair.Run(1);
        // The next write of each side settles what it owed: here the bare acknowledgement of the pong above.
        pair.A.Send(FrameKind.Ping, 3);
        Assert.Equal(4 * (2 + 3 + 22 + 40) + 40 + 40, pair.Network.Total.Control - before);
    }

    [Fact]
    public void Urgent_frames_overtake_what_waits_for_a_slow_link()
    {
        var pair = new Pair(Lossless with { BitsPerSecond = 10_000 });
        pair.Run(10);
        pair.A.Send(FrameKind.Envelope, 1000);
        pair.A.Send(FrameKind.Envelope, 1001, FrameClass.Low);
        pair.A.Send(FrameKind.Envelope, 1002, FrameClass.Normal);
        pair.A.Send(FrameKind.Envelope, 1003, FrameClass.Emergency);
        pair.Run(10);
        Assert.Equal([1000, 1003, 1002, 1001], pair.B.Received.Select(r => r.Frame.Length));
        Assert.True(pair.B.Received[^1].At - pair.B.Received[0].At > TimeSpan.FromSeconds(0.8));
    }

    [Fact]
    public void A_full_queue_refuses_and_says_when_it_has_room()
    {
        var pair = new Pair(Lossless with { BitsPerSecond = 100_000 });
        int taken = 0;
        while (pair.A.Send(FrameKind.Envelope, 10_000))
            taken++;
        Assert.InRange(taken, 20, 40);
        Assert.DoesNotContain(pair.A.Log, e => e.What == "writable");
        pair.Run(60);
        Assert.Contains(pair.A.Log, e => e.What == "writable");
        Assert.Equal(taken, pair.B.Received.Count);
        Assert.Equal(0, pair.Network.Frames.InUse);
    }

    [Fact]
    public void Loss_delays_frames_of_a_stream_but_keeps_them_and_their_order()
    {
        var pair = new Pair(Lossless with { LossForward = 0.3, LossBackward = 0.3 }, seed: 3);
        pair.Run(30);
        long before = pair.Network.Total.Payload;
        for (int i = 0; i < 200; i++)
        {
            pair.A.Send(FrameKind.Envelope, 100 + i);
            pair.Run(0.01);
        }

        pair.Run(60);
        Assert.Equal(Enumerable.Range(100, 200), pair.B.Received.Select(r => r.Frame.Length));
        Assert.True(pair.B.Received[^1].At - pair.B.Received[0].At > TimeSpan.FromSeconds(2.1));
        Assert.True(pair.Network.Total.Payload - before > 200 * 264 * 1.2);
    }

    [Fact]
    public void A_link_with_a_carrier_ends_at_both_sides_when_its_wire_is_cut_and_comes_back_with_it()
    {
        var pair = new Pair(Lossless);
        Instant cut = pair.Network.Now;
        pair.Network.SetWire(pair.Link, false);
        pair.Run(5);
        Assert.All(pair.Programs, p => Assert.Equal((cut + pair.Network.CarrierDelay, "down"), p.Log[^1]));
        pair.Network.SetWire(pair.Link, true);
        pair.Run(5);
        Assert.All(pair.Programs, p => Assert.StartsWith("up", p.Log[^1].What, StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_carrier_frames_wait_for_the_wire_or_for_the_connection_to_end()
    {
        var pair = new Pair(Lossless with { Carrier = false });
        pair.Network.SetWire(pair.Link, false);
        pair.A.Send(FrameKind.Envelope, 100);
        pair.Run(10);
        Assert.Empty(pair.B.Received);
        Assert.Equal(2, pair.A.Links.Count + pair.B.Links.Count);
        pair.Network.SetWire(pair.Link, true);
        pair.Run(20);
        Assert.Single(pair.B.Received);
        pair.Network.SetWire(pair.Link, false);
        pair.A.Send(FrameKind.Envelope, 100);
        pair.Run(40);
        Assert.Equal("down", pair.A.Log[^1].What);
        Assert.DoesNotContain(pair.B.Log, e => e.What == "down");
        Assert.Equal(0, pair.Network.Frames.InUse);
    }

    [Fact]
    public void A_node_whose_power_is_cut_is_found_out_when_it_is_back()
    {
        var pair = new Pair(Lossless with { Carrier = false });
        pair.Network.StopNode(1, pair.Network.Now, inOrder: false);
        pair.Network.StartNode(1, pair.Network.Now + TimeSpan.FromSeconds(5));
        pair.Run(4);
        Assert.DoesNotContain(pair.A.Log, e => e.What == "down");
        pair.Run(4);
        Assert.Equal(["up 1", "down", "up 1"], pair.A.Log.Select(e => e.What));
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        static List<(Instant, int)> Play(int seed)
        {
            var pair = new Pair(Lossless with { LossForward = 0.2 }, seed);
            for (int i = 0; i < 100; i++)
                pair.A.Send(FrameKind.Envelope, 50 + i);
            pair.Run(60);
            return [.. pair.B.Received.Select(r => (r.At, r.Frame.Length))];
        }

        Assert.Equal(Play(5), Play(5));
        Assert.NotEqual(Play(5), Play(6));
    }
}
