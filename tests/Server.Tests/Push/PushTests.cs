using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Stores;
using QuicProChat.Mesh.Server.Tests.Postgres;
using QuicProChat.Mesh.Server.Tests.Wire;

namespace QuicProChat.Mesh.Server.Tests.Push;

/// <summary>Devices that are woken by a program of the operator's.</summary>
[Collection(PostgresCluster.Collection)]
public sealed class PushTests(PostgresCluster cluster) : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-push-").FullName;

    private string Woken => Path.Combine(_directory, "woken");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public Task Who_is_away_is_woken_once_in_an_interval_and_who_is_connected_is_not() => WakeAsync(null);

    [PostgresFact]
    public async Task The_same_over_PostgreSQL() => await WakeAsync(await cluster.MakeDatabaseAsync());

    [Fact]
    public async Task What_came_within_the_interval_wakes_at_its_end()
    {
        await using TestServer server = await StartAsync(Command("cat >>\"$0.woken\""), TimeSpan.FromSeconds(3), null);
        await using TestClient alice = await TestClient.JoinAsync(server, "wss", "alice");
        TestClient bob = await AwayAsync(server, "bob");
        await alice.SendAsync(bob, 1);
        await UntilAsync(lines => lines.Length == 1);
        await alice.SendAsync(bob, 2);
        await UntilAsync(lines => lines.Length == 2);
        Assert.Equal(["test token-of-bob", "test token-of-bob"], await File.ReadAllLinesAsync(Woken));
    }

    [Fact]
    public async Task A_command_that_ends_is_started_again_and_goes_on()
    {
        // It ends after each line.
        await using TestServer server =
            await StartAsync(Command("head -n 1 >>\"$0.woken\""), TimeSpan.FromHours(1), null);
        await using TestClient alice = await TestClient.JoinAsync(server, "wss", "alice");
        for (int i = 1; i <= 3; i++)
        {
            TestClient away = await AwayAsync(server, $"user{i}");
            await alice.SendAsync(away, 1);
            await UntilAsync(lines => lines.Contains($"test token-of-user{i}"));
        }

        using HttpClient client = new();
        string metrics = await client.GetStringAsync(new Uri(server.Metrics, "/metrics"));
        Assert.DoesNotContain("qpc_server_push_restarts_total 0\n", metrics);
        Assert.Contains("qpc_server_push_total 3\n", metrics);
    }

    [Fact]
    public async Task A_token_that_could_not_stand_on_a_line_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using TestClient alice = await TestClient.JoinAsync(server, "wss", "alice");
        foreach ((string platform, string token) in ((string, string)[])[
            ("", "x"), ("Test", "x"), ("te st", "x"), (new string('x', PushToken.MaxPlatform + 1), "x"),
            ("test", "a b"), ("test", "a\nb"), ("test", "ä"), ("test", new string('x', PushToken.MaxToken + 1))])
        {
            Assert.Equal(RpcStatus.BadRequest, await alice.StatusAsync(
                RpcMethod.RegisterPushToken, new RegisterPushTokenRequest { Platform = platform, Token = token }));
        }

        RegisterPushTokenResponse set = await RegisterAsync(alice, new string('x', PushToken.MaxToken));
        Assert.Equal((true, false), (set.Success, set.Active));
        await using TestClient stranger = new(server.Endpoint("wss"), ServerTrust.Key(server.Fingerprint), "eve");
        Assert.Equal(RpcStatus.Unauthenticated, await stranger.StatusAsync(
            RpcMethod.RegisterPushToken, new RegisterPushTokenRequest { Platform = "test", Token = "x" }));
    }

    private async Task WakeAsync(string? database)
    {
        await using TestServer server =
            await StartAsync(Command("cat >>\"$0.woken\""), TimeSpan.FromHours(1), database);
        await using TestClient alice = await TestClient.JoinAsync(server, "wss", "alice");
        await using TestClient here = await TestClient.JoinAsync(server, "wss", "here");
        Assert.True((await RegisterAsync(here, "token-of-here")).Active);
        TestClient bob = await AwayAsync(server, "bob"), carol = await AwayAsync(server, "carol");

        // Who is connected was written to first: had he been woken, his line would be the first.
        await alice.SendAsync(here, 1, "secret");
        await alice.SendAsync(bob, 1, "secret");
        await UntilAsync(lines => lines.Length > 0);
        Assert.Equal(["test token-of-bob"], await File.ReadAllLinesAsync(Woken));
        // Another message to bob within the interval, then one to carol: her line is the next.
        await alice.SendAsync(bob, 2, "secret");
        await alice.SendAsync(carol, 1, "secret");
        await UntilAsync(lines => lines.Length > 1);
        Assert.Equal(["test token-of-bob", "test token-of-carol"], await File.ReadAllLinesAsync(Woken));
    }

    // Somebody with a token who is not connected any more.
    private static async Task<TestClient> AwayAsync(TestServer server, string name)
    {
        TestClient client = await TestClient.JoinAsync(server, "wss", name);
        Assert.True((await RegisterAsync(client, $"token-of-{name}")).Success);
        IRpcConnection connection = client.Connection!;
        await connection.DisposeAsync();
        return client;
    }

    private static Task<RegisterPushTokenResponse> RegisterAsync(TestClient client, string token) => client.CallAsync(
        RpcMethod.RegisterPushToken, new RegisterPushTokenRequest { Platform = "test", Token = token },
        RegisterPushTokenResponse.Parser);

    private static Task<TestServer> StartAsync(string command, TimeSpan interval, string? database) =>
        TestServer.StartAsync(o => o with
        {
            PushCommand = command,
            PushInterval = interval,
            PushPause = TimeSpan.FromMilliseconds(50),
            Postgres = database is null ? null : PostgresPrograms.Read(database),
        });

    private string Command(string body)
    {
        string path = Path.Combine(_directory, "command");
        File.WriteAllText(path, $"#!/bin/sh\n{body.Replace("$0.woken", Woken, StringComparison.Ordinal)}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private async Task UntilAsync(Predicate<string[]> holds)
    {
        while (!File.Exists(Woken) || !holds(await File.ReadAllLinesAsync(Woken)))
            await Task.Delay(50);
    }
}
