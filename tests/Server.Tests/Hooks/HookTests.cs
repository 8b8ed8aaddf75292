using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Hooks;
using QuicProChat.Mesh.Server.Stores;
using QuicProChat.Mesh.Server.Tests.Wire;

namespace QuicProChat.Mesh.Server.Tests.Hooks;

/// <summary>A program of the operator's beside the server.</summary>
public sealed class HookTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-hook-").FullName;

    private string Path => System.IO.Path.Combine(_directory, "hook.sock");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task The_sample_is_told_what_happens_and_decides_who_registers()
    {
        await using TestServer server = await StartAsync(HookRegistration.Refuse);
        using Process sample = Process.Start(new ProcessStartInfo(
            "python3", ["-B", Repository.File("samples/server_hook.py"), Path, "admin"])
        {
            RedirectStandardOutput = true,
        })!;
        try
        {
            await using TestClient alice = await JoinAsync(server, "alice");
            await using TestClient bob = await TestClient.JoinAsync(server, "wss", "bob");
            await using TestClient admin =
                new(server.Endpoint("wss"), ServerTrust.Key(server.Fingerprint), "admin-of-all");
            RpcException refused = await Assert.ThrowsAsync<RpcException>(() => RegisterAsync(admin));
            Assert.Equal(RpcStatus.Forbidden, refused.Status);
            Assert.Contains("this name is kept for the house", refused.Message);
            EnqueueResponse sent = await alice.SendAsync(bob, 1, "nobody's business");
            await alice.SendAsync(bob, 1, "nobody's business");
            await bob.DeleteAccountAsync();

            string all = "";
            foreach (string expected in (string[])["registered", "registered", "message", "deleted"])
            {
                string line = (await sample.StandardOutput.ReadLineAsync())!;
                all += line;
                using JsonDocument json = JsonDocument.Parse(line);
                Assert.Equal(expected, json.RootElement.GetProperty("event").GetString());
                if (expected != "message")
                    continue;
                Assert.Equal(17, json.RootElement.GetProperty("bytes").GetInt32());
                Assert.Equal(sent.Seq, json.RootElement.GetProperty("seq").GetUInt64());
                Assert.Equal(Convert.ToHexStringLower(bob.Key.Span),
                    json.RootElement.GetProperty("recipient").GetString());
            }

            Assert.DoesNotContain("nobody", all);
            Assert.Contains("qpc_server_hook_questions_total{answer=\"refuse\"} 1\n", await MetricsAsync(server));
        }
        finally
        {
            sample.Kill();
            await sample.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task Without_a_hook_a_registration_goes_on_or_is_refused_as_the_operator_said()
    {
        await using TestServer open = await StartAsync(HookRegistration.Allow);
        await using TestClient alice = await TestClient.JoinAsync(open, "wss", "alice");
        await using TestServer shut = await StartAsync(HookRegistration.Refuse);
        await using TestClient bob = new(shut.Endpoint("wss"), ServerTrust.Key(shut.Fingerprint), "bob");
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => RegisterAsync(bob));
        Assert.Equal(RpcStatus.Unavailable, refused.Status);
        Assert.Contains("qpc_server_hook_questions_total{answer=\"none\"} 1\n", await MetricsAsync(open));
    }

    [Fact]
    public async Task A_hook_that_takes_nothing_slows_nobody_and_what_it_missed_is_counted()
    {
        const int Events = 20_000;
        using Socket listener = Listen();
        HookCounters counters = new();
        await using Hook hook = new(Path, counters, TimeProvider.System, NullLogger.Instance);
        using Socket silent = await listener.AcceptAsync();
        for (int i = 0; i < Events; i++)
            hook.Tell(new HookEvent(HookEventKind.Message, i));
        Assert.InRange(counters.Dropped, Events / 2, Events);
        // A question is not answered either: the deadline ends it.
        Assert.Null(await hook.AskAsync(new RegistrationQuestion("alice", new IdentityKey(1, 1), "127.0.0.1")));
        Assert.Equal(1, counters.Unanswered);
    }

    [Fact]
    public async Task A_hook_that_ends_or_says_what_is_no_answer_is_connected_to_again()
    {
        using Socket listener = Listen();
        await using Hook hook = new(Path, new HookCounters(), TimeProvider.System, NullLogger.Instance);
        foreach (string said in (string[])["no json\n", new string('x', HookLines.MaxLine + 1), ""])
        {
            using Socket connection = await listener.AcceptAsync();
            await connection.SendAsync(System.Text.Encoding.ASCII.GetBytes(said).AsMemory());
            if (said.Length == 0)
                continue;
            // The server ends it, not this side.
            await EndAsync(connection);
        }

        using Socket last = await listener.AcceptAsync();
        hook.Tell(new HookEvent(HookEventKind.Deleted, 1) { User = "alice", Address = "" });
        byte[] line = new byte[512];
        int size = await last.ReceiveAsync(line.AsMemory());
        Assert.Contains("\"deleted\"", System.Text.Encoding.ASCII.GetString(line, 0, size));
    }

    private static async Task EndAsync(Socket connection)
    {
        try
        {
            while (await connection.ReceiveAsync(new byte[64].AsMemory()) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // It had not read all of the line: that ends a connection this way.
        }
    }

    private Task<TestServer> StartAsync(HookRegistration registration) =>
        TestServer.StartAsync(o => o with { HookSocket = Path, HookRegistration = registration });

    // The server looks for the hook again and again; until it is there, nobody registers.
    private static async Task<TestClient> JoinAsync(TestServer server, string name)
    {
        while (true)
        {
            try
            {
                return await TestClient.JoinAsync(server, "wss", name);
            }
            catch (RpcException e) when (e.Status == RpcStatus.Unavailable)
            {
                await Task.Delay(50);
            }
        }
    }

    private static Task RegisterAsync(TestClient client) => client.Account.RegisterAsync(
        client.Name, TestClient.Password, client.Identity, "", CancellationToken.None);

    private static async Task<string> MetricsAsync(TestServer server)
    {
        using HttpClient client = new();
        return await client.GetStringAsync(new Uri(server.Metrics, "/metrics"));
    }

    private Socket Listen()
    {
        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path));
        listener.Listen();
        return listener;
    }
}
