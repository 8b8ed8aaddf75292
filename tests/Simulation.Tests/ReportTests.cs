using System.Text.Json;
using System.Xml.Linq;

namespace QuicProChat.Mesh.Simulation.Tests;

public sealed class ReportTests
{
    [Fact]
    public void The_file_has_the_agreed_fields_in_their_order()
    {
        var result = new Result
        {
            Nodes = 1,
            Links = 2,
            ArrivalPercent = 3,
            ConvergenceSeconds = 4,
            ControlBytesPerNodeToConverge = 5,
            ControlBytesPerNodeSecondSteady = 6,
            StretchMean = 7,
            StretchP99 = 8,
            Loops = 9,
            Lost = 10,
            Duplicated = 11,
            MemoryPerNodeBytes = 12,
            WallSeconds = 13,
            Seed = 14,
            DestinationsPerLook = 15,
            DestinationsAtEnd = 16,
            PeakMemoryBytes = 17,
            Details = [],
        };
        using JsonDocument json = JsonDocument.Parse(result.ToJson());
        Assert.Equal(
            "nodes, links, arrivalPercent, convergenceSeconds, controlBytesPerNodeToConverge, "
                + "controlBytesPerNodeSecondSteady, "
            + "stretchMean, stretchP99, loops, lost, duplicated, memoryPerNodeBytes, wallSeconds, seed, "
            + "destinationsPerLook, destinationsAtEnd, peakMemoryBytes",
            string.Join(", ", json.RootElement.EnumerateObject().Select(p => p.Name)));
        Assert.Equal(Enumerable.Range(1, 17), json.RootElement.EnumerateObject().Select(p => p.Value.GetInt32()));
    }

    [SharedFact(Cities.Leipzig)]
    public void The_picture_is_well_formed_shows_every_node_and_link_and_is_the_same_each_time()
    {
        Topology topology = Topology.Parse(Cities.Find("freifunk-leipzig"), seed: 1);
        string Draw() => Picture.Draw("<Leipzig & more>",
            [.. topology.Names.Select((n, i) => new PictureNode(n, i != 3, i / 210.0, 1 + i / 210.0))],
            [.. topology.Edges.Select((e, i) => new PictureLink(e.A, e.B, i != 5, i, i))],
            ForceLayout.Compute(topology.Nodes, topology.Edges));
        string svg = Draw();
        XElement root = XDocument.Parse(svg).Root!;
        Assert.Equal(210, root.Elements().Count(e => e.Name.LocalName == "circle"));
        Assert.Equal(413, root.Elements().Count(e => e.Name.LocalName == "line"));
        Assert.Equal(svg, Draw());
    }

    [Fact]
    public void Nodes_of_a_drawn_graph_keep_apart_and_neighbours_keep_together()
    {
        Topology grid = Generators.Grid(49);
        Place[] places = ForceLayout.Compute(grid.Nodes, grid.Edges);
        double nearest = Enumerable.Range(0, 49)
            .Min(i => Enumerable.Range(0, 49).Where(j => j != i).Min(j => places[i].To(places[j])));
        double neighbours = grid.Edges.Average(e => places[e.A].To(places[e.B]));
        double all = Enumerable.Range(0, 49)
            .Average(i => Enumerable.Range(0, 49).Average(j => places[i].To(places[j])));
        Assert.True(nearest > 0.02, $"nearest {nearest}");
        Assert.True(neighbours < all / 2, $"neighbours {neighbours}, all {all}");
    }

    [Theory]
    [InlineData("line:50", "--sed", "3")]
    [InlineData("line:50", "--seed", "x")]
    [InlineData("line:50", "--loss", "101")]
    [InlineData("line:50", "--seed")]
    [InlineData("--seed", "1")]
    public void What_is_no_option_is_refused(params string[] arguments) =>
        Assert.NotEmpty(Assert.Throws<UsageException>(() => Options.Parse(arguments)).Message);
}
