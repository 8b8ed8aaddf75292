using System.CommandLine;
using System.Text;
using QuicProChat.Mesh.Node.Cli;

namespace QuicProChat.Mesh.Node.Tests.Cli;

/// <summary>An operand is an operand: nothing that somebody wants to send is taken for something else.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("@anna are you there")]
    [InlineData("@/etc/passwd")]
    [InlineData("@")]
    [InlineData("/?")]
    [InlineData("/h")]
    [InlineData("[diagram]")]
    [InlineData("[suggest:1]")]
    [InlineData("status")]
    [InlineData("--")]
    [InlineData("-1 degree")]
    [InlineData("--wait=delivered")]
    [InlineData("a=b:c")]
    public void Every_text_is_sent_as_it_is(string text)
    {
        string[] before = text.StartsWith("--", StringComparison.Ordinal) ? ["ctl", "send", "bob", "--"]
            : ["ctl", "send", "bob"];
        ParseResult parsed = CommandLine.Build().Parse([.. before, text], CommandLine.Literally);
        Assert.Empty(parsed.Errors);
        Assert.Equal("send", parsed.CommandResult.Command.Name);
        Assert.Equal(text, parsed.GetValue<string>("text"));
    }

    [Theory]
    [InlineData("ctl", "alias", "@anna", "qpc1x")]
    [InlineData("ctl", "lite", "create", "@friends")]
    [InlineData("ctl", "connect", "@host")]
    [InlineData("identity", "import", "@backup")]
    [InlineData("keygen", "--data-dir", "@dir")]
    [InlineData("run", "--name", "@attic")]
    public void No_argument_names_a_file_of_arguments(params string[] arguments)
    {
        ParseResult parsed = CommandLine.Build().Parse(arguments, CommandLine.Literally);
        Assert.Empty(parsed.Errors);
        Assert.Contains(parsed.Tokens, t => t.Value == arguments.First(a => a.StartsWith('@')));
    }

    [Theory]
    [InlineData("ctl", "messages", "--limit", " 5")]
    [InlineData("ctl", "messages", "--limit", "+5")]
    [InlineData("ctl", "messages", "--limit", "5\0")]
    [InlineData("ctl", "messages", "--limit", "99999999999")]
    [InlineData("ctl", "--json=yes", "status")]
    [InlineData("ctl", "status", "more")]
    public void What_is_no_proper_value_is_refused(params string[] arguments) =>
        Assert.NotEmpty(CommandLine.Build().Parse(arguments, CommandLine.Literally).Errors);

    [Fact]
    public void A_text_from_standard_input_is_taken_as_it_is_or_not_at_all()
    {
        Assert.Equal("@anna ümlaut\n two", Read("@anna ümlaut\n two\r\n\n"u8));
        Assert.Equal(new string('x', 32768), Read([.. Enumerable.Repeat((byte)'x', 32768), (byte)'\n']));
        Assert.Contains("32768 bytes", Refused([.. Enumerable.Repeat((byte)'x', 32769)]), StringComparison.Ordinal);
        Assert.Contains("32768 bytes", Refused([.. Enumerable.Repeat((byte)'\n', 50_000)]), StringComparison.Ordinal);
        Assert.Contains("byte 3 is wrong", Refused([(byte)'M', (byte)'e', 0xFC, (byte)'r']), StringComparison.Ordinal);
        Assert.Contains("byte 2 is wrong", Refused([(byte)'M', 0xED, 0xA0, 0x80]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_terminal_without_half_blocks_gets_its_codes_in_ascii()
    {
        Assert.True(QrDrawing.CanShow(Encoding.UTF8));
        Assert.False(QrDrawing.CanShow(Encoding.Latin1));
        Assert.False(QrDrawing.CanShow(Encoding.ASCII));
        Assert.True(QrCode.TryCreate("qpc1", QrLevel.Low, out QrCode? code));
        string[] rows = QrDrawing.ToAscii(code).TrimEnd('\n').Split('\n');
        Assert.Equal(code.Size + 8, rows.Length);
        for (int y = 0; y < code.Size; y++)
        {
            for (int x = 0; x < code.Size; x++)
                Assert.Equal(code[x, y] ? "  " : "##", rows[y + 4].Substring(2 * (x + 4), 2));
        }
    }

    private static string Read(ReadOnlySpan<byte> bytes) => StandardInput.ReadText(new MemoryStream(bytes.ToArray()));

    private static string Refused(byte[] bytes) =>
        Assert.Throws<UsageException>(() => StandardInput.ReadText(new MemoryStream(bytes))).Message;
}
