using System.Globalization;
using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>The figures of gossip in docs/performance.md.</summary>
public static class GossipFigures
{
    /// <summary>What a city made of some records.</summary>
    /// <param name="Nodes">Nodes of the largest part of the graph.</param>
    /// <param name="Records">Records published.</param>
    /// <param name="Missing">Pairs of record and node that never met.</param>
    /// <param name="Longest">The longest way of a record to a node.</param>
    /// <param name="PerRecord">Transmissions of a record, as parts of what a perfect tree needs.</param>
    /// <param name="AnnouncedBytes">Bytes of announcements and requests for each record and node.</param>
    public sealed record City(
        int Nodes, int Records, int Missing, TimeSpan Longest, double PerRecord, double AnnouncedBytes)
    {
        /// <inheritdoc/>
        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"{Nodes} nodes, {Records} records: {Missing} missing, longest {Longest.TotalMilliseconds:F0} ms, "
                + $"{PerRecord:F3} (N-1), {AnnouncedBytes:F1} bytes announced");
    }

    /// <summary>Publishes records of 300 bytes at random nodes, one after another.</summary>
    public static City Spread(Topology topology, int records, TimeSpan apart, int seed, LinkModel? model = null)
    {
        var world = new GossipWorld(topology, seed, model);
        int[] nodes = [.. LargestPart(topology)];
        world.StartAll();
        var random = new Random(seed);
        for (int i = 0; i < records; i++)
        {
            world.Publish(nodes[random.Next(nodes.Length)]);
            world.Run(apart);
        }

        world.Run(TimeSpan.FromSeconds(20));
        long[] sent = world.Network.SentByKind;
        double tree = (double)records * (nodes.Length - 1);
        return new City(
            nodes.Length, records, world.Missing(nodes), world.LongestDelay(nodes) ?? TimeSpan.MaxValue,
            world.Transmissions / tree,
            (sent[(int)FrameKind.GossipHave] + sent[(int)FrameKind.GossipWant]
                + sent[(int)FrameKind.GossipPrune]) / tree);
    }

    /// <summary>What it cost two nodes to find out what only one of them has.</summary>
    /// <param name="Records">Records of each side before.</param>
    /// <param name="Different">Records of each side that the other lacked.</param>
    /// <param name="Left">Records that one of them still lacks.</param>
    /// <param name="Bytes">Bytes beyond the records: fingerprints, ids, requests.</param>
    /// <param name="Seconds">Time from the link to the last record.</param>
    public sealed record Islands(int Records, int Different, int Left, long Bytes, double Seconds)
    {
        /// <inheritdoc/>
        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"{Records} records, {Different} of each side different: {Left} left, {Bytes} bytes beyond, {Seconds:F1} s");
    }

    /// <summary>Two islands of a node each, which meet.</summary>
    public static Islands Meet(int records, int different, int seed)
    {
        var options = new GossipOptions { MaxCount = 8 * records, MaxBytes = 64 << 20 };
        var world = new GossipWorld(Generators.Line(2), seed, options: options);
        world.Network.SetWire(world.Network.Links[0], up: false);
        world.StartAll();
        for (int i = 0; i < records - different; i++)
        {
            byte[] record = world.MakeRecord(300);
            for (int node = 0; node < 2; node++)
                world.Network.Call(
                    world.Network.Nodes[node], p => ((GossipHost)p).Protocol.Publish(world.Network.Now, record));
        }

        for (int node = 0; node < 2; node++)
        {
            for (int i = 0; i < different; i++)
                world.Publish(node);
        }

        long[] before = [.. world.Network.SentByKind];
        world.Network.SetWire(world.Network.Links[0], up: true);
        Routing.Instant from = world.Network.Now;
        _ = world.Network.Run(from + TimeSpan.FromSeconds(50), () => world.Missing([0, 1]) == 0);
        double seconds = (world.Network.Now - from).TotalSeconds;
        world.Run(TimeSpan.FromSeconds(5));
        long Sent(FrameKind kind) => world.Network.SentByKind[(int)kind] - before[(int)kind];
        return new Islands(
            records, different, world.Missing([0, 1]),
            Sent(FrameKind.GossipSync) + Sent(FrameKind.GossipHave) + Sent(FrameKind.GossipWant)
                + Sent(FrameKind.GossipPrune), seconds);
    }

    /// <summary>The nodes of the largest part of a graph.</summary>
    public static IReadOnlyList<int> LargestPart(Topology topology)
    {
        ILookup<int, int> near = topology.Edges.SelectMany(e => new[] { (e.A, e.B), (e.B, e.A) })
            .ToLookup(e => e.Item1, e => e.Item2);
        var seen = new HashSet<int>();
        List<int> largest = [];
        for (int start = 0; start < topology.Nodes; start++)
        {
            if (!seen.Add(start))
                continue;
            List<int> part = [start];
            for (int i = 0; i < part.Count; i++)
                part.AddRange(near[part[i]].Where(seen.Add));
            if (part.Count > largest.Count)
                largest = part;
        }

        return largest;
    }
}
