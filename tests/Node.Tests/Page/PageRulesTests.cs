using System.IO.Compression;
using System.Text;
using QuicProChat.Mesh.Node.Page;

namespace QuicProChat.Mesh.Node.Tests.Page;

/// <summary>What is answered to whom.</summary>
public sealed class PageRulesTests
{
    private const int MaxPageBytes = 120_000;

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:8420")]
    [InlineData("127.0.0.1:8420")]
    [InlineData("127.0.0.1:9000")]
    [InlineData("[::1]:8420")]
    [InlineData("[::1]")]
    public void The_page_is_given_to_whoever_calls_this_machine_by_its_own_name(string host) =>
        Assert.Equal(200, Get("/", host).Status);

    [Theory]
    [InlineData("")]
    [InlineData("evil.example")]
    [InlineData("evil.example:8420")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("localhost.evil.example:8420")]
    [InlineData("10.0.0.1:8420")]
    [InlineData("0x7f.1")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("::1")]
    [InlineData("[127.0.0.1]")]
    [InlineData("[::1")]
    [InlineData("localhost:")]
    [InlineData("localhost:abc")]
    [InlineData("localhost:123456")]
    [InlineData(":8420")]
    public void A_name_that_somebody_else_made_to_point_here_is_refused(string host) =>
        Assert.Equal(421, Get("/", host).Status);

    [Theory]
    [InlineData("http://evil.example")]
    [InlineData("http://localhost:9999")]
    [InlineData("https://localhost:8420")]
    [InlineData("null")]
    [InlineData("http://localhost:8420.evil.example")]
    public void Another_page_gets_neither_a_file_nor_the_socket(string origin)
    {
        Assert.Equal(403, Get("/", "localhost:8420", $"Origin: {origin}\r\n").Status);
        Assert.Equal(403, Get("/socket", "localhost:8420", $"Origin: {origin}\r\n{Upgrade}").Status);
    }

    [Fact]
    public void The_page_itself_gets_the_socket_with_the_proof_of_the_standard()
    {
        PageAnswer answer = Get("/socket", "localhost:8420", $"Origin: http://localhost:8420\r\n{Upgrade}");
        Assert.True(answer.IsUpgrade);
        // RFC 6455, section 1.3.
        Assert.Contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", answer.Head,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_page_gets_no_socket()
    {
        Assert.Equal(403, Get("/socket", "localhost:8420", Upgrade).Status);
        Assert.Equal(426, Get("/socket", "localhost:8420", "Origin: http://localhost:8420\r\n").Status);
        Assert.Equal(400,
            Get("/socket", "localhost:8420",
                "Origin: http://localhost:8420\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
                    + "13\r\nSec-WebSocket-Key: short\r\n").Status);
    }

    [Theory]
    [InlineData("/../etc/passwd")]
    [InlineData("/..%2f..%2fetc/passwd")]
    [InlineData("/views/../main.js")]
    [InlineData("//main.js")]
    [InlineData("/main.js/")]
    [InlineData("/MAIN.JS")]
    [InlineData("/views")]
    [InlineData("/page/main.js")]
    public void Only_the_names_of_its_files_lead_to_a_file(string target) =>
        Assert.Equal(404, Get(target, "localhost").Status);

    [Fact]
    public void Every_file_has_its_type_its_tag_and_the_guards_and_is_gzip()
    {
        Assert.Contains("/", PageFiles.All.Keys);
        Assert.Contains("/main.js", PageFiles.All.Keys);
        Assert.Contains("/words/de.js", PageFiles.All.Keys);
        foreach ((string path, PageFile file) in PageFiles.All)
        {
            PageAnswer answer = Get(path, "localhost");
            Assert.Equal(200, answer.Status);
            Assert.NotEqual("application/octet-stream", file.Type);
            foreach (string line in (string[])
                     [
                         $"Content-Security-Policy: {PageAnswer.Policy}", "X-Content-Type-Options: nosniff",
                         "Referrer-Policy: no-referrer",
                         $"Content-Type: {file.Type}", $"ETag: {file.Tag}", "Content-Encoding: gzip",
                     ])
            {
                Assert.Contains(line + "\r\n", answer.Head, StringComparison.Ordinal);
            }

            using var unpacked = new GZipStream(new MemoryStream(file.Bytes), CompressionMode.Decompress);
            Assert.True(unpacked.ReadByte() > 0, path);
            Assert.Equal(304, Get(path, "localhost", $"If-None-Match: {file.Tag}\r\n").Status);
            Assert.Equal(0, PageRules.Answer(
                Encoding.ASCII.GetBytes($"HEAD {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).Body.Length);
        }
    }

    [Fact]
    public void The_whole_page_is_small_and_names_no_other_place()
    {
        Assert.InRange(PageFiles.All.Values.Sum(f => f.Bytes.Length), 1, MaxPageBytes);
        foreach ((string path, PageFile file) in PageFiles.All)
        {
            using var reader =
                new StreamReader(new GZipStream(new MemoryStream(file.Bytes), CompressionMode.Decompress));
            // Names of namespaces are no places that a browser asks.
            string text = reader.ReadToEnd().Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal);
            Assert.DoesNotContain("http://", text, StringComparison.Ordinal);
            Assert.DoesNotContain("https://", text, StringComparison.Ordinal);
            Assert.DoesNotContain("innerHTML", text, StringComparison.Ordinal);
            Assert.DoesNotContain("eval(", text, StringComparison.Ordinal);
            Assert.True(text.Length > 0, path);
        }
    }

    private const string Upgrade =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
            + "dGhlIHNhbXBsZSBub25jZQ==\r\n";

    private static PageAnswer Get(string target, string host, string more = "") =>
        PageRules.Answer(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n"));
}
