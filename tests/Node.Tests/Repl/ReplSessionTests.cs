using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Repl;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Node.Tests.Repl;

/// <summary>The console in a pipe, against a node.</summary>
public class ReplSessionTests
{
    [Fact]
    public async Task A_conversation_with_nobody_does_not_begin()
    {
        await using var node = new TestNode("alice");
        string said = await PlayAsync(node, "/switch nobody\nhello\n/dm self\nnote\n/lite talk nobody\nmore\n");
        string[] lines = said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("'nobody' is no alias and no address", lines[0], StringComparison.Ordinal);
        Assert.Equal("text goes to a conversation: /dm PEER opens one", lines[1]);
        Assert.Contains("there is no group 'nobody'", said, StringComparison.Ordinal);
        Assert.Equal(["note", "more"], (await node.AskAsync(Commands.Messages, new() { With = "self" }))
            .Select(m => m.Text));
    }

    [Fact]
    public void The_help_stands_in_two_columns_and_names_every_way_to_type_a_line()
    {
        string[] lines = SlashCommand.Help.Split('\n');
        Assert.Contains(lines, l => l.StartsWith("/switch PEER ", StringComparison.Ordinal)
            && l.EndsWith("the same as /dm", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("/location PEER NORTH EAST", StringComparison.Ordinal));
        string indent = new(' ', 32);
        for (int i = 0; i < lines.Length; i++)
        {
            // What has no room beside it has a line of its own.
            bool isAlone = i + 1 < lines.Length && lines[i + 1].StartsWith(indent, StringComparison.Ordinal);
            Assert.True(isAlone || (lines[i][31] == ' ' && lines[i][32] != ' '), lines[i]);
        }

        Assert.Equal(
            new LocationRequest { To = "bob", Latitude = "51.3", Longitude = "12.4", Label = "the mill" },
            SlashCommand.Parse("/location bob 51.3 12.4 the mill", null).Request);
        Assert.Equal(SlashAction.Wrong, SlashCommand.Parse("/location bob 51.3", null).Action);
    }

    private static async Task<string> PlayAsync(TestNode node, string lines)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var session = new ReplSession(node.ControlPath, null, new ReplNames(), new StringReader(lines), output);
        await session.RunAsync(CancellationToken.None);
        return output.ToString();
    }
}
