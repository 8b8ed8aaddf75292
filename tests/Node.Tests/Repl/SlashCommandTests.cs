using QuicProChat.Mesh.Api;
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
        Assert.Equal(command, SlashCommand.Parse(line, null).Command!.Name);

    [Fact]
    public void Send_takes_everything_after_the_peer_as_text()
    {
        SlashLine line = SlashCommand.Parse("/mesh send bob  hello  world ", null);
        Assert.Same(Commands.Send, line.Command);
        Assert.Equal(new SendRequest { To = "bob", Text = "hello  world" }, line.Request);
    }

    [Fact]
    public void Plain_text_goes_to_the_conversation()
    {
        Assert.Equal(new SendRequest { To = "bob", Text = "hello" }, SlashCommand.Parse("hello", "bob").Request);
        Assert.Equal(new MessagesRequest { With = "bob", Limit = 20 }, SlashCommand.Parse("/history", "bob").Request);
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
        Assert.Equal(
            new AliasRequest { Alias = "bob", To = "qpc1x" }, SlashCommand.Parse("/alias bob qpc1x", null).Request);
        Assert.Equal(
            new AliasRequest { Alias = "bob", Remove = true }, SlashCommand.Parse("/alias -bob", null).Request);
        Assert.Equal(new AliasRequest(), SlashCommand.Parse("/alias", null).Request);
    }

    [Fact]
    public void Completion_offers_commands_then_aliases()
    {
        Assert.Equal(["/mesh send ", "/mesh status", "/mesh store", "/mesh subscribe "],
            ReplNames.Complete("/mesh s", []).Order(StringComparer.Ordinal));
        Assert.Equal(["/dm bob "], ReplNames.Complete("/dm b", ["alice", "bob"]));
        Assert.Empty(ReplNames.Complete("b", ["bob"]));
    }

    [Fact]
    public void Completion_offers_what_the_word_can_stand_for()
    {
        string[] names = ["bob", "group:walkers", "channel:news", "self"];
        Assert.Equal(["/group show walkers "], ReplNames.Complete("/group show ", names));
        Assert.Equal(["/channel invite news "], ReplNames.Complete("/channel invite n", names));
        Assert.Equal(["/group invite walkers bob "], ReplNames.Complete("/group invite walkers b", names));
        Assert.Equal(["/group invite walkers bob bob "], ReplNames.Complete("/group invite walkers bob b", names));
        Assert.Equal(["/dm group:walkers "], ReplNames.Complete("/dm g", names));
        // A text is nobody's name, and a command without operands takes none.
        Assert.Empty(ReplNames.Complete("/mesh send bob b", names));
        Assert.Empty(ReplNames.Complete("/list b", names));
    }

    [Theory]
    [InlineData("/dm bob", true)]
    [InlineData("/mesh peers", true)]
    [InlineData("/group invite walkers bob", true)]
    [InlineData("/mesh send bob secret", false)]
    [InlineData("/reply 12ab secret", false)]
    [InlineData("/search secret", false)]
    [InlineData("/lite join qpc-lite:key", false)]
    [InlineData("/channel passphrase market turnips", false)]
    [InlineData("/fapp search 04109 akut", false)]
    [InlineData("/fapp", false)]
    [InlineData(" /dm bob", false)]
    [InlineData("hello", false)]
    [InlineData("/nothing like this", false)]
    public void Only_commands_without_anything_private_may_lie_in_a_file(string line, bool may) =>
        Assert.Equal(may, SlashCommand.MayBeKept(line));

    [Fact]
    public void Help_is_about_a_topic_a_command_or_the_usual_lines()
    {
        string usual = SlashCommand.HelpAbout("");
        Assert.Contains("/dm PEER", usual, StringComparison.Ordinal);
        Assert.DoesNotContain("/mesh peers", usual, StringComparison.Ordinal);
        Assert.Contains("/help TOPIC: ", usual, StringComparison.Ordinal);
        Assert.All(SlashCommand.Topics,
            topic => Assert.Contains($"/{topic} ", SlashCommand.HelpAbout(topic), StringComparison.Ordinal));
        Assert.StartsWith("/mesh peers", SlashCommand.HelpAbout("mesh peers"), StringComparison.Ordinal);
        Assert.Equal(SlashCommand.Help, SlashCommand.HelpAbout("all"));
        Assert.Equal("there is no help about nothing; /help lists topics", SlashCommand.HelpAbout("nothing"));
    }

    [Fact]
    public void The_help_names_every_command_that_completion_offers()
    {
        foreach (string name in SlashCommand.Names)
            Assert.Contains(name.TrimEnd(), SlashCommand.Help, StringComparison.Ordinal);
    }
}
