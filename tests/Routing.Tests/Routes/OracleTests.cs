using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

public sealed class OracleTests
{
    [Fact]
    public void The_oracle_sees_the_loops_of_a_network_where_every_wire_lies()
    {
        RouteNetwork network = Topologies.Ring(6);
        network.Run(5);
        Assert.Equal(0, network.Loops);
        Assert.All(network.Nodes, node => Assert.False(network.HasLoop(node)));

        // What is heard has nothing to do with what was advertised: metrics fall along the ring for ever.
        int metric = 5000;
        network.Tamper = (from, frame) =>
        {
            if ((FrameKind)frame[0] == FrameKind.RouteUpdate)
            {
                for (int at = 1 + RouteUpdate.HeaderSize; at < frame.Length; at += RouteEntry.Size)
                {
                    RouteEntry entry = RouteEntry.Read(frame.AsSpan(at));
                    if (entry.Metric != Metric.Zero)
                        (entry with { Metric = new Metric((ushort)Math.Max(10, metric -= 20)) })
                            .Write(frame.AsSpan(at));
                }
            }

            return frame;
        };
        foreach (RouteLink link in network.Links.Take(5).ToList())
        {
            network.Down(link);
            network.Up(link);
            network.Run(0.5);
        }

        network.Down(network.Links[5]);
        network.Run(10);
        Assert.NotEqual(0, network.Loops);
    }
}
