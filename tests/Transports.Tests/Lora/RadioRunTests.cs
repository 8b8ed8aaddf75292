using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

// What a run and its acknowledgement carry, and what they spare.
public sealed class RadioRunTests
{
    private const string Fast = "modem=rnode&frequency=868100000&sf=7&region=none";
    private const string Slow = "modem=rnode&frequency=868100000&sf=9&region=eu868";
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(1, 0.0)]
    [InlineData(60, 0.0)]
    [InlineData(60, 0.3)]
    public void An_acknowledgement_of_the_radio_stands_for_that_of_a_route_update(int entries, double loss)
    {
        using RadioNet net = RadioNet.Circle(2, Fast, loss);
        Assert.True(net.Meet(20 * Minute));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        byte[] update = Update(7, entries);
        Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Routing, update));
        Assert.True(net.Bench.RunUntil(() => a.Inbox.Count > 0, 5 * Minute));
        Assert.Equal(update, Assert.Single(b.Inbox).Frame);
        net.Bench.RunFor(Minute);
        Assert.Equal([(byte)FrameKind.ControlAck, 0, 7], Assert.Single(a.Inbox).Frame);

        long frames = b.Medium.Counters.Sent.Data;
        Assert.True(b.Medium.TrySend(b.Neighbour(a), FrameClass.Control, [(byte)FrameKind.ControlAck, 0, 7]));
        net.Bench.RunFor(Minute);
        Assert.Equal(frames, b.Medium.Counters.Sent.Data);
    }

    [Fact]
    public void Of_route_updates_that_wait_only_the_last_goes_out()
    {
        using RadioNet net = RadioNet.Circle(2, Slow);
        Assert.True(net.Meet(5 * Minute));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        Drain(a, net.Bench.Now);
        for (ushort number = 1; number <= 5; number++)
            Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Routing, Update(number, number)));
        Assert.Equal(1, a.Neighbour(b).Queued);
        Assert.True(net.Bench.RunUntil(() => b.Inbox.Count > 0, 70 * Minute));
        net.Bench.RunFor(Minute);
        Assert.Equal(Update(5, 5), Assert.Single(b.Inbox).Frame);
    }

    [Fact]
    public void A_frame_without_airtime_does_not_keep_others_from_being_acknowledged()
    {
        using RadioNet net = RadioNet.Circle(2, Slow);
        Assert.True(net.Meet(5 * Minute));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        Drain(a, net.Bench.Now);
        long repeats = a.Neighbour(b).Repeats;
        Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Routing, Update(1, 1)));
        net.Bench.RunFor(Minute);
        Assert.Empty(b.Inbox);
        Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, [(byte)FrameKind.Announce, 1]));
        Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Low, [(byte)FrameKind.Announce, 2]));
        net.Bench.RunFor(Minute);
        Assert.Equal(2, b.Inbox.Count);
        Assert.True(a.Neighbour(b).Session!.Outgoing.IsEmpty);
        for (byte i = 3; i < 30; i++)
        {
            Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal, [(byte)FrameKind.Announce, i]));
            net.Bench.RunFor(0.1 * Minute);
        }
        Assert.Equal(29, b.Inbox.Count);
        Assert.Equal(repeats, a.Neighbour(b).Repeats);
        Assert.True(net.Bench.RunUntil(() => b.Inbox.Count == 30, 70 * Minute));
        Assert.Equal(Update(1, 1), b.Inbox[^1].Frame);
    }

    [Fact]
    public void What_a_lost_acknowledgement_carried_comes_with_the_next()
    {
        const int Envelopes = 40;
        using RadioNet net = RadioNet.Circle(2, Fast, loss: 0.3, seed: 4);
        Assert.True(net.Meet(20 * Minute));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        b.AnswersCustody = true;
        for (int i = 0; i < Envelopes; i++)
        {
            EnvelopeHeader header =
                new(EnvelopeKind.Sealed, Priority.Normal, false, 0, 12, (ushort)(100 + i), b.Identity.Address);
            Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Normal,
                RadioWireTests.EnvelopeFrame(header, 40 + i)));
            net.Bench.RunFor(Minute);
        }
        Assert.Equal(Envelopes, b.Inbox.Count);
        Assert.True(b.Medium.Counters.Duplicates > 5, $"{b.Medium.Counters.Duplicates}: no acknowledgement was lost");
        Assert.Equal(Envelopes, a.Inbox.Select(r => Convert.ToHexString(r.Frame)).Distinct().Count());
    }

    private static void Drain(RadioNet.Station station, TimeSpan now)
    {
        while (station.Ledger.TryReserve(TrafficClass.Routing, TimeSpan.FromMilliseconds(20), now, out _, out _))
        {
        }
    }

    private static byte[] Update(ushort number, int entries)
    {
        byte[] frame = new byte[1 + RouteUpdate.SizeOf(entries)];
        frame[0] = (byte)FrameKind.RouteUpdate;
        RouteUpdate.Writer writer = new(frame.AsSpan(1), number, RouteUpdateFlags.Acknowledge);
        for (int i = 0; i < entries; i++)
        {
            byte[] name = new byte[NodeAddress.Size];
            name[0] = (byte)i;
            Assert.True(writer.TryAdd(
                new RouteEntry(Abbreviation.Of(NodeAddress.Read(name)), 1, Metric.FromUnits((uint)(100 + i)))));
        }
        return frame;
    }
}
