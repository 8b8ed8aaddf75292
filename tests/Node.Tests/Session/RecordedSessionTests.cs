namespace QuicProChat.Mesh.Node.Tests.Session;

/// <summary>
/// What three nodes answer to a fixed script, byte for byte: whoever changes what clients see changes the record, and
/// so says it.
/// </summary>
public sealed class RecordedSessionTests
{
    private static readonly string Record = Path.Combine(AppContext.BaseDirectory, "Session", "session.txt");

    [Fact]
    public async Task Nodes_answer_the_recorded_script_with_the_recorded_lines()
    {
        string[] recorded = await File.ReadAllLinesAsync(Record);
        await using var stage = new SessionStage();
        string kept = Path.Combine(Path.GetDirectoryName(Record)!, "session.played.txt");
        var played = new List<string>();
        try
        {
            foreach (string line in recorded.Where(IsScript))
            {
                played.Add(line);
                played.AddRange(await stage.PlayAsync(line));
            }
        }
        finally
        {
            await File.WriteAllLinesAsync(kept, played);
        }

        for (int i = 0; i < Math.Max(recorded.Length, played.Count); i++)
        {
            string expected = recorded.ElementAtOrDefault(i) ?? "(the end)", actual = played.ElementAtOrDefault(i)
                ?? "(the end)";
            Assert.True(expected
                == actual, $"line {i + 1}; all that was played is in {kept}\nrecorded: {expected}\nplayed:   {actual}");
        }
    }

    /// <summary>What was answered begins with &lt; and what happened with !; all else is the script.</summary>
    private static bool IsScript(string line) => line is not (['<', ..] or ['!', ..]);
}
