using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation.Tests;

public sealed class RadioTests
{
    private const int Bytes = 100;

    [Fact]
    public void One_frame_for_everyone_takes_the_air_once_and_reaches_every_neighbour()
    {
        (Network network, RecordingProgram[] programs) = Star(collisions: true);
        long before = network.Total.Control;
        Send(network, programs, node: 0, everyone: true);
        network.Run(network.Now + TimeSpan.FromSeconds(2));
        Assert.All(programs.Skip(1), p => Assert.Single(p.Received));
        Assert.Equal(Bytes, network.Total.Control - before);
    }

    [Fact]
    public void A_frame_for_one_neighbour_is_not_handed_to_others()
    {
        (Network network, RecordingProgram[] programs) = Star(collisions: true);
        Send(network, programs, node: 0, everyone: false);
        network.Run(network.Now + TimeSpan.FromSeconds(2));
        Assert.Equal(1, programs.Sum(p => p.Received.Count));
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 2)]
    public void Two_who_do_not_hear_each_other_collide_in_the_middle(bool collisions, int received)
    {
        (Network network, RecordingProgram[] programs) = Star(collisions);
        Send(network, programs, node: 1, everyone: false);
        Send(network, programs, node: 2, everyone: false);
        network.Run(network.Now + TimeSpan.FromSeconds(2));
        Assert.Equal(received, programs[0].Received.Count);
    }

    [Fact]
    public void Who_hears_another_waits_for_its_end()
    {
        (Network network, RecordingProgram[] programs) = Star(collisions: true);
        Instant start = network.Now;
        Send(network, programs, node: 0, everyone: true);
        Send(network, programs, node: 1, everyone: false);
        network.Run(network.Now + TimeSpan.FromSeconds(5));
        Assert.All(programs, p => Assert.Single(p.Received));
        Assert.True(programs[0].Received[0].At >= start + 2 * network.RadioModel!.AirTime(Bytes));
        Assert.Equal(0, network.Frames.InUse);
    }

    private static void Send(Network network, RecordingProgram[] programs, int node, bool everyone)
    {
        byte[] frame = new byte[Bytes];
        frame[0] = (byte)FrameKind.Announce;
        network.Call(network.Nodes[node], _ => network.Nodes[node]
            .Send(programs[node].Links[0], FrameClass.Routing, frame, everyone));
    }

    private static (Network Network, RecordingProgram[] Programs) Star(bool collisions)
    {
        var programs = new RecordingProgram[4];
        var network = new Network(1)
        {
            Boot = node => programs[node.Index] = new RecordingProgram(node),
            RadioModel = new RadioModel(5000, TimeSpan.FromMilliseconds(12), TimeSpan.FromMilliseconds(15), collisions),
        };
        for (int i = 0; i < programs.Length; i++)
        {
            network.AddNode();
            network.StartNode(i, new Instant(0));
        }

        for (int i = 1; i < programs.Length; i++)
            network.AddLink(0, i, new LinkModel(TimeSpan.FromMicroseconds(10)));
        network.Run(new Instant(TimeSpan.TicksPerSecond));
        return (network, programs);
    }
}
