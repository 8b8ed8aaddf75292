using System.Text.RegularExpressions;
using QuicProChat.Mesh.Messaging.Content;

namespace QuicProChat.Mesh.Messaging.Tests.Content;

public sealed partial class MessageContentTests
{
    public static TheoryData<string> FromOthers => [.. ContentExamples.FromOthers.Keys];

    public static TheoryData<string> All => [.. ContentExamples.FromOthers.Keys, .. ContentExamples.Local.Keys];

    [Theory]
    [MemberData(nameof(All))]
    public void A_content_is_read_as_it_was_written_and_written_alike_again(string name)
    {
        MessageContent content = Example(name);
        byte[] bytes = content.ToBytes();
        Assert.Equal(content.Size, bytes.Length);
        Assert.True(MessageContent.TryReadStored(bytes, out MessageContent? read));
        Assert.Equal(content, read);
        Assert.Equal(bytes, read.ToBytes());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_documented_example_is_what_the_code_writes(string name) =>
        Assert.Equal(Convert.ToHexStringLower(Example(name).ToBytes()), Documented().GetValueOrDefault(name));

    [Fact]
    public void Every_example_of_the_page_is_one_of_the_code() =>
        Assert.Equal(ContentExamples.FromOthers.Keys.Concat(ContentExamples.Local.Keys)
            .Order(), Documented().Keys.Order());

    [Fact]
    public void Every_type_has_an_example()
    {
        IEnumerable<MessageContentType> types = ContentExamples.FromOthers.Values.Concat(ContentExamples.Local.Values)
            .Select(c => c.Type);
        Assert.Empty(Enum.GetValues<MessageContentType>().Except(types));
    }

    [Fact]
    public void Plain_text_costs_no_byte_beyond_its_UTF_8()
    {
        Assert.Equal("grüß dich"u8.ToArray(), new TextContent("grüß dich").ToBytes());
        // No UTF-8 text begins like another content, whatever its first character is.
        foreach (string text in (string[])["\0", "\x7F", "\x80", "ß", "漢", "👍", "\uFFFF"])
        {
            byte[] bytes = new TextContent(text).ToBytes();
            Assert.True(MessageContent.TryRead(bytes, out MessageContent? read));
            Assert.Equal(new TextContent(text), read);
        }
    }

    [Fact]
    public void A_text_that_disappears_costs_three_bytes_more() =>
        Assert.Equal(3, ContentExamples.FromOthers["TimedText"].Size - "soon gone".Length);

    [Fact]
    public void A_local_content_is_refused_when_another_node_sends_it()
    {
        foreach (MessageContent local in ContentExamples.Local.Values)
            Assert.False(MessageContent.TryRead(local.ToBytes(), out _), local.Type.ToString());
    }

    [Fact]
    public void A_content_of_a_later_version_is_kept_byte_for_byte_as_unsupported()
    {
        for (int type = 12; type < 48; type++)
        {
            byte[] bytes = [(byte)(0x80 | type), 1, 2, 3];
            Assert.True(MessageContent.TryRead(bytes, out MessageContent? read));
            Assert.Equal((true, ""), (read is UnsupportedContent && read.IsShown, read.Text));
            Assert.Equal(bytes, read.ToBytes());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]                                       // type 0
    [InlineData("8061")]
    [InlineData("c3")]                                       // no UTF-8
    [InlineData("61c328")]
    [InlineData("81003c")]                                   // nothing inside
    [InlineData("81000061")]                                 // disappears after no time
    [InlineData("81003c81003c61")]                           // timed twice
    [InlineData("81003c880001003c")]                         // a timer that disappears
    [InlineData("81003c8500" + "79dd876b20e14a9c")]          // a deletion that disappears
    [InlineData("820079dd876b20e14a9c")]                     // a reply that says nothing
    [InlineData("820279dd876b20e14a9c61")]                   // a reference of another form
    [InlineData("830079dd876b20e14a9c00f09f918d")]           // turn 0
    [InlineData("830079dd876b20e14a9c0120")]                 // a blank is no sign
    [InlineData("830079dd876b20e14a9c011b")]                 // nor what controls a terminal
    [InlineData("840079dd876b20e14a9c0061")]                 // revision 0
    [InlineData("840079dd876b20e14a9c01")]                   // an edit to nothing
    [InlineData("850079dd876b20e14a9c00")]                   // more than a reference
    [InlineData("86")]                                       // nothing was read
    [InlineData("8702")]
    [InlineData("880000003c")]                               // revision 0
    [InlineData("8b35a4e901000000000000")]                   // north of the pole
    [InlineData("8b00000000800000000000")]
    [InlineData("8b000000000000000000001b")]
    public void What_no_node_writes_is_refused(string hex) =>
        Assert.False(MessageContent.TryRead(Convert.FromHexString(hex), out _));

    [Fact]
    public void More_than_an_envelope_carries_is_refused()
    {
        Assert.True(MessageContent.TryRead(Enumerable.Repeat((byte)'x', MessageContent.MaxSize).ToArray(), out _));
        Assert.False(MessageContent.TryRead(Enumerable.Repeat((byte)'x', MessageContent.MaxSize + 1).ToArray(), out _));
        byte[] references =
            [0x86, .. Enumerable.Repeat(ContentExamples.ById.ToBytes(), ReadContent.MaxMessages).SelectMany(b => b)];
        Assert.True(MessageContent.TryRead(references, out _));
        Assert.False(MessageContent.TryRead([.. references, .. ContentExamples.ById.ToBytes()], out _));
        byte[] emoji = [0x83, .. ContentExamples.ById.ToBytes(), 1,
            .. Enumerable.Repeat((byte)'+', ReactionContent.MaxEmojiSize)];
        Assert.True(MessageContent.TryRead(emoji, out _));
        Assert.False(MessageContent.TryRead([.. emoji, (byte)'+'], out _));
    }

    [Theory]
    [MemberData(nameof(FromOthers))]
    public void A_content_cut_anywhere_or_altered_is_refused_or_is_another_that_is_written_alike(string name)
    {
        byte[] valid = Example(name).ToBytes();
        for (int cut = 0; cut <= valid.Length; cut++)
            CheckHostile(valid.AsSpan(0, cut));
        var random = new Random(1);
        for (int i = 0; i < 5000; i++)
        {
            byte[] altered = [.. valid, .. new byte[random.Next(3)]];
            for (int n = random.Next(1, 4); n > 0; n--)
                altered[random.Next(altered.Length)] = (byte)random.Next(256);
            CheckHostile(altered);
        }
    }

    private static void CheckHostile(ReadOnlySpan<byte> bytes)
    {
        if (!MessageContent.TryRead(bytes, out MessageContent? read))
            return;
        Assert.Equal(bytes, read.ToBytes());
        Assert.True(read.Type < MessageContentType.FirstLocal);
    }

    private static MessageContent Example(string name) =>
        ContentExamples.FromOthers.GetValueOrDefault(name) ?? ContentExamples.Local[name];

    private static Dictionary<string, string> Documented()
    {
        string page = File.ReadAllText(Repository.File("docs", "reference", "content.md"));
        return HexBlock().Matches(page).ToDictionary(
            m => m.Groups["name"].Value,
            m => Space().Replace(Comment().Replace(m.Groups["body"].Value, ""), ""));
    }

    [GeneratedRegex(@"^```hex (?<name>\w+)\n(?<body>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex HexBlock();

    [GeneratedRegex(";.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
