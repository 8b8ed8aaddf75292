using QuicProChat.Mesh.Node.Repl;

namespace QuicProChat.Mesh.Node.Tests.Repl;

public class ReplInputTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a", "a")]
    [InlineData("a\n", "a")]
    [InlineData("a\r\nb", "a|b")]
    [InlineData("\n\nx\n", "||x")]
    public async Task Lines_come_as_a_text_reader_has_them(string input, string lines) =>
        Assert.Equal(lines, string.Join('|', (await AllAsync(input)).Select(static l => l.Text)));

    [Fact]
    public async Task A_line_without_end_costs_itself_and_no_memory()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        string input = new string('x', 5_000_000) + "\nstatus\n";
        (string Text, bool IsWhole)[] lines = await AllAsync(input);
        Assert.Equal([false, true], lines.Select(static l => l.IsWhole));
        Assert.Equal("status", lines[1].Text);
        Assert.InRange(lines[0].Text.Length, 0, ReplInput.MaxCharacters);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 22_000_000);
    }

    [Fact]
    public async Task The_longest_message_passes()
    {
        string text = new('x', ReplInput.MaxCharacters);
        Assert.Equal([(text, true)], await AllAsync(text + "\n"));
    }

    private static async Task<(string Text, bool IsWhole)[]> AllAsync(string text)
    {
        var input = new ReplInput(new StringReader(text));
        var lines = new List<(string, bool)>();
        while (await input.ReadLineAsync(CancellationToken.None) is { } line)
            lines.Add(line);
        return [.. lines];
    }
}
