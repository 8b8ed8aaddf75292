using System.Text.Json;

namespace QuicProChat.Mesh.Simulation;

/// <summary>
/// Graphs as community networks publish them: JSON with <c>links[]</c> of <c>source</c>, <c>target</c> (number or
/// text),
/// <c>source_tq</c>, <c>target_tq</c> (0..1, 0 or absent: unknown) and <c>type</c>. Nodes are the ids that occur.
/// </summary>
public static class TopologyFile
{
    /// <summary>Loads a file.</summary>
    /// <exception cref="UsageException">It cannot be read, or is not such a graph.</exception>
    public static Topology Load(string path)
    {
        try
        {
            return Read(Path.GetFileNameWithoutExtension(path), File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or FormatException)
        {
            throw new UsageException(
                $"'{path}' cannot be used as a topology: {e.Message} (line:N, grid:N, tree:N, geometric:N and city:N "
                    + "are made without a file)");
        }
    }

    /// <summary>Reads the JSON text.</summary>
    public static Topology Read(string name, ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object
            || !document.RootElement.TryGetProperty("links", out JsonElement links))
            throw new FormatException("it has no links[]");
        var numbers = new Dictionary<string, int>();
        var names = new List<string>();
        int Number(JsonElement link, string end)
        {
            if (!link.TryGetProperty(end, out JsonElement id)
                || id.ValueKind is not (JsonValueKind.Number or JsonValueKind.String))
                throw new FormatException($"a link has no {end}");
            string text = id.ToString();
            if (!numbers.TryGetValue(text, out int number))
            {
                numbers[text] = number = names.Count;
                names.Add(text);
            }

            return number;
        }

        var edges = new List<Edge>();
        var joined = new HashSet<(int, int)>();
        foreach (JsonElement link in links.EnumerateArray())
        {
            int a = Number(link, "source"), b = Number(link, "target");
            if (a == b || !joined.Add((Math.Min(a, b), Math.Max(a, b))))
                continue;
            string type = link.TryGetProperty("type", out JsonElement t) && t.ValueKind == JsonValueKind.String
                ? t.GetString()! : "other";
            edges.Add(new Edge(a, b, Quality(link, "source_tq"), Quality(link, "target_tq"), type));
        }

        if (edges.Count == 0)
            throw new FormatException("it has no link between two nodes");
        return new Topology(name, names, edges);
    }

    private static double Quality(JsonElement link, string end) =>
        link.TryGetProperty(end, out JsonElement value) && value.ValueKind == JsonValueKind.Number
            && value.GetDouble() is > 0 and <= 1 and var quality
            ? quality
            : 1;
}
