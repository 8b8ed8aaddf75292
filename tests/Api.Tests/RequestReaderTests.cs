using System.Text;

namespace QuicProChat.Mesh.Api.Tests;

/// <summary>What comes on a line of the control socket, and whose it is.</summary>
public sealed class RequestReaderTests
{
    [Theory]
    [InlineData("7")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("1e3")]
    [InlineData("9223372036854775808")]
    [InlineData("123456789012345678901234567890123456789012345678")]
    public void A_tag_is_any_number_and_stays_as_it_was_written(string tag)
    {
        Request? request = RequestReader.Read(Encoding.UTF8.GetBytes($"{{\"command\":\"status\",\"tag\":{tag}}}"),
            AllCommands.Table, out RequestTag? found, out _);
        Assert.Equal(tag, request?.Tag?.Digits);
        Assert.Equal(tag, found?.Digits);
        string reply = Encoding.UTF8.GetString(ReplyWriter.Failed(found, ErrorCode.Usage, "no").Span);
        Assert.StartsWith($"{{\"tag\":{tag},", reply, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"tag\":7,\"command\":\"messages\",\"limit\":\"5\"}", "\"limit\" is a whole number")]
    [InlineData("{\"tag\":7,\"command\":\"messages\",\"limit\":99999999999}", "\"limit\" is a whole number")]
    [InlineData("{\"tag\":7,\"command\":\"messages\",\"limit\":1.5}", "\"limit\" is a whole number")]
    [InlineData("{\"command\":\"alias\",\"remove\":\"yes\",\"tag\":7}", "\"remove\" is true or false")]
    [InlineData("{\"command\":\"send\",\"to\":7,\"tag\":7}", "\"to\" is a text")]
    [InlineData("{\"command\":\"send\",\"text\":\"\\ud800\",\"tag\":7}", "\"text\" is a text")]
    [InlineData("{\"command\":7,\"tag\":7}", "\"command\" is a text")]
    [InlineData("{\"tag\":7}", "\"command\"")]
    [InlineData("{\"command\":null,\"tag\":7}", "\"command\"")]
    [InlineData("{\"command\":\"send\",\"command\":\"shutdown\",\"tag\":7}", "\"command\" is there twice")]
    [InlineData("{\"command\":\"status\",\"other\":[[[[[[[[[[[[1]]]]]]]]]]]],\"tag\":7}", "one line of JSON")]
    [InlineData("{\"tag\":7,\"command\":\"status\"", "one line of JSON")]
    [InlineData("{\"tag\":7,\"command\":\"status\"} {}", "one line of JSON")]
    [InlineData("{\"command\":status,\"tag\":7}", "one line of JSON")]
    [InlineData("{\"command\":\"send\",\"text\":\"a\tb\",\"tag\":7}", "one line of JSON")]
    [InlineData("{\"command\":\"send\",\"text\":\"say \\\"tag\\\":9\",\"x\":nope, \"tag\" : 7 }", "one line of JSON")]
    public void Whatever_is_wrong_is_named_and_the_tag_is_found(string line, string complaint)
    {
        Assert.Null(RequestReader.Read(Encoding.UTF8.GetBytes(line), AllCommands.Table, out RequestTag? tag,
            out string? error));
        Assert.Equal("7", tag?.Digits);
        Assert.Contains(complaint, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_that_is_not_UTF8_is_refused_and_the_tag_is_found()
    {
        byte[] line = [.. "{\"command\":\"send\",\"text\":\"M"u8, 0xFC, .. "ller\",\"tag\":7}"u8];
        Assert.Null(RequestReader.Read(line, AllCommands.Table, out RequestTag? tag, out string? error));
        Assert.Equal("7", tag?.Digits);
        Assert.Contains("\"text\" is a text in UTF-8", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"command\":\"status\",\"tag\":\"seven\"}")]
    [InlineData("{\"command\":\"status\",\"tag\":1234567890123456789012345678901234567890123456789}")]
    [InlineData("{\"command\":\"status\",\"tag\":{}}")]
    public void A_tag_that_cannot_be_given_back_is_a_wrong_request(string line)
    {
        Assert.Null(RequestReader.Read(Encoding.UTF8.GetBytes(line), AllCommands.Table, out RequestTag? tag,
            out string? error));
        Assert.Null(tag);
        Assert.Contains("\"tag\" is a number", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_is_cut_or_changed_anywhere_is_answered_and_never_throws()
    {
        byte[] whole = Encoding.UTF8.GetBytes(
            """{"command":"send","to":"bob","text":"a \u00fc \"q\" \\","limit":7,"remove":true,"tag":-1.5e3}""");
        for (int length = 0; length < whole.Length; length++)
            Assert.True(RequestReader.Read(whole.AsSpan(0, length), AllCommands.Table, out _, out string? error) is null
                && error is not null);
        for (int at = 0; at < whole.Length; at++)
        {
            foreach (byte other in (byte[])[0, (byte)'"', (byte)'\\', (byte)'{', (byte)',', 0x80, 0xFF])
            {
                byte[] changed = [.. whole];
                changed[at] = other;
                Assert.Equal(RequestReader.Read(changed, AllCommands.Table, out _, out string? error) is null, error
                    is not null);
            }
        }
    }
}
