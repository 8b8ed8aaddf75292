using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Tests.Control;

public sealed class ControlServerTests : IAsyncLifetime
{
    private const UnixFileMode OwnerAndGroup =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-control-").FullName;
    private readonly EventHub _events =
        new(new Faults(Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, TimeProvider.System));
    private readonly FakeTarget _target = new();
    private ControlServer? _server;

    private string Path => System.IO.Path.Combine(_directory, "c.sock");

    public Task InitializeAsync()
    {
        _server = ControlServer.Bind(Path, NullLogger.Instance);
        _server.Start(_target, _events);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void The_socket_is_for_owner_and_group() => Assert.Equal(OwnerAndGroup, File.GetUnixFileMode(Path));

    [Fact]
    public async Task The_reply_carries_the_requests_tag()
    {
        using var client = new RawClient(Path);
        client.Write("""{"command":"status","tag":7}""");
        JsonNode reply = await client.ReadAsync();
        Assert.Equal("""{"tag":7,"ok":true,"result":{"done":"status"}}""", reply.ToJsonString());
    }

    [Fact]
    public async Task A_refusal_says_why_and_of_which_sort_it_is()
    {
        using var client = new RawClient(Path);
        client.Write("""{"command":"refuse"}""");
        Assert.Equal("""{"ok":false,"code":"refused","error":"no"}""", (await client.ReadAsync()).ToJsonString());
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"command\":7}")]
    [InlineData("")]
    [InlineData("\u0000\u0001")]
    public async Task What_is_no_request_is_answered_and_the_session_goes_on(string line)
    {
        using var client = new RawClient(Path);
        client.Write(line);
        Assert.Equal("usage", (string)(await client.ReadAsync())["code"]!);
        client.Write("""{"command":"status"}""");
        Assert.True((bool)(await client.ReadAsync())["ok"]!);
    }

    [Fact]
    public async Task A_line_without_end_is_refused_and_the_session_ends()
    {
        using var client = new RawClient(Path);
        client.WriteRaw(Enumerable.Repeat((byte)'x', 1 << 20).ToArray());
        Assert.Equal("usage", (string)(await client.ReadAsync())["code"]!);
        Assert.True(await client.EndsAsync());
    }

    [Fact]
    public async Task Sends_that_arrive_together_are_handed_on_together_and_in_order()
    {
        using var client = new RawClient(Path);
        client.WriteRaw(
            Encoding.UTF8.GetBytes(
                string.Concat(Enumerable.Range(0, 5).Select(i => $"{{\"command\":\"send\",\"tag\":{i}}}\n"))));
        for (int i = 0; i < 5; i++)
            Assert.Equal(i, (int)(await client.ReadAsync())["tag"]!);
        Assert.Equal(Enumerable.Range(0, 5).Select(i => (string?)$"{i}"), _target.Sent);
    }

    [Fact]
    public async Task Whoever_asked_for_events_gets_them_after_the_reply()
    {
        using var client = new RawClient(Path);
        client.Write("""{"command":"events"}""");
        Assert.True((bool)(await client.ReadAsync())["ok"]!);

        _events.Publish(new LostEvent(DateTimeOffset.UnixEpoch, 3));
        _events.Flush();

        JsonNode happened = await client.ReadAsync();
        Assert.Equal(["event", "at", "count"], happened.AsObject().Select(p => p.Key));
        Assert.Equal(("lost", 3), ((string)happened["event"]!, (int)happened["count"]!));
    }

    [Fact]
    public async Task A_listener_that_does_not_read_is_told_how_much_it_missed()
    {
        using var client = new RawClient(Path);
        client.Write("""{"command":"events"}""");
        Assert.True((bool)(await client.ReadAsync())["ok"]!);
        const int published = 20_000;
        var large = new WarningEvent(DateTimeOffset.UnixEpoch, new string('x', 1000));
        for (int i = 0; i < published; i++)
        {
            _events.Publish(large);
            _events.Flush();
        }

        // Reading makes room; the next event comes behind the count of those that are lost.
        int seen = 0;
        JsonNode? lost = null;
        while (lost is null)
        {
            if (!client.HasData)
            {
                _events.Publish(large);
                _events.Flush();
            }

            JsonNode next = await client.ReadAsync();
            if ((string)next["event"]! == "lost")
                lost = next;
            else
                seen++;
        }

        Assert.InRange((long)lost["count"]!, 1, published);
        Assert.True(seen < published);
    }

    [Fact]
    public async Task A_socket_file_that_a_crash_left_is_replaced()
    {
        string path = System.IO.Path.Combine(_directory, "stale.sock");
        using (var crashed = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            crashed.Bind(new UnixDomainSocketEndPoint(path));
            crashed.Listen();
        }

        // Disposing removes the file here; a crash would not.
        await File.WriteAllTextAsync(path, "");
        await using ControlServer server = ControlServer.Bind(path, NullLogger.Instance);
        Assert.True(ControlClient.Answers(path));
    }

    [Fact]
    public void A_second_daemon_on_the_same_socket_is_refused()
    {
        IOException refusal = Assert.Throws<IOException>(() => ControlServer.Bind(Path, NullLogger.Instance));
        Assert.Contains("another daemon", refusal.Message, StringComparison.Ordinal);
        Assert.True(ControlClient.Answers(Path));
    }

    [Fact]
    public void A_path_that_is_too_long_is_refused_with_its_limit()
    {
        IOException refusal =
            Assert.Throws<IOException>(() => ControlServer.Bind("/tmp/" + new string('x', 200), NullLogger.Instance));
        Assert.Contains("107 bytes", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_socket_file_goes_with_the_server()
    {
        await _server!.DisposeAsync();
        _server = null;
        Assert.False(File.Exists(Path));
    }
}
