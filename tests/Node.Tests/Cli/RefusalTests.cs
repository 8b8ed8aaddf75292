using System.Text.Json;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Node.Tests.Cli;

/// <summary>How <c>ctl</c> says that something was not done.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refusal_is_a_sentence_or_with_json_a_line_of_json(bool json)
    {
        await using var node = new TestNode("alice");
        string error = await RunAsync(
            Commands.Messages, new MessagesRequest { With = "nobody" }, node.ControlPath, json,
            ExitCode.Failed, "refused");
        Assert.StartsWith("'nobody' is no alias and no address", error, StringComparison.Ordinal);
        error = await RunAsync(Commands.Messages, new MessagesRequest { Limit = 0 }, node.ControlPath, json,
            ExitCode.Usage, "usage");
        Assert.Contains("\"limit\" is a number", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_a_daemon_it_says_whether_there_is_a_socket_and_what_to_do(bool json)
    {
        string directory = Directory.CreateTempSubdirectory("qpc-none-").FullName;
        try
        {
            string path = Path.Combine(directory, "c.sock");
            string error = await RunAsync(Commands.Status, NoArguments.Instance, path, json, ExitCode.NoDaemon,
                "no-daemon");
            Assert.Equal($"no daemon answers on {path} (there is no such socket); 'qpc-mesh run' starts one", error);
            path = Path.Combine(directory, "missing", "c.sock");
            error = await RunAsync(Commands.Status, NoArguments.Instance, path, json, ExitCode.NoDaemon, "no-daemon");
            Assert.Contains("there is no such directory, or it may not be entered", error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Theory]
    [InlineData("ctl", "--json", "status", "--no-such-option")]
    [InlineData("ctl", "message", "--json")]
    public void A_wrong_command_line_asks_for_json_all_the_same(params string[] arguments)
    {
        System.CommandLine.ParseResult parsed = CommandLine.Build().Parse(arguments, CommandLine.Literally);
        Assert.NotEmpty(parsed.Errors);
        Assert.True(CtlErrors.WantsJson(parsed));
    }

    [Fact]
    public void A_text_that_looks_like_the_option_asks_for_nothing() =>
        Assert.False(CtlErrors.WantsJson(CommandLine.Build()
            .Parse(["ctl", "send", "bob", "--", "--json"], CommandLine.Literally)));

    private static async Task<string> RunAsync(
        CommandSpec command, object request, string path, bool json, int exitCode, string code)
    {
        using StringWriter output = new(), errors = new() { NewLine = "\n" };
        Assert.Equal(exitCode, await new CtlSession(command, request, json, output, errors)
            .RunAsync(path, CancellationToken.None));
        Assert.Empty(output.ToString());
        string said = errors.ToString();
        Assert.EndsWith("\n", said, StringComparison.Ordinal);
        if (!json)
            return said.TrimEnd('\n');
        JsonElement line = JsonDocument.Parse(said).RootElement;
        Assert.False(line.GetProperty("ok").GetBoolean());
        Assert.Equal(code, line.GetProperty("code").GetString());
        return line.GetProperty("error").GetString()!;
    }
}
