namespace QuicProChat.Mesh.Bench;

/// <summary>Figures beside their goals.</summary>
internal sealed class Table(string loadBefore)
{
    private readonly List<(string Figure, string Goal, string Measured, string Note)> _rows = [];

    internal void Add(string figure, string goal, string measured, string note = "")
    {
        _rows.Add((figure, goal, measured, note));
        Console.Error.WriteLine($"{figure}: {measured} {note}");
    }

    internal void Print(TextWriter output)
    {
        output.WriteLine(
            $"{Environment.ProcessorCount} processors; load average before: {loadBefore}; after: "
                + $"{File.ReadAllText("/proc/loadavg").Trim()}");
        int width = _rows.Max(r => r.Figure.Length);
        int goal = _rows.Max(r => r.Goal.Length);
        int measured = _rows.Max(r => r.Measured.Length);
        foreach ((string figure, string aim, string value, string note) in _rows)
            output.WriteLine(
                $"| {figure.PadRight(width)} | {aim.PadRight(goal)} | {value.PadRight(measured)} | {note} |".TrimEnd());
    }
}
