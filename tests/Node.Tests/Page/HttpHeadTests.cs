using System.Text;
using QuicProChat.Mesh.Node.Page;

namespace QuicProChat.Mesh.Node.Tests.Page;

/// <summary>Heads of requests, as browsers send them and as nobody should.</summary>
public sealed class HttpHeadTests
{
    private const string Plain =
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:8420\r\nConnection: keep-alive\r\nAccept: text/html,*/*;q=0.8\r\n\r\n";

    private const string Socket =
        "GET /socket HTTP/1.1\r\nHost: localhost:8420\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
        + "Origin: http://localhost:8420\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
        + "dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    [Fact]
    public void An_ordinary_head_is_read()
    {
        Assert.Equal(0, HttpHead.TryRead(Encoding.ASCII.GetBytes(Socket), out HttpHead head));
        Assert.Equal("GET", Encoding.ASCII.GetString(head.Method));
        Assert.Equal("/socket", Encoding.ASCII.GetString(head.Target));
        Assert.Equal("localhost:8420", Encoding.ASCII.GetString(head.Host));
        Assert.Equal("http://localhost:8420", Encoding.ASCII.GetString(head.Origin));
        Assert.True(HttpHead.HasWord(head.Connection, "upgrade"u8));
        Assert.False(HttpHead.HasWord(head.Connection, "close"u8));
        Assert.False(head.HasBody);
    }

    [Theory]
    [InlineData(Plain)]
    [InlineData(Socket)]
    public void A_head_that_is_cut_at_any_byte_is_refused(string whole)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(whole);
        for (int length = 0; length < bytes.Length; length++)
            Assert.NotEqual(0, HttpHead.TryRead(bytes.AsSpan(0, length), out _));
    }

    [Theory]
    [InlineData(Plain)]
    [InlineData(Socket)]
    public void A_head_that_is_changed_at_any_byte_is_answered_and_throws_nothing(string whole)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(whole);
        for (int at = 0; at < bytes.Length; at++)
        {
            foreach (byte value in (byte[])[0, (byte)'\r', (byte)'\n', (byte)' ', (byte)':', (byte)'A', 0x7F, 0xFF])
            {
                byte was = bytes[at];
                bytes[at] = value;
                Assert.InRange(PageRules.Answer(bytes).Status, 101, 505);
                bytes[at] = was;
            }
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\nHost: localhost\n\n", 400)]
    [InlineData("GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("GET / HTTP/2\r\nHost: localhost\r\n\r\n", 505)]
    [InlineData("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n", 505)]
    [InlineData("GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\n folded\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nOrigin: http://localhost\r\n\r\n",
        400)]
    [InlineData("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\n", 413)]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", 413)]
    [InlineData("POST / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405)]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("DELETE /main.js HTTP/1.1\r\nHost: localhost\r\n\r\n", 405)]
    public void What_two_readers_could_read_in_two_ways_is_refused(string head, int status) =>
        Assert.Equal(status, PageRules.Answer(Encoding.ASCII.GetBytes(head)).Status);

    [Fact]
    public void More_header_lines_than_any_browser_sends_are_refused() =>
        Assert.Equal(400, PageRules.Answer(Encoding.ASCII.GetBytes(
            "GET / HTTP/1.1\r\nHost: localhost\r\n" + string.Concat(Enumerable.Repeat("a: b\r\n", 100))
                + "\r\n")).Status);
}
