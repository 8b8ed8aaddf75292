using Xunit.Abstractions;

namespace QuicProChat.Mesh.Simulation.Tests;

/// <summary>Bundles against copies in networks (docs/reference/protocol.md, section 4.6).</summary>
public sealed class BundleTests(ITestOutputHelper output)
{
    /// <summary>What a text of forty letters has in an MLS group, about.</summary>
    private const int TextSize = 240;

    [SharedTheory(Cities.Leipzig)]
    [InlineData(32)]
    [InlineData(50)]
    public void A_text_of_a_group_in_Leipzig_takes_less_than_two_fifths_of_the_bytes_of_its_copies(int members)
    {
        Topology leipzig = TopologyFile.Load(Cities.Find("freifunk-leipzig"));
        BundleFigures.Comparison figures = BundleFigures.Compare(leipzig, members, texts: 20, TextSize, seed: 1);
        output.WriteLine(figures.ToString());
        Assert.True(figures.Copies.Missing == 0 && figures.Bundled.Missing == 0, figures.ToString());
        Assert.True(figures.TextBytes < 0.4 && figures.AllBytes < 0.55, figures.ToString());
        Assert.True(figures.Bundled.Texts.Frames < figures.Copies.Texts.Frames / 2, figures.ToString());
    }

    [Fact]
    public void Each_copy_arrives_and_is_proven_in_a_town_of_any_shape()
    {
        foreach (string shape in (string[])["line:12", "grid:25", "tree:40", "geometric:30/90"])
        {
            BundleFigures.Comparison figures =
                BundleFigures.Compare(Topology.Parse(shape, 2), members: 10, texts: 10, TextSize, seed: 2);
            output.WriteLine($"{shape}: {figures}");
            Assert.True(figures.Copies.Missing == 0 && figures.Bundled.Missing == 0, $"{shape}: {figures}");
            Assert.True(figures.Bundled.All.Bytes < figures.Copies.All.Bytes, $"{shape}: {figures}");
        }
    }
}
