using System.Globalization;
using System.Text;
using System.Text.Json;

namespace QuicProChat.Mesh.Simulation;

/// <summary>What a run found. All but the last are the fields of the JSON file, in its order.</summary>
public sealed record Result
{
    /// <summary>Nodes of the topology.</summary>
    public required int Nodes { get; init; }

    /// <summary>Links of the topology; where nodes move, at the start.</summary>
    public required int Links { get; init; }

    /// <summary>
    /// Messages that arrived within five seconds of being sent, of those whose ends some path joined then; in a network
    /// with a liar, those that arrived at all.
    /// </summary>
    public required double ArrivalPercent { get; init; }

    /// <summary>Until the next hops of 99 % of all pairs lead from one to the other; negative if never.</summary>
    public required double ConvergenceSeconds { get; init; }

    /// <summary>Bytes each node sent until they did for all pairs.</summary>
    public required double ControlBytesPerNodeToConverge { get; init; }

    /// <summary>Bytes each node sent per second afterwards, with nothing moving and nobody writing.</summary>
    public required double ControlBytesPerNodeSecondSteady { get; init; }

    /// <summary>Hops by next hops over shortest hops, mean of all pairs.</summary>
    public required double StretchMean { get; init; }

    /// <summary>Its 99th percentile.</summary>
    public required double StretchP99 { get; init; }

    /// <summary>
    /// Circles among next hops seen at any look, and envelopes that came back to where they had been.
    /// </summary>
    public required long Loops { get; init; }

    /// <summary>Messages that never arrived.</summary>
    public required int Lost { get; init; }

    /// <summary>Messages that a user got twice.</summary>
    public required int Duplicated { get; init; }

    /// <summary>Memory of the process over nodes: routers, their shares of common records, and the simulator.</summary>
    public required long MemoryPerNodeBytes { get; init; }

    /// <summary>How long the run took.</summary>
    public required double WallSeconds { get; init; }

    /// <summary>The seed.</summary>
    public required int Seed { get; init; }

    /// <summary>Destinations that a look before convergence asked all nodes about: less than all is a sample.</summary>
    public required int DestinationsPerLook { get; init; }

    /// <summary>Destinations that the look for 100 % and the last one asked about: less than all is a sample.</summary>
    public required int DestinationsAtEnd { get; init; }

    /// <summary>The most memory that the process ever had, in bytes.</summary>
    public required long PeakMemoryBytes { get; init; }

    /// <summary>What the table says besides.</summary>
    public required IReadOnlyList<(string Name, string Value)> Details { get; init; }

    /// <summary>The JSON file.</summary>
    public string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("nodes", Nodes);
            json.WriteNumber("links", Links);
            json.WriteNumber("arrivalPercent", Math.Round(ArrivalPercent, 3));
            json.WriteNumber("convergenceSeconds", Math.Round(ConvergenceSeconds, 3));
            json.WriteNumber("controlBytesPerNodeToConverge", Math.Round(ControlBytesPerNodeToConverge));
            json.WriteNumber("controlBytesPerNodeSecondSteady", Math.Round(ControlBytesPerNodeSecondSteady, 2));
            json.WriteNumber("stretchMean", Math.Round(StretchMean, 4));
            json.WriteNumber("stretchP99", Math.Round(StretchP99, 4));
            json.WriteNumber("loops", Loops);
            json.WriteNumber("lost", Lost);
            json.WriteNumber("duplicated", Duplicated);
            json.WriteNumber("memoryPerNodeBytes", MemoryPerNodeBytes);
            json.WriteNumber("wallSeconds", Math.Round(WallSeconds, 2));
            json.WriteNumber("seed", Seed);
            json.WriteNumber("destinationsPerLook", DestinationsPerLook);
            json.WriteNumber("destinationsAtEnd", DestinationsAtEnd);
            json.WriteNumber("peakMemoryBytes", PeakMemoryBytes);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    /// <summary>The table.</summary>
    public string ToTable()
    {
        var rows = new List<(string Name, string Value)>
        {
            ("nodes, links", $"{Nodes}, {Links}"),
            ("arrival", Text($"{ArrivalPercent:0.00} %")),
            ("convergence to 99 %", ConvergenceSeconds < 0 ? "never" : Text($"{ConvergenceSeconds:0.00} s")),
            ("control bytes per node to converge", Text($"{ControlBytesPerNodeToConverge / 1000:0.0} kB")),
            ("control bytes per node and second, steady",
                Text($"{ControlBytesPerNodeSecondSteady / 1000:0.0000} kB/s")),
            ("stretch mean, 99th percentile", Text($"{StretchMean:0.000}, {StretchP99:0.00}")),
            ("loops", Text($"{Loops}")),
            ("lost, duplicated", Text($"{Lost}, {Duplicated}")),
            ("memory per node", Text($"{MemoryPerNodeBytes / 1000.0:0.0} kB")),
            ("wall time", Text($"{WallSeconds:0.0} s")),
            ("seed", Text($"{Seed}")),
        };
        rows.AddRange(Details);
        int width = rows.Max(r => r.Name.Length);
        var table = new StringBuilder();
        foreach ((string name, string value) in rows)
            table.Append(name.PadRight(width + 2)).Append(value).Append('\n');
        return table.ToString();
    }

    private static string Text(FormattableString value) => value.ToString(CultureInfo.InvariantCulture);
}
