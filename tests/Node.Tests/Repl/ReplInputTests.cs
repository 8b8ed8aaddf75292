using System.Text;
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
        (string Text, string? Problem)[] lines = await AllAsync(input);
        Assert.Contains("characters", lines[0].Problem, StringComparison.Ordinal);
        Assert.Null(lines[1].Problem);
        Assert.Equal("status", lines[1].Text);
        Assert.InRange(lines[0].Text.Length, 0, ReplInput.MaxCharacters);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 27_000_000);
    }

    [Fact]
    public async Task The_longest_message_passes()
    {
        string text = new('x', ReplInput.MaxCharacters);
        Assert.Equal([(text, null)], await AllAsync(text + "\n"));
    }

    [Theory]
    [InlineData("4772FC6E0A")]
    [InlineData("4772C3")]
    [InlineData("EDA080")]
    public async Task A_line_that_is_not_UTF8_costs_itself_and_is_never_sent_with_other_characters(string bytes)
    {
        (string Text, string? Problem)[] lines = await AllAsync([.. Convert.FromHexString(bytes), .. "\nstatus\n"u8]);
        Assert.Contains("not UTF-8", lines[0].Problem, StringComparison.Ordinal);
        Assert.Equal(("status", null), lines[^1]);
    }

    private static Task<(string Text, string? Problem)[]> AllAsync(string text) =>
        AllAsync(Encoding.UTF8.GetBytes(text));

    private static async Task<(string Text, string? Problem)[]> AllAsync(byte[] bytes)
    {
        var input = new ReplInput(ReplInput.Decode(new MemoryStream(bytes)));
        var lines = new List<(string, string?)>();
        while (await input.ReadLineAsync(CancellationToken.None) is { } line)
            lines.Add(line);
        return [.. lines];
    }
}
