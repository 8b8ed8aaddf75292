using System.Text;
using System.Text.Json;

namespace QuicProChat.Mesh.Api.Tests;

/// <summary>What holds for every command.</summary>
public sealed class CommandSpecTests
{
    public static TheoryData<string> Names => AllCommands.Names;

    private static readonly CommandSpec<ManyRequest, DoneInfo> _many = new(
        "many", CommandGroup.Node, "Takes a list.", json => json.DoneInfo,
        new ArgumentList<ManyRequest>().Operands("to", "Some.", r => r.To, (r, v) => r.To = v));

    private static readonly CommandTable _table = new([_many]);

    private sealed record ManyRequest
    {
        public IReadOnlyList<string>? To { get; set; }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_request_is_read_as_it_was_written(string name)
    {
        CommandSpec command = AllCommands.Table.Find(name)!;
        object full = AllCommands.FullRequest(command);
        byte[] line = command.ToLine(full, 5);
        Request? read = RequestReader.Read(line.AsSpan()[..^1], AllCommands.Table, out _, out string? error);
        Assert.Null(error);
        // Lists are not equal by what they hold: what was read says the same again.
        Assert.Equal((command, (RequestTag)5), (read!.Value.Command, read.Value.Tag));
        Assert.Equal(line, command.ToLine(read.Value.Arguments, 5));
        Assert.Equal((byte)'\n', line[^1]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_request_that_is_cut_or_changed_anywhere_is_read_or_refused_and_never_throws(string name)
    {
        CommandSpec command = AllCommands.Table.Find(name)!;
        byte[] line = command.ToLine(AllCommands.FullRequest(command), 5);
        for (int length = 0; length < line.Length - 2; length++)
            Assert.Null(RequestReader.Read(line.AsSpan(0, length), AllCommands.Table, out _, out _));
        foreach (byte other in (byte[])[0, (byte)'"', (byte)'\\', (byte)'{', (byte)'[', (byte)',', 0x80, 0xFF])
        {
            for (int at = 0; at < line.Length - 1; at++)
            {
                byte[] changed = line[..^1];
                changed[at] = other;
                Request? read = RequestReader.Read(changed, AllCommands.Table, out _, out string? error);
                Assert.Equal(read is null, error is not null);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Whoever_gives_a_key_twice_or_a_wrong_value_is_told_which(string name)
    {
        CommandSpec command = AllCommands.Table.Find(name)!;
        foreach (CommandArgument argument in command.Arguments)
        {
            Assert.Equal($"\"{argument.Key}\" is there twice",
                Error($"\"{argument.Key}\":null,\"{argument.Key}\":null"));
            Assert.Equal($"\"{argument.Key}\" is {argument.Accepts}", Error($"\"{argument.Key}\":{{}}"));
        }

        string Error(string more)
        {
            byte[] line = Encoding.UTF8.GetBytes($"{{\"command\":\"{name}\",{more}}}");
            _ = RequestReader.Read(line, AllCommands.Table, out _, out string? error);
            return error!;
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Its_words_are_fit_for_help(string name)
    {
        CommandSpec command = AllCommands.Table.Find(name)!;
        Assert.EndsWith(".", command.Help, StringComparison.Ordinal);
        Assert.All(command.Arguments, a => Assert.NotEqual("", a.Help));
        Assert.All(command.Arguments.Where(a => a.Place == ArgumentPlace.Option && a.Kind != ArgumentKind.Flag),
            a => Assert.NotEqual("", a.ValueName));
        Assert.All(command.Console, form => Assert.StartsWith("/", form.Typed, StringComparison.Ordinal));
        // An operand that has to be there cannot follow one that need not be.
        Assert.Equal(
            command.Arguments.Where(a => a.Place <= ArgumentPlace.OptionalOperand).OrderBy(a => a.Place),
            command.Arguments.Where(a => a.Place <= ArgumentPlace.OptionalOperand));
    }

    [Fact]
    public void A_group_with_a_word_gives_its_commands_two_words()
    {
        Assert.Equal("lite create", Commands.LiteCreate.Typed);
        Assert.Equal("log-level", Commands.LogLevel.Typed);
        Assert.Equal("--short-tag", Commands.LiteCreate.Arguments[1].Typed);
    }

    [Theory]
    [InlineData("[\"bob\",\"carol\"]", "bob carol")]
    [InlineData("\"bob\"", "bob")]
    [InlineData("[]", "")]
    public void A_list_is_a_list_of_texts_or_one_text(string json, string expected)
    {
        Request? read = RequestReader.Read(Encoding.UTF8.GetBytes($"{{\"command\":\"many\",\"to\":{json}}}"), _table,
            out _, out _);
        Assert.Equal(expected, string.Join(' ', ((ManyRequest)read!.Value.Arguments).To!));
        byte[] again = _many.ToLine(read.Value.Arguments);
        Assert.NotNull(RequestReader.Read(again.AsSpan()[..^1], _table, out _, out _));
    }

    [Theory]
    [InlineData("[7]")]
    [InlineData("[\"bob\",[\"carol\"]]")]
    [InlineData("[\"bob\",{\"a\":[1]},\"carol\"]")]
    [InlineData("7")]
    [InlineData("[\"\\ud800\"]")]
    public void A_list_of_anything_else_is_refused(string json)
    {
        Assert.Null(RequestReader.Read(Encoding.UTF8.GetBytes($"{{\"command\":\"many\",\"to\":{json},\"tag\":1}}"),
            _table, out RequestTag? tag, out string? error));
        Assert.Equal("1", tag?.Digits);
        Assert.Contains("\"to\" is a list of texts", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_has_a_bound()
    {
        string list = string.Join(',', Enumerable.Repeat("\"x\"", 1025));
        Assert.Null(RequestReader.Read(Encoding.UTF8.GetBytes($"{{\"command\":\"many\",\"to\":[{list}]}}"), _table,
            out _, out _));
    }

    [Fact]
    public void Where_a_list_goes_on_is_written_once()
    {
        byte[] line = Commands.Peers.ToLine(new PeersRequest { From = "a" }, from: "b");
        Assert.Equal("{\"command\":\"peers\",\"from\":\"b\"}\n", Encoding.UTF8.GetString(line));
    }

    [Fact]
    public void Alias_answers_a_list_or_that_it_was_done()
    {
        AliasResult list = new([new AliasInfo("bob", "qpc1x")], null),
            done = new(null, new DoneInfo("bob is forgotten"));
        Assert.Equal("[{\"alias\":\"bob\",\"address\":\"qpc1x\"}]",
            JsonSerializer.Serialize(list, ApiJson.Default.AliasResult));
        Assert.Equal("{\"done\":\"bob is forgotten\"}", JsonSerializer.Serialize(done, ApiJson.Default.AliasResult));
        Assert.Equal("qpc1x",
            JsonSerializer.Deserialize("[{\"alias\":\"bob\",\"address\":\"qpc1x\"}]",
                ApiJson.Default.AliasResult)!.List![0].Address);
        Assert.Equal(done, JsonSerializer.Deserialize("{\"done\":\"bob is forgotten\"}", ApiJson.Default.AliasResult));
    }
}
