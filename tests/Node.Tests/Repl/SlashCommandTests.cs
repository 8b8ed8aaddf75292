using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Repl;

namespace QuicProChat.Mesh.Node.Tests.Repl;

public class SlashCommandTests
{
    [Theory]
    [InlineData("/mesh peers", "peers")]
    [InlineData("/mesh route", "routes")]
    [InlineData("/mesh identity", "identity")]
    [InlineData("/mesh store", "queue")]
    [InlineData("/mesh radio", "radio")]
    [InlineData("/mesh status", "status")]
    [InlineData("/mesh metrics", "metrics")]
    [InlineData("/mesh announce", "announce")]
    [InlineData("/whoami", "identity")]
    [InlineData("/history", "messages")]
    [InlineData("/alias", "alias")]
    public void A_command_asks_the_daemon(string line, string command) =>
        Assert.Equal(command, SlashCommand.Parse(line, null).Request!.Command);

    [Fact]
    public void Send_takes_everything_after_the_peer_as_text()
    {
        ControlRequest request = SlashCommand.Parse("/mesh send bob  hello  world ", null).Request!;
        Assert.Equal(("send", "bob", "hello  world"), (request.Command, request.To, request.Text));
    }

    [Fact]
    public void Plain_text_goes_to_the_conversation()
    {
        ControlRequest request = SlashCommand.Parse("hello", "bob").Request!;
        Assert.Equal(("send", "bob", "hello"), (request.Command, request.To, request.Text));
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("/mesh")]
    [InlineData("/mesh nothing")]
    [InlineData("/mesh send bob")]
    [InlineData("/mesh connect")]
    [InlineData("/mesh disconnect")]
    [InlineData("/dm")]
    [InlineData("/unknown")]
    public void What_cannot_be_done_is_explained(string line)
    {
        SlashLine parsed = SlashCommand.Parse(line, null);
        Assert.Equal(SlashAction.Wrong, parsed.Action);
        Assert.NotEmpty(parsed.Text);
    }

    [Fact]
    public void Alias_lists_sets_and_forgets()
    {
        ControlRequest set = SlashCommand.Parse("/alias bob qpc1x", null).Request!;
        Assert.Equal(("bob", "qpc1x", false), (set.Alias, set.To, set.Remove));
        ControlRequest forget = SlashCommand.Parse("/alias -bob", null).Request!;
        Assert.Equal(("bob", true), (forget.Alias, forget.Remove));
    }

    [Fact]
    public void Completion_offers_commands_then_aliases()
    {
        Assert.Equal(["/mesh send ", "/mesh status", "/mesh store"], ReplSession.Complete("/mesh s", []).Order(StringComparer.Ordinal));
        Assert.Equal(["/dm bob "], ReplSession.Complete("/dm b", ["alice", "bob"]));
        Assert.Empty(ReplSession.Complete("b", ["bob"]));
    }

    [Fact]
    public void The_help_names_every_command_that_completion_offers()
    {
        foreach (string name in SlashCommand.Names)
            Assert.Contains(name.TrimEnd(), SlashCommand.Help, StringComparison.Ordinal);
    }
}
