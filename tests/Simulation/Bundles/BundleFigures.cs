using System.Globalization;
using System.Text;

namespace QuicProChat.Mesh.Simulation;

/// <summary>The figures of bundles in docs/performance.md: the same texts as copies, and in bundles.</summary>
public static class BundleFigures
{
    /// <summary>What crossed all links for the texts of a group.</summary>
    /// <param name="Members">Members, the sender among them.</param>
    /// <param name="TextsSent">Texts.</param>
    /// <param name="Missing">Copies that did not arrive, or were not proven.</param>
    /// <param name="Texts">Frames with texts.</param>
    /// <param name="Receipts">Frames with receipts.</param>
    /// <param name="Custody">Acknowledgements.</param>
    /// <param name="All">The sum of the three.</param>
    public sealed record Run(
        int Members, int TextsSent, int Missing, FrameCount Texts, FrameCount Receipts, FrameCount Custody,
        FrameCount All);

    /// <summary>Copies against bundles.</summary>
    /// <param name="Copies">Each envelope alone.</param>
    /// <param name="Bundled">In bundles.</param>
    public sealed record Comparison(Run Copies, Run Bundled)
    {
        /// <summary>Bytes of texts in bundles, as a part of those of copies.</summary>
        public double TextBytes => (double)Bundled.Texts.Bytes / Copies.Texts.Bytes;

        /// <summary>Bytes of texts, receipts and acknowledgements, likewise.</summary>
        public double AllBytes => (double)Bundled.All.Bytes / Copies.All.Bytes;

        /// <summary>A table for people: frames and bytes of one text.</summary>
        public override string ToString()
        {
            var table = new StringBuilder();
            table.AppendLine(CultureInfo.InvariantCulture,
                $"a group of {Copies.Members}, per text:       copies               bundles     bytes");
            Row("texts", Copies.Texts, Bundled.Texts);
            Row("receipts", Copies.Receipts, Bundled.Receipts);
            Row("acknowledgements", Copies.Custody, Bundled.Custody);
            Row("all", Copies.All, Bundled.All);
            return table.ToString();

            void Row(string what, FrameCount copies, FrameCount bundled) => table.AppendLine(
                CultureInfo.InvariantCulture,
                $"  {what,-17} {PerText(copies.Frames),6:F1} frames {PerText(copies.Bytes),8:F0} B "
                    + $"{PerText(bundled.Frames),6:F1} frames {PerText(bundled.Bytes),8:F0} B "
                    + $"{(double)bundled.Bytes / copies.Bytes,6:P0}");
        }

        private double PerText(long count) => (double)count / Copies.TextsSent;
    }

    /// <summary>Sends texts in a group of random members, one after another.</summary>
    /// <param name="topology">Where.</param>
    /// <param name="members">Members, the sender among them.</param>
    /// <param name="texts">Texts.</param>
    /// <param name="size">Payload of a text in bytes.</param>
    /// <param name="seed">All chance comes from it.</param>
    public static Comparison Compare(Topology topology, int members, int texts, int size, int seed) => new(
        Send(topology, members, texts, size, seed, bundles: false),
        Send(topology, members, texts, size, seed, bundles: true));

    private static Run Send(Topology topology, int members, int texts, int size, int seed, bool bundles)
    {
        var world = new BundleWorld(topology, seed, bundles);
        int[] nodes = [.. GossipFigures.LargestPart(topology)];
        new Random(seed).Shuffle(nodes);
        int[] group = nodes[..members];
        world.StartAll();
        for (int i = 0; i < texts; i++)
        {
            int from = group[i % group.Length];
            world.Send(from, [.. group.Where(node => node != from)], size);
        }

        world.Network.Run(world.Network.Now + TimeSpan.FromSeconds(5));
        int copies = texts * (members - 1);
        return new Run(
            members, texts, 2 * copies - world.Delivered - world.Proven, world.Texts, world.Receipts, world.Custody,
            world.All);
    }
}
