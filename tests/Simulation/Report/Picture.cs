using System.Globalization;
using System.Text;

namespace QuicProChat.Mesh.Simulation;

/// <summary>What a picture shows of one link.</summary>
/// <param name="A">One node.</param>
/// <param name="B">The other.</param>
/// <param name="Up">The wire is up.</param>
/// <param name="Bytes">Carried in both directions.</param>
/// <param name="Envelopes">Carried in both directions.</param>
public readonly record struct PictureLink(int A, int B, bool Up, long Bytes, long Envelopes);

/// <summary>What a picture shows of one node.</summary>
/// <param name="Name">From the topology.</param>
/// <param name="Running">It is on.</param>
/// <param name="Reach">Share of the others it reaches, 0..1.</param>
/// <param name="Stretch">Mean of hops taken over shortest hops; 0 where nothing is reached.</param>
public readonly record struct PictureNode(string Name, bool Running, double Reach, double Stretch);

/// <summary>
/// The network as SVG: the broader and redder a link the more it carried, the redder a node the longer its detours.
/// Hovering shows the figures.
/// </summary>
public static class Picture
{
    private const int Size = 1200;
    private const int Margin = 40;
    private const int Legend = 70;

    /// <summary>Draws.</summary>
    public static string Draw(
        string title, IReadOnlyList<PictureNode> nodes, IReadOnlyList<PictureLink> links, IReadOnlyList<Place> places)
    {
        Place[] at = [.. ForceLayout.Fit(places)
            .Select(p => new Place(Margin + p.X * (Size - 2 * Margin), Legend + Margin + p.Y * (Size - 2 * Margin)))];
        double height = Math.Max(300, at.Max(p => p.Y) + Margin);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Size} {height:0}" font-family="sans-serif">
            <rect width="100%" height="100%" fill="#ffffff"/>
            <text x="{Margin}" y="34" font-size="22" fill="#222">{Escape(title)}</text>
            <text x="{Margin}" y="58" font-size="14" fill="#555">Links: broad and red carried most. Nodes: green on shortest paths, red on detours, grey off, black ring where something is out of reach.</text>

            """);
        long most = Math.Max(1, links.Count == 0 ? 1 : links.Max(l => l.Bytes));
        foreach (PictureLink link in links.OrderBy(l => l.Bytes))
        {
            double load = Math.Sqrt((double)link.Bytes / most);
            svg.Append(CultureInfo.InvariantCulture,
                $"<line x1=\"{at[link.A].X:0.0}\" y1=\"{at[link.A].Y:0.0}\" x2=\"{at[link.B].X:0.0}\" "
                    + $"y2=\"{at[link.B].Y:0.0}\" ");
            svg.Append(link.Up
                ? string.Create(CultureInfo.InvariantCulture,
                    $"stroke=\"{Colour(load, 0xB8, 0xC4, 0xD0)}\" stroke-width=\"{0.6 + 5 * load:0.0}\">")
                : "stroke=\"#dddddd\" stroke-width=\"0.6\" stroke-dasharray=\"3 4\">");
            svg.Append(CultureInfo.InvariantCulture,
                $"<title>{Escape(nodes[link.A].Name)} - {Escape(nodes[link.B].Name)}: {link.Bytes / 1000.0:0.0} kB, "
                    + $"{link.Envelopes} envelopes</title></line>\n");
        }

        double radius = Math.Clamp(200 / Math.Sqrt(nodes.Count), 2, 10);
        for (int i = 0; i < nodes.Count; i++)
        {
            PictureNode node = nodes[i];
            string fill = node.Running ? Colour(Math.Clamp(node.Stretch - 1, 0, 1), 0x2E, 0x9E, 0x5B) : "#bbbbbb";
            string ring = node.Running && node.Reach < 1 ? "#000000" : "#ffffff";
            svg.Append(CultureInfo.InvariantCulture,
                $"<circle cx=\"{at[i].X:0.0}\" cy=\"{at[i].Y:0.0}\" r=\"{radius:0.0}\" fill=\"{fill}\" "
                    + $"stroke=\"{ring}\" stroke-width=\"1\">");
            svg.Append(CultureInfo.InvariantCulture,
                $"<title>{Escape(node.Name)}: reaches {100 * node.Reach:0.0} %, stretch "
                    + $"{node.Stretch:0.00}</title></circle>\n");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static string Colour(double share, int red, int green, int blue)
    {
        int Mix(int from, int to) => (int)(from + (to - from) * share);
        return $"#{Mix(red, 0xD6):x2}{Mix(green, 0x28):x2}{Mix(blue, 0x28):x2}";
    }

    private static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal);
}
