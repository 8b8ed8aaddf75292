using System.Text;
using System.Text.Json;
using QuicProChat.Mesh.Server.Hooks;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Tests.Hooks;

/// <summary>The lines between a server and its hook.</summary>
public class HookLinesTests
{
    private const string Whole = """{"id":7,"more":[{"x":1}],"allow":false,"reason":"no \u0007rooms"}""";

    [Fact]
    public void An_answer_is_read_whatever_else_it_has()
    {
        Assert.True(HookLines.TryRead(Encoding.UTF8.GetBytes(Whole), out long id, out HookVerdict verdict));
        Assert.Equal((7L, new HookVerdict(false, "no  rooms")), (id, verdict));
        Assert.True(HookLines.TryRead("""{"allow":true,"id":1}"""u8, out id, out verdict));
        Assert.Equal((1L, new HookVerdict(true, "")), (id, verdict));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"id":1}""")]
    [InlineData("""{"allow":true}""")]
    [InlineData("""{"id":"1","allow":true}""")]
    [InlineData("""{"id":1.5,"allow":true}""")]
    [InlineData("""{"id":99999999999999999999,"allow":true}""")]
    [InlineData("""{"id":1,"allow":"yes"}""")]
    [InlineData("""{"id":1,"allow":true}{}""")]
    public void What_is_no_answer_is_refused(string line) =>
        Assert.False(HookLines.TryRead(Encoding.UTF8.GetBytes(line), out _, out _));

    [Fact]
    public void An_answer_that_is_cut_anywhere_is_refused_and_one_that_is_changed_anywhere_throws_nothing()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Whole);
        for (int cut = 0; cut < whole.Length; cut++)
            Assert.False(HookLines.TryRead(whole.AsSpan(0, cut), out _, out _));
        int read = 0;
        for (int at = 0; at < whole.Length; at++)
        {
            for (int value = 0; value < 256; value++)
            {
                byte[] changed = [.. whole];
                changed[at] = (byte)value;
                read += HookLines.TryRead(changed, out _, out _) ? 1 : 0;
            }
        }

        Assert.InRange(read, whole.Length, (256 * whole.Length) - 1);
    }

    [Fact]
    public void A_reason_is_one_line_of_bounded_length()
    {
        string line = $$"""{"id":1,"allow":false,"reason":"{{new string('x', 300)}}"}""";
        Assert.True(HookLines.TryRead(Encoding.UTF8.GetBytes(line), out _, out HookVerdict verdict));
        Assert.Equal(200, verdict.Reason.Length);
    }

    [Fact]
    public void A_message_is_told_without_anything_of_its_content()
    {
        byte[] line = HookLines.Write(new HookEvent(HookEventKind.Message, 5)
        {
            Identity = new IdentityKey(1, 2),
            Recipient = new IdentityKey(3, 4),
            Sequence = 6,
            Bytes = 7,
        });
        Assert.Equal((byte)'\n', line[^1]);
        using JsonDocument json = JsonDocument.Parse(line);
        Assert.Equal(["event", "time_ms", "sender", "recipient", "seq", "bytes"],
            json.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal("message", json.RootElement.GetProperty("event").GetString());
    }
}
