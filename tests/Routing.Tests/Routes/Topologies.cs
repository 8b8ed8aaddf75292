using System.Text.Json;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

/// <summary>Small graphs for the tests.</summary>
internal static class Topologies
{
    public static RouteNetwork Line(int count, int seed = 1) =>
        Of(count, seed, Enumerable.Range(1, count - 1).Select(i => (i - 1, i)));

    public static RouteNetwork Ring(int count, int seed = 1) =>
        Of(count, seed, Enumerable.Range(0, count).Select(i => (i, (i + 1) % count)));

    public static RouteNetwork Grid(int side, int seed = 1) => Of(side * side, seed, GridLinks(side));

    public static RouteNetwork Tree(int count, int seed = 1)
    {
        var random = new Random(seed);
        return Of(count, seed, Enumerable.Range(1, count - 1).Select(i => (random.Next(i), i)).ToList());
    }

    /// <summary>A random tree and random further links.</summary>
    public static RouteNetwork Random(int count, int links, int seed)
    {
        var random = new Random(seed);
        var pairs = new HashSet<(int, int)>(Enumerable.Range(1, count - 1).Select(i => (random.Next(i), i)));
        while (pairs.Count < links)
        {
            int a = random.Next(count), b = random.Next(count);
            if (a != b)
                pairs.Add((Math.Min(a, b), Math.Max(a, b)));
        }

        return Of(count, seed, pairs);
    }

    /// <summary>A real community's graph from the shared test inputs.</summary>
    public static RouteNetwork City(string name, int seed = 1)
    {
        using JsonDocument document =
            JsonDocument.Parse(File.ReadAllBytes(SharedInputs.Find($"topologies/freifunk-{name}.json")));
        var numbers = new Dictionary<string, int>();
        var pairs = new HashSet<(int, int)>();
        foreach (JsonElement link in document.RootElement.GetProperty("links").EnumerateArray())
        {
            int a = Number(link.GetProperty("source")), b = Number(link.GetProperty("target"));
            if (a != b)
                pairs.Add((Math.Min(a, b), Math.Max(a, b)));
        }

        return Of(numbers.Count, seed, pairs);

        int Number(JsonElement node)
        {
            string key = node.ToString();
            if (!numbers.TryGetValue(key, out int number))
                numbers.Add(key, number = numbers.Count);
            return number;
        }
    }

    public static RouteNetwork Of(int count, int seed, IEnumerable<(int A, int B)> links)
    {
        var network = new RouteNetwork(seed);
        network.AddNodes(count);
        foreach ((int a, int b) in links)
            network.Connect(network.Nodes[a], network.Nodes[b]);
        return network;
    }

    private static IEnumerable<(int, int)> GridLinks(int side)
    {
        for (int i = 0; i < side * side; i++)
        {
            if (i % side < side - 1)
                yield return (i, i + 1);
            if (i + side < side * side)
                yield return (i, i + side);
        }
    }
}
