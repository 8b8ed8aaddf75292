using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Tests.Control;

/// <summary>
/// Many clients, slow clients, clients that say no more: each gets its answer, and none is in the way of another.
/// </summary>
public sealed class ControlCrowdTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-crowd-").FullName;
    private readonly EventHub _events =
        new(new Faults(Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, TimeProvider.System));
    private readonly FakeTarget _target = new();
    private readonly List<RawClient> _clients = [];
    private ControlServer _server = null!;

    private string Path => System.IO.Path.Combine(_directory, "c.sock");

    public Task InitializeAsync()
    {
        _server = ControlServer.Bind(Path, NullLogger.Instance);
        _server.Start(_target, _events);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        foreach (RawClient client in _clients)
            client.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_client_that_says_no_more_still_gets_every_answer()
    {
        RawClient client = Connect();
        client.Write("""{"command":"hold","tag":1}""");
        client.Write("""{"command":"send","wait":"delivered","tag":2}""");
        client.Write("""{"command":"status","tag":3}""");
        client.ShutDownSending();
        Assert.Equal(3, (int)(await client.ReadAsync())["tag"]!);
        _target.Release();
        Assert.Equal([1, 2], new[] { await TagAsync(client), await TagAsync(client) }.Order());
        Assert.True(await client.EndsAsync());
    }

    [Fact]
    public async Task A_client_that_says_no_more_still_gets_events()
    {
        RawClient client = Connect();
        client.Write("""{"command":"events"}""");
        client.ShutDownSending();
        Assert.True((bool)(await client.ReadAsync())["ok"]!);
        _events.Publish(new LostEvent(DateTimeOffset.UnixEpoch, 1));
        _events.Flush();
        Assert.Equal("""{"event":"lost","at":"1970-01-01T00:00:00.000Z","count":1}""", await client.ReadLineAsync());
    }

    [Fact]
    public async Task Idle_clients_make_room_and_are_told_why()
    {
        RawClient[] crowd = [.. Enumerable.Range(0, ControlServer.MaxSessions).Select(_ => Connect())];
        await Task.Delay(TimeSpan.FromMilliseconds(500));
        for (int i = 0; i < 3; i++)
            Assert.True(await IsServedAsync(Connect()));
        // Which of them was idle longest is known to the server alone.
        Dictionary<Task<JsonNode>, RawClient> readers = crowd.ToDictionary(static c => c.ReadAsync());
        Task<JsonNode> told = await Task.WhenAny(readers.Keys);
        Assert.Contains("another client needed its place", (string)(await told)["error"]!, StringComparison.Ordinal);
        Assert.True(await readers[told].EndsAsync());
    }

    [Fact]
    public async Task Busy_clients_keep_their_places_and_others_are_heard_nevertheless()
    {
        var watchers = new List<RawClient>();
        for (int i = 0; i < ControlServer.MaxSessions; i++)
        {
            RawClient client = Connect();
            client.Write(i % 2 == 0 ? """{"command":"events"}""" : """{"command":"hold"}""");
            watchers.Add(client);
        }

        foreach (RawClient watcher in watchers.Where((_, i) => i % 2 == 0))
            Assert.True((bool)(await watcher.ReadAsync())["ok"]!);
        for (int i = 0; i < 3 * ControlServer.MaxGuests; i++)
        {
            using RawClient guest = Connect();
            guest.Write("""{"command":"shutdown"}""");
            Assert.Equal("shutdown", (string)(await guest.ReadAsync())["result"]!["done"]!);
        }

        using RawClient stays = Connect();
        stays.Write("""{"command":"events"}""");
        Assert.Equal(ControlServer.Crowded, (string)(await stays.ReadAsync())["error"]!);
        _target.Release();
        foreach (RawClient watcher in watchers.Where((_, i) => i % 2 == 1))
            Assert.Equal("hold", (string)(await watcher.ReadAsync())["result"]!["done"]!);
    }

    [Fact]
    public async Task A_guest_that_asks_nothing_is_told_that_there_is_no_place()
    {
        for (int i = 0; i < ControlServer.MaxSessions; i++)
            Connect().Write("""{"command":"hold"}""");
        // Taken before the others are known to be busy, one of the first may still pass for idle.
        await Task.Delay(TimeSpan.FromMilliseconds(200));
        RawClient guest = Connect();
        Assert.Equal(ControlServer.Crowded, (string)(await guest.ReadAsync())["error"]!);
        Assert.True(await guest.EndsAsync());
    }

    [Fact]
    public async Task Clients_that_do_not_read_hold_a_bounded_memory_and_nobody_else_up()
    {
        for (int i = 0; i < 32; i++)
        {
            RawClient stalled = Connect();
            for (int k = 0; k < 20; k++)
                stalled.Write("""{"command":"large"}""");
        }

        await Task.Delay(TimeSpan.FromMilliseconds(500));
        long before = GC.GetTotalMemory(forceFullCollection: true);
        RawClient reader = Connect();
        reader.Write("""{"command":"large","tag":1}""");
        Assert.Equal(1, (int)(await reader.ReadAsync())["tag"]!);
        Assert.True(await IsServedAsync(Connect()));
        // 640 replies of a megabyte were asked for.
        Assert.InRange(before, 0, 80 << 20);
    }

    [Fact]
    public async Task Half_lines_hold_a_bounded_memory_and_nobody_else_up()
    {
        byte[] half = Enumerable.Repeat((byte)' ', 300_000).ToArray();
        for (int i = 0; i < ControlServer.MaxSessions - 1; i++)
            Connect().WriteRaw(half);
        RawClient other = Connect();
        Assert.True(await IsServedAsync(other));
        other.Write($$"""{"command":"status","name":"{{new string('x', 10_000)}}"}""");
        Assert.True((bool)(await other.ReadAsync())["ok"]!);
    }

    [Fact]
    public async Task A_fault_in_a_command_is_answered_and_counted_and_costs_that_command()
    {
        RawClient client = Connect();
        client.Write("""{"command":"throw","tag":7}""");
        JsonNode reply = await client.ReadAsync();
        Assert.Equal((7, "refused"), ((int)reply["tag"]!, (string)reply["code"]!));
        Assert.DoesNotContain("Net_Key", (string)reply["error"]!, StringComparison.Ordinal);
        Assert.Equal(["throw"], _target.Failed);
        Assert.True(await IsServedAsync(client));
    }

    [Fact]
    public async Task A_fault_in_sending_ends_that_session_with_a_word_and_no_other()
    {
        RawClient other = Connect();
        RawClient client = Connect();
        client.Write("""{"command":"send","text":"throw"}""");
        Assert.Contains("a fault for a test", (string)(await client.ReadAsync())["error"]!, StringComparison.Ordinal);
        Assert.True(await client.EndsAsync());
        Assert.Equal(["send"], _target.Failed);
        Assert.True(await IsServedAsync(other));
    }

    [Fact]
    public async Task What_waits_when_the_daemon_stops_is_answered()
    {
        RawClient client = Connect();
        client.Write("""{"command":"hold","tag":7}""");
        Assert.True(await IsServedAsync(Connect()));
        await _server.DisposeAsync();
        JsonNode reply = await client.ReadAsync();
        Assert.Equal((7, "the daemon stops"), ((int)reply["tag"]!, (string)reply["error"]!));
    }

    [Fact]
    public async Task A_socket_file_that_vanished_is_made_anew_under_its_name()
    {
        RawClient early = Connect();
        Assert.True(await IsServedAsync(early));
        File.Delete(Path);
        _server.LookForFile();
        Assert.True(await IsServedAsync(Connect()));
        Assert.True(await IsServedAsync(early));
        Assert.Contains(File.ReadAllLines("/proc/net/unix"),
            line => line.EndsWith(" " + Path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_directory_that_vanished_is_waited_for()
    {
        string directory = System.IO.Path.Combine(_directory, "gone");
        Directory.CreateDirectory(directory);
        string path = System.IO.Path.Combine(directory, "c.sock");
        await using ControlServer server = ControlServer.Bind(path, NullLogger.Instance);
        server.Start(_target, _events);
        Directory.Delete(directory, recursive: true);
        server.LookForFile();
        Assert.False(ControlClient.Answers(path));
        Directory.CreateDirectory(directory);
        server.LookForFile();
        using var client = new RawClient(path);
        Assert.True(await IsServedAsync(client));
    }

    [Fact]
    public async Task A_file_that_somebody_put_in_its_place_is_left_alone()
    {
        File.Delete(Path);
        await File.WriteAllTextAsync(Path, "mine");
        _server.LookForFile();
        await _server.DisposeAsync();
        Assert.Equal("mine", await File.ReadAllTextAsync(Path));
    }

    private RawClient Connect()
    {
        var client = new RawClient(Path);
        _clients.Add(client);
        return client;
    }

    private static async Task<int> TagAsync(RawClient client) => (int)(await client.ReadAsync())["tag"]!;

    private static async Task<bool> IsServedAsync(RawClient client)
    {
        client.Write("""{"command":"status"}""");
        return (bool)(await client.ReadAsync())["ok"]!;
    }
}
