using QuicProChat.Mesh.Node.Repl;

namespace QuicProChat.Mesh.Node.Tests.Repl;

/// <summary>Commands of earlier consoles, and what a terminal and its owner want.</summary>
public sealed class ReplHistoryTests : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-history-").FullName;

    private string FilePath => Path.Combine(_directory, "state", "history");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Commands_are_there_for_the_next_console_and_nobody_else_can_read_them()
    {
        Assert.Empty(new ReplHistory(FilePath).Read());
        var first = new ReplHistory(FilePath);
        foreach (string line in (string[])["/dm bob", "/dm bob", "hello", "/mesh send bob secret", "/mesh peers"])
            first.Add(line);
        Assert.Equal(["/dm bob", "/mesh peers"], new ReplHistory(FilePath).Read());
        Assert.Equal(Private, File.GetUnixFileMode(FilePath));
        Assert.Equal(Private | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(FilePath)!));

        File.SetUnixFileMode(FilePath, Private | UnixFileMode.OtherRead);
        new ReplHistory(FilePath).Read();
        Assert.Equal(Private, File.GetUnixFileMode(FilePath));
    }

    [Fact]
    public void A_file_of_any_length_and_content_costs_a_bounded_number_of_lines()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        File.WriteAllText(FilePath, "\u001b[31m\n/\u0007bell\n" + new string('/', 5_000_000) + "\n\n/dm bob\n");
        Assert.Equal(["/dm bob"], new ReplHistory(FilePath).Read());
        File.Delete(FilePath);
        var history = new ReplHistory(FilePath);
        for (int i = 0; i < (2 * ReplHistory.MaxLines) + 10; i++)
            history.Add($"/dm peer{i}");
        IReadOnlyList<string> kept = history.Read();
        Assert.InRange(kept.Count, ReplHistory.MaxLines / 2, ReplHistory.MaxLines);
        Assert.Equal($"/dm peer{(2 * ReplHistory.MaxLines) + 9}", kept[^1]);
        Assert.Equal(Private, File.GetUnixFileMode(FilePath));
    }

    [Fact]
    public void It_lies_where_the_environment_says()
    {
        Assert.Equal("/s/qpc-mesh/history", ReplHistory.PathOf(name => name == "XDG_STATE_HOME" ? "/s" : "/h"));
        Assert.Equal("/h/.local/state/qpc-mesh/history",
            ReplHistory.PathOf(name => name == "HOME" ? "/h" : "relative"));
        Assert.Null(ReplHistory.PathOf(_ => null));
    }

    [Theory]
    [InlineData("xterm", null, true)]
    [InlineData("xterm", "", true)]
    [InlineData("xterm", "1", false)]
    [InlineData("dumb", null, false)]
    [InlineData(null, null, false)]
    public void Colours_are_shown_where_terminal_and_owner_want_them(string? term, string? noColor, bool coloured)
    {
        TerminalStyle style = TerminalStyle.Of(name => name == "TERM" ? term : name == "NO_COLOR" ? noColor : null);
        Assert.Equal(coloured, style.IsColoured);
        Assert.Equal(coloured ? "\u001b[31mno\u001b[0m" : "no", style.Wrong("no"));
        Assert.Equal("", style.Strong(""));
    }

    [Fact]
    public void What_others_write_shows_its_control_characters_and_obeys_none() => Assert.Equal(
        "\u241B[31m \u2421 \uFFFD\uFFFDx", Api.Screen.Printable("\u001b[31m\n\u007f\t\u202e\u009bx"));
}
