using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

public sealed class DestinationTableTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void It_agrees_with_a_dictionary_through_additions_and_removals(int seed)
    {
        var random = new Random(seed);
        var table = new DestinationTable(500, random);
        var model = new Dictionary<Abbreviation, int>();
        for (int i = 0; i < 50_000; i++)
        {
            // Few and similar names, so that probe sequences grow into each other.
            var name = new Abbreviation((ulong)random.Next(800) << random.Next(3) * 20);
            int index = table.Find(name);
            Assert.Equal(model.GetValueOrDefault(name, -1), index);
            if (index >= 0 && random.Next(2) == 0)
            {
                table.Remove(index);
                model.Remove(name);
            }
            else if (index < 0 && !table.IsFull)
            {
                model.Add(name, table.Add(name));
                Assert.True(model[name] < table.End);
            }

            Assert.Equal(model.Count, table.Count);
        }

        foreach ((Abbreviation name, int index) in model)
        {
            Assert.Equal(index, table.Find(name));
            Assert.Equal(name, table[index].Name);
        }
    }

    [Fact]
    public void Metrics_and_sequences_survive_being_packed()
    {
        Assert.True(Distance.None.IsNone);
        Assert.True(Distance.Unknown.IsNone);
        Assert.NotEqual(Distance.None, Distance.Unknown);
        Assert.Equal(Distance.None, new Distance(77, Metric.Infinite));
        foreach (ushort code in (ushort[])[0, 1, 4096, 0xFFFE])
        {
            var distance = new Distance(0xFFFF, new Metric(code));
            Assert.Equal(code, distance.Metric.Code);
            Assert.Equal(0xFFFF, distance.Sequence);
            Assert.False(distance.IsNone);
        }
    }

    [Fact]
    public void Feasible_is_what_is_newer_or_nearer_and_sequences_wrap()
    {
        var feasibility = new Distance(0xFFFF, new Metric(50));
        Assert.True(new Distance(0xFFFF, new Metric(49)).IsFeasible(feasibility));
        Assert.False(new Distance(0xFFFF, new Metric(50)).IsFeasible(feasibility));
        Assert.True(new Distance(0, new Metric(5000)).IsFeasible(feasibility));
        Assert.False(new Distance(0xFFFE, new Metric(1)).IsFeasible(feasibility));
        Assert.False(Distance.None.IsFeasible(feasibility));
        Assert.True(new Distance(5, new Metric(5000)).IsFeasible(Distance.None));
    }
}
