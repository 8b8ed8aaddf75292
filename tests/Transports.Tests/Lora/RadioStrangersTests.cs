using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Lora.Adaptation;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

// What somebody with a modem and no identity, or with a made-up one, can make a station believe or do.
public sealed class RadioStrangersTests
{
    private const string Fast = "modem=rnode&frequency=868100000&sf=7&region=none";
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Nothing_that_a_stranger_broadcasts_in_the_name_of_a_neighbour_reaches_the_router()
    {
        using RadioNet net = RadioNet.Circle(2, Fast);
        Assert.True(net.Meet(5 * Minute));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        net.Bench.RunFor(Minute);
        foreach (byte[] frame in ForgedFrames())
        {
            a.Node.Simulator.Receive(Forge(b.Identity.Address, frame), -80, 5, net.Bench.Now);
            net.Bench.RunFor(Second);
        }
        Assert.Empty(a.Inbox);
        Assert.True(a.Medium.Counters.Unproven > 0);
        Assert.True(a.Sees(b));
    }

    [Fact]
    public void What_is_no_path_request_goes_to_each_neighbour_by_itself_and_proves_its_sender()
    {
        using RadioNet net = RadioNet.Circle(3, Fast);
        Assert.True(net.Meet(5 * Minute));
        net.Bench.RunFor(Minute);
        RadioNet.Station a = net.Stations[0];
        long broadcasts = a.Medium.Counters.Sent.Broadcasts;
        byte[] announce = [(byte)FrameKind.Announce, 1, 2, 3];
        Assert.True(a.Medium.TryBroadcast(FrameClass.Routing, announce));
        Assert.True(net.Bench.RunUntil(() => net.Stations.Skip(1).All(s => s.Inbox.Count == 1), Minute));
        Assert.All(net.Stations.Skip(1),
            s => Assert.Equal((a.Identity.Address, Convert.ToHexString(announce)),
                (s.Inbox[0].From, Convert.ToHexString(s.Inbox[0].Frame))));
        Assert.Equal(broadcasts, a.Medium.Counters.Sent.Broadcasts);
    }

    /// <summary>One of every kind that a router reads.</summary>
    private static IEnumerable<byte[]> ForgedFrames()
    {
        foreach (FrameKind kind in Enum.GetValues<FrameKind>())
            yield return [(byte)kind, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        yield return RadioWireTests.PathRequestFrame(9);
        yield return [(byte)FrameKind.PathRequest];
        yield return [(byte)FrameKind.PathRequest, 0, 0, 0, 0xFF, 1, 2, 3, 4, 5, 6, 7, 8];
    }

    /// <summary>
    /// A broadcast in the name of somebody, with a tag drawn at random; the first byte is the modem's own.
    /// </summary>
    private static byte[] Forge(NodeAddress from, ReadOnlySpan<byte> routerFrame)
    {
        byte[] item = RadioItem.MakeFrame(routerFrame);
        byte[] frame = new byte[RadioFrame.HeaderSize + item.Length + CommonCheck.OpenSize];
        Random.Shared.NextBytes(frame);
        new RadioFrame(RadioFrameType.Broadcast, false, 1, AddressSlots.ShortId(from), (ushort)Random.Shared.Next())
            .Write(frame);
        item.CopyTo(frame, RadioFrame.HeaderSize);
        return [0, .. frame];
    }
}
