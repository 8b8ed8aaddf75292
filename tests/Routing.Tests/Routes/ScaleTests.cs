using QuicProChat.Mesh.Wire;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

/// <summary>Alone, because it measures the memory of the process.</summary>
[CollectionDefinition(nameof(ScaleTests), DisableParallelization = true)]
[Collection(nameof(ScaleTests))]
public sealed class ScaleTests(ITestOutputHelper output)
{
    [Fact]
    public void Five_thousand_known_nodes_fit_in_five_megabytes()
    {
        // A hub that already knows everybody, and six neighbours through which a router learns of them.
        const int Count = 5000;
        const int Neighbours = 6;
        var network = new RouteNetwork(1) { Verifier = AnnounceVerifier.Instance };
        network.AddNodes(1 + Neighbours);
        RouteNode router = network.Nodes[0];
        for (int i = 1; i <= Neighbours; i++)
            network.Connect(router, network.Nodes[i]);
        network.Run(5);
        Announce[] announces = new Announce[Count];
        RouteEntry[] entries = new RouteEntry[Count];
        for (int i = 0; i < Count; i++)
        {
            announces[i] = ((IAnnounceSource)new RouteNode(network, 1000 + i)).Create(1);
            entries[i] = new RouteEntry(Abbreviation.Of(announces[i].Address), 1, new Metric(100));
        }

        List<byte[]> frames = announces.Select(announce => announce.Bytes.ToArray()).ToList();
        announces = [];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int neighbour = 0; neighbour < Neighbours; neighbour++)
        {
            var link = new LinkId(neighbour);
            foreach (RouteEntry[] part in entries.Chunk(100))
                router.Routes.Receive(network.Now, link, FrameKind.RouteUpdate,
                    Update(router.Routes.ExpectedUpdate(link), part));
        }

        foreach (byte[] frame in frames)
            router.Routes.Receive(network.Now, new LinkId(0), FrameKind.Announce, frame);
        network.After(router);
        Assert.Equal(1 + Neighbours + Count, router.Routes.KnownNodes);
        for (int i = 0; i < 3; i++)
            router.Routes.Tick(network.Now + TimeSpan.FromSeconds(2 + i));
        long bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine($"{bytes / 1e6:0.00} MB, announces included");
        Assert.True(bytes < 5_000_000, $"{bytes} B");
        GC.KeepAlive(network);
    }

    private static byte[] Update(ushort number, RouteEntry[] entries)
    {
        byte[] body = new byte[RouteUpdate.SizeOf(entries.Length)];
        var writer = new RouteUpdate.Writer(body, number, RouteUpdateFlags.None);
        foreach (RouteEntry entry in entries)
            writer.TryAdd(entry);
        return body;
    }
}
