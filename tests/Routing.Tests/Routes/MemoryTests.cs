using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

/// <summary>Alone, because it measures the memory of the process.</summary>
[Collection(nameof(ScaleTests))]
public sealed class MemoryTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(6)]
    [InlineData(64)]
    [InlineData(256)]
    public void Routes_that_are_full_in_every_way_stay_within_their_memory(int links)
    {
        var options = new RouteOptions();
        var network = new RouteNetwork(1) { Verifier = AnnounceVerifier.Instance };
        network.AddNodes(1);
        RouteNode router = network.Nodes[0];
        var peers = new RouteNode[links];
        int names = RouteMemory.MaxNames(options.MemoryBytes, links);
        byte[][] announces = [.. Enumerable.Range(0, names).Select(
            i => ((IAnnounceSource)new RouteNode(network, 10_000 + i)).Create(1).Bytes.ToArray())];
        Abbreviation[] known = [.. announces.Select(NameOf)];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < links; i++)
        {
            // The cable swallows what is sent: what a neighbour says the test says, and nothing that is told to it
            // leaves. A link whose rate is known is in use at once.
            peers[i] = new RouteNode(network, 1 + i);
            peers[i].Start(network.Now, i);
            RouteLink cable = network.Connect(
                router, peers[i], properties: LinkProperties.Stream with { BitsPerSecond = 1_000_000 });
            cable.IsSilent = true;
        }

        // Everybody names everything, and then twice as many nodes that do not exist.
        for (int link = 0; link < links; link++)
        {
            Say(network, router, link, known, 1, 100);
            if (link == 0)
            {
                foreach (byte[] announce in announces)
                    router.Routes.Receive(network.Now, new LinkId(0), FrameKind.Announce, announce);
            }
        }

        var random = new Random(1);
        for (int round = 0; round < 4; round++)
        {
            for (int link = 0; link < links; link++)
            {
                Say(network, router, link, [.. Enumerable.Range(0, 2 * names / links + 1).Select(
                    _ => new Abbreviation((ulong)random.NextInt64()))], 1, 50);
            }
        }

        for (int link = 0; link < links; link++)
        {
            // Sequences that nobody signed, routes that swing, requests for what nobody knows and for every record.
            Say(network, router, link, known, 2, 0xF000);
            for (int i = 0; i < 300; i++)
            {
                byte[] request = new byte[PathRequest.Size];
                new PathRequest(9, 1, i % 2 == 0, i % 4 < 2 ? known[i % known.Length]
                    : new Abbreviation((ulong)random.NextInt64()))
                    .Write(request);
                router.Routes.Receive(network.Now, new LinkId(link), FrameKind.PathRequest, request);
            }

            foreach (Abbreviation[] part in known.Take(2048).Chunk(128))
            {
                byte[] ask = new byte[AnnounceRequest.SizeOf(part.Length)];
                AnnounceRequest.Write(ask, part);
                router.Routes.Receive(network.Now, new LinkId(link), FrameKind.AnnounceRequest, ask);
            }
        }

        for (int i = 0; i < 4096; i++)
            router.Routes.Want(network.Now, new NodeAddress((ulong)random.NextInt64(), 7));
        // The copies that the host keeps on its disk are not the router's.
        router.SavedAnnounces.Clear();
        router.SavedAnnounces.TrimExcess();
        long bytes = GC.GetTotalMemory(forceFullCollection: true) - before - Peers(network, links);
        output.WriteLine(
            $"{links} links: {router.Routes.TableSize} of {names} names, {router.Routes.KnownNodes} signed, "
            + $"{router.Routes.TimerCount} timers, {bytes / 1e6:0.00} MB");
        Assert.InRange(router.Routes.TableSize, 1, names);
        Assert.InRange(bytes, 0, options.MemoryBytes);
        GC.KeepAlive(peers);
        GC.KeepAlive(announces);
    }

    /// <summary>
    /// What the other ends take that the test needs: as much as so many others in a network of their own.
    /// </summary>
    private static long Peers(RouteNetwork network, int links)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var others = new List<RouteNode>();
        for (int i = 0; i < links; i++)
        {
            var peer = new RouteNode(network, 100_000 + i);
            peer.Start(network.Now, i);
            others.Add(peer);
        }

        long bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(others);
        return bytes;
    }

    private static Abbreviation NameOf(byte[] announce) =>
        UnverifiedAnnounce.TryRead(announce, out UnverifiedAnnounce view)
            ? Abbreviation.Of(view.ComputeAddress()) : default;

    private static void Say(
        RouteNetwork network, RouteNode router, int link, Abbreviation[] names, ushort sequence, ushort metric)
    {
        foreach (Abbreviation[] part in names.Chunk(1000))
        {
            byte[] body = new byte[RouteUpdate.SizeOf(part.Length)];
            var writer = new RouteUpdate.Writer(body, router.Routes.ExpectedUpdate(new LinkId(link)),
                RouteUpdateFlags.None);
            foreach (Abbreviation name in part)
                writer.TryAdd(new RouteEntry(name, sequence, new Metric(metric)));
            router.Routes.Receive(network.Now, new LinkId(link), FrameKind.RouteUpdate, body);
        }
    }
}
