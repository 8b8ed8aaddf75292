using QuicProChat.Mesh.Wire;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

public sealed class RadioMediumTests(ITestOutputHelper output)
{
    private const string Fast = "modem=rnode&frequency=868100000&sf=7&region=none";
    private const string Slow = "modem=rnode&frequency=868100000&sf=9&region=eu868";
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(Fast)]
    [InlineData(Slow)]
    [InlineData("modem=rnode&frequency=868100000&sf=12&region=eu868")]
    [InlineData("modem=reyax&frequency=868500000&sf=7&region=none")]
    [InlineData("modem=e22&frequency=867125000&power=13&airrate=9600&region=eu868")]
    public void Stations_meet_and_exchange_frames(string settings)
    {
        using RadioNet net = RadioNet.Circle(2, settings);
        Assert.True(net.Meet(5 * Minute), Describe(net));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        byte[] frame = [0x22, 1, 2, 3];
        Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, frame));
        Assert.True(net.Bench.RunUntil(() => b.Inbox.Count == 1, Minute), Describe(net));
        Assert.Equal(a.Identity.Address, b.Inbox[0].From);
        Assert.Equal(frame, b.Inbox[0].Frame);
        Assert.True(net.Bench.RunUntil(() => a.Neighbour(b).Session!.Outgoing.IsEmpty, Minute));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.1)]
    [InlineData(0.4)]
    public void Everything_arrives_once_whatever_is_lost(double loss)
    {
        using RadioNet net = RadioNet.Circle(3, Fast, loss, seed: 5);
        Assert.True(net.Meet(20 * Minute), Describe(net));
        Random random = new(3);
        List<byte[]>[] sent = [[], [], []];
        for (int round = 0; round < 30; round++)
        {
            RadioNet.Station from = net.Stations[round % 3];
            RadioNet.Station to = net.Stations[(round + 1) % 3];
            byte[] frame = new byte[1 + random.Next(600)];
            random.NextBytes(frame);
            frame[0] = 0x20;
            Assert.True(from.Medium.TrySend(from.Neighbour(to), FrameClass.Normal, frame));
            sent[(round + 1) % 3].Add(frame);
            net.Bench.RunFor(TimeSpan.FromSeconds(random.Next(5)));
        }
        Assert.True(net.Bench.RunUntil(() => Enumerable.Range(0, 3)
            .All(i => net.Stations[i].Inbox.Count >= sent[i].Count), 20 * Minute), Describe(net));
        net.Bench.RunFor(Minute);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(
                sent[i].Select(Convert.ToHexString).Order(),
                net.Stations[i].Inbox.Select(r => Convert.ToHexString(r.Frame)).Order());
        }
        Assert.All(net.Stations, s => Assert.Empty(s.Downs));
    }

    [Fact]
    public void A_short_MLS_Lite_text_costs_32_bytes_beyond_itself_and_24_with_the_short_tag()
    {
        using RadioNet net = RadioNet.Circle(2, Slow);
        Assert.True(net.Meet(5 * Minute));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        b.AnswersCustody = true;
        net.Bench.RunFor(5 * Minute);
        // The first names the destination in full; from then on two bytes do.
        foreach ((int overhead, int most) in ((int, int)[])[(20, 48), (20, 32), (12, 24)])
        {
            int before = a.Node.Simulator.Transmitted.Count;
            int ackBefore = b.Node.Simulator.Transmitted.Count;
            int got = a.Inbox.Count;
            byte[] text = RadioWireTests.EnvelopeFrame(
                new EnvelopeHeader(EnvelopeKind.MlsLite, Priority.Normal, false, 0, 12, 8_192, b.Identity.Address),
                40 + overhead);
            Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, text));
            Assert.True(net.Bench.RunUntil(() => a.Inbox.Count > got, Minute), Describe(net));
            Assert.True(net.Bench.RunUntil(() => a.Neighbour(b).Session!.Outgoing.IsEmpty, Minute));
            // One byte of a frame on the simulated air is the modem's own.
            int bytes = a.Node.Simulator.Transmitted.Skip(before).Single().Length - 1;
            int ack = b.Node.Simulator.Transmitted.Skip(ackBefore).Single().Length - 1;
            TimeSpan airtime = a.Node.Modem.Airtime(bytes) + b.Node.Modem.Airtime(ack);
            output.WriteLine(
                $"text of 40: {bytes} bytes ({bytes - 40} of ours), acknowledgement {ack}, airtime "
                    + $"{airtime.TotalMilliseconds:F1} ms");
            Assert.True(bytes - 40 <= most, $"{bytes - 40} bytes");
            Assert.True(most == 48 || airtime <= TimeSpan.FromSeconds(0.7));
        }
    }

    [Fact]
    public void Two_kilobytes_over_a_lossy_link_take_little_more_than_their_airtime()
    {
        List<double> ratios = [];
        for (int seed = 0; seed < 60; seed++)
        {
            using RadioNet net = RadioNet.Circle(2, Fast, loss: 0.1, seed);
            Assert.True(net.Meet(10 * Minute));
            (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
            net.Bench.RunFor(Minute);
            TimeSpan start = net.Bench.Now;
            byte[] message = RadioWireTests.EnvelopeFrame(
                new EnvelopeHeader(EnvelopeKind.Sealed, Priority.Normal, false, 0, 12, 8_192, b.Identity.Address),
                2_048);
            Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, message));
            Assert.True(net.Bench.RunUntil(() => b.Inbox.Count == 1, Minute), Describe(net));
            Assert.Equal(message, b.Inbox[0].Frame);
            TimeSpan ideal = (8 * a.Node.Modem.Airtime(254)) + a.Node.Modem.Airtime(2_048 - (8 * 254));
            ratios.Add((net.Bench.Now - start) / ideal);
        }
        output.WriteLine(
            $"2 KB at 10 % loss: {ratios.Average():F2} x ideal airtime on average, worst {ratios.Max():F2}");
        Assert.True(ratios.Average() <= 1.5, $"{ratios.Average():F2}");
    }

    [Fact]
    public void Four_idle_neighbours_use_less_than_a_hundredth_of_their_budget()
    {
        using RadioNet net = RadioNet.Circle(4, Slow, seed: 3);
        Assert.True(net.Meet(10 * Minute), Describe(net));
        net.Bench.RunFor(TimeSpan.FromHours(1));
        TimeSpan[] before = [.. net.Stations.Select(s => s.Node.Simulator.TotalAirtime)];
        net.Bench.RunFor(TimeSpan.FromHours(10));
        for (int i = 0; i < 4; i++)
        {
            TimeSpan used = (net.Stations[i].Node.Simulator.TotalAirtime - before[i]) / 10;
            output.WriteLine(
                $"station {i}: {used.TotalMilliseconds:F0} ms an hour of 36 s, met with "
                    + $"{before[i].TotalMilliseconds:F0} ms");
            Assert.True(used <= TimeSpan.FromMilliseconds(360));
        }
        Assert.All(net.Stations, s => Assert.Empty(s.Downs));
    }

    [Fact]
    public void A_neighbour_out_of_range_goes_down_and_comes_back_with_nothing_twice()
    {
        using RadioNet net = RadioNet.Circle(2, Fast);
        Assert.True(net.Meet(5 * Minute));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        net.Air.Disconnect(0, 1);
        Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, [0x20, 1]));
        Assert.True(net.Bench.RunUntil(() => a.Downs.Count == 1, 30 * Minute));
        Assert.False(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, [0x20, 2]));
        net.Air.Connect(0, 1);
        Assert.True(net.Bench.RunUntil(() => a.Sees(b) && b.Sees(a), TimeSpan.FromHours(1)), Describe(net));
        Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, [0x20, 3]));
        Assert.True(net.Bench.RunUntil(() => b.Inbox.Any(r => r.Frame[1] == 3), 5 * Minute), Describe(net));
        Assert.Single(b.Inbox, r => r.Frame[1] == 3);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(2_000)]
    public void An_envelope_repeated_while_it_is_on_its_way_goes_out_once_and_later_again(int payload)
    {
        using RadioNet net = RadioNet.Circle(2, Fast);
        Assert.True(net.Meet(5 * Minute));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        net.Bench.RunFor(Minute);
        byte[] Repeat(ushort lifetime) => RadioWireTests.EnvelopeFrame(
            new EnvelopeHeader(EnvelopeKind.Sealed, Priority.Normal, false, 0, 12, lifetime, b.Identity.Address),
            payload);
        Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, Repeat(100)));
        while (b.Inbox.Count == 0)
        {
            net.Bench.RunFor(TimeSpan.FromMilliseconds(50));
            if (b.Inbox.Count == 0)
                Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, Repeat(99)));
        }
        net.Bench.RunFor(Minute);
        Assert.Single(b.Inbox);
        Assert.True(a.Medium.Counters.Spared > 2);
        Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, Repeat(90)));
        Assert.True(net.Bench.RunUntil(() => b.Inbox.Count == 2, Minute), Describe(net));
    }

    [Fact]
    public void A_lifetime_counts_on_while_an_envelope_waits_and_what_has_expired_is_neither_sent_nor_repeated()
    {
        using RadioNet net = RadioNet.Circle(2, Fast);
        Assert.True(net.Meet(5 * Minute));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        net.Bench.RunFor(Minute);
        byte[] Message(byte number, ushort lifetime)
        {
            byte[] frame = RadioWireTests.EnvelopeFrame(
                new EnvelopeHeader(EnvelopeKind.Sealed, Priority.Normal, false, 0, 12, lifetime, b.Identity.Address),
                100);
            frame[^1] = number;
            return frame;
        }

        Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, Message(1, 10), net.Bench.Now
            - TimeSpan.FromSeconds(25)));
        Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, Message(2, 2), net.Bench.Now
            - TimeSpan.FromSeconds(20)));
        Assert.True(net.Bench.RunUntil(() => b.Inbox.Count == 1, Minute), Describe(net));
        net.Bench.RunFor(Minute);
        Assert.Equal(Message(1, 7), Assert.Single(b.Inbox).Frame);
        Assert.Equal(1, a.Medium.Counters.Expired);

        net.Air.Disconnect(0, 1);
        Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, Message(3, 3)));
        net.Bench.RunFor(Minute);
        net.Air.Connect(0, 1);
        Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, Message(4, 100)));
        Assert.True(net.Bench.RunUntil(() => b.Inbox.Count == 2, 5 * Minute), Describe(net));
        net.Bench.RunFor(5 * Minute);
        Assert.Equal([1, 4], b.Inbox.Select(r => r.Frame[^1]));
        Assert.Equal(2, a.Medium.Counters.Expired);
    }

    [Fact]
    public void A_broadcast_reaches_everybody_with_one_frame()
    {
        using RadioNet net = RadioNet.Circle(4, Fast);
        Assert.True(net.Meet(10 * Minute), Describe(net));
        net.Bench.RunFor(Minute);
        int before = net.Stations[0].Node.Simulator.Transmitted.Count;
        Assert.True(net.Stations[0].Medium.TryBroadcast(FrameClass.Routing, RadioWireTests.PathRequestFrame(9)));
        Assert.True(net.Bench.RunUntil(() => net.Stations.Skip(1).All(s => s.Inbox.Count == 1), Minute));
        Assert.Equal(before + 1, net.Stations[0].Node.Simulator.Transmitted.Count);
        Assert.False(net.Stations[0].Medium.TryBroadcast(FrameClass.Routing, new byte[260]));
    }

    [Fact]
    public void An_emergency_overtakes_a_long_transfer()
    {
        using RadioNet net = RadioNet.Circle(2, Fast);
        Assert.True(net.Meet(5 * Minute));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        byte[] big = new byte[12_000];
        big[0] = 0x20;
        Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Low, big));
        net.Bench.RunFor(TimeSpan.FromSeconds(3));
        TimeSpan start = net.Bench.Now;
        Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Emergency, [0x10, 1]));
        Assert.True(net.Bench.RunUntil(() => b.Inbox.Count == 1, Minute));
        Assert.True(net.Bench.Now - start < TimeSpan.FromSeconds(8), $"{net.Bench.Now - start}");
        Assert.True(net.Bench.RunUntil(() => b.Inbox.Count == 2, 5 * Minute), Describe(net));
        Assert.Equal(big, b.Inbox[1].Frame);
    }

    [Fact]
    public void Strangers_without_the_network_key_are_not_heard()
    {
        using RadioNet net = new(9);
        net.Air.Connect(0, 1);
        net.Air.Connect(0, 2);
        net.Air.Connect(1, 2);
        string key = "&networkkey=" + new string('a', 64);
        RadioNet.Station a = net.Add(Fast + key);
        RadioNet.Station b = net.Add(Fast + key);
        RadioNet.Station stranger = net.Add(Fast);
        Assert.True(net.Bench.RunUntil(() => a.Sees(b) && b.Sees(a), 10 * Minute), Describe(net));
        net.Bench.RunFor(30 * Minute);
        Assert.DoesNotContain(a.Medium.Neighbours, n => n.Address == stranger.Identity.Address);
        Assert.Empty(stranger.Medium.Neighbours);
        Assert.True(a.Medium.Counters.BadChecks > 0);
    }

    [Fact]
    public void Garbage_merged_halves_and_replays_deliver_nothing()
    {
        using RadioNet net = RadioNet.Circle(2, Fast);
        Assert.True(net.Meet(5 * Minute));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, [0x20, 1, 2, 3]));
        Assert.True(net.Bench.RunUntil(() => b.Inbox.Count == 1 && a.Neighbour(b).Session!.Outgoing.IsEmpty, Minute));
        List<byte[]> recorded = [.. a.Node.Simulator.Transmitted];
        Random random = new(2);
        for (int i = 0; i < 3_000; i++)
        {
            byte[] frame = i % 3 == 0 ? [.. recorded[random.Next(recorded.Count)]] : new byte[random.Next(1, 255)];
            if (i % 3 == 1)
                random.NextBytes(frame);
            else if (i % 3 == 2)
                frame = [.. recorded[^1].Take(5), .. recorded[random.Next(recorded.Count)].Skip(3)];
            frame[0] = 0;
            b.Node.Simulator.Receive(frame, -80, 5, net.Bench.Now);
            net.Bench.RunFor(TimeSpan.FromMilliseconds(50));
        }
        Assert.Single(b.Inbox);
        Assert.True(b.Sees(a));
        Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, [0x20, 9]));
        Assert.True(net.Bench.RunUntil(() => b.Inbox.Count == 2, 2 * Minute), Describe(net));
    }

    private static string Describe(RadioNet net) => string.Join("; ", net.Stations.Select((s, i) =>
        $"{i}: {s.Medium.ModemState.State} up {s.Medium.Neighbours.Count(n => n.IsUp)} sent {s.Medium.Counters.Sent} " +
        $"bad {s.Medium.Counters.BadChecks} received {s.Inbox.Count} out "
            + $"{string.Join(",", s.Medium.Neighbours.Select(n => n.Session?.Outgoing.Frames.Count()))}"));
}
