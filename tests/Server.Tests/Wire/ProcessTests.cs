using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Hosting;

namespace QuicProChat.Mesh.Server.Tests.Wire;

/// <summary>The program itself, as an operator runs it.</summary>
public sealed partial class ProcessTests : IDisposable
{
    private const int SigTerm = 15;

    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-server-").FullName;
    private readonly int _port = FreePort();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Killed_again_and_again_the_server_loses_nothing_and_gives_nothing_twice()
    {
        const int Messages = 2000, Kills = 5;
        using Supervisor supervisor =
            new(() => Start("run", "--listen", $"wss://127.0.0.1:{_port}", "--registration", "open"));
        string fingerprint = await WaitForFingerprintAsync();
        await using TestClient alice = await JoinAsync(fingerprint, "alice"), bob = await JoinAsync(fingerprint, "bob");

        int sent = 0;
        List<EnqueueResponse> proofs = [.. new EnqueueResponse[Messages]];
        Task sending = Parallel.ForEachAsync(Enumerable.Range(0, Messages),
            new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            proofs[i] = await alice.SendAsync(bob, i, $"text {i}");
            Interlocked.Increment(ref sent);
        });
        Task<List<Envelope>> receiving = ReceiveAsync(bob, Messages);
        for (int kill = 1; kill <= Kills; kill++)
        {
            while (Volatile.Read(ref sent) < kill * Messages / (Kills + 1) && !sending.IsCompleted)
                await Task.Delay(2);
            supervisor.Kill();
        }

        await sending.WaitAsync(TimeSpan.FromMinutes(1));
        List<Envelope> received = await receiving.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(Kills, supervisor.Kills);
        Assert.Equal(Enumerable.Range(1, Messages).Select(i => (ulong)i), received.Select(e => e.Seq));
        Assert.Equal(Messages, received.Select(e => e.Data).Distinct().Count());
        HealthResponse health = await alice.CallAsync(RpcMethod.Health, new HealthRequest(), HealthResponse.Parser);
        for (int i = 0; i < Messages; i++)
        {
            Assert.True(DeliveryProof.TryVerify(
                proofs[i].DeliveryProof.Span, health.ServerKey.Span, TestClient.Message(bob.Key, i, $"text {i}"),
                out DeliveryProof proof));
            Assert.Equal($"text {i}", received[(int)proof.Sequence - 1].Data.ToStringUtf8());
        }
    }

    [Fact]
    public async Task A_client_that_was_written_from_the_page_alone_registers_logs_in_and_gets_its_message()
    {
        await using TestServer server = await TestServer.StartAsync();
        ProcessStartInfo start = new(
            "python3",
            [Path.Combine(AppContext.BaseDirectory, "Python", "client.py"), "127.0.0.1", $"{server.Bound.Port}",
                server.Fingerprint, "guido", "pass word"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using Process client = Process.Start(start)!;
        string error = await client.StandardError.ReadToEndAsync();
        Assert.Equal(("", "done\n"), (error, await client.StandardOutput.ReadToEndAsync()));
    }

    [Fact]
    public async Task SIGTERM_ends_it_in_order_and_who_waits_is_told()
    {
        using Process server = Start("run", "--listen", $"wss://127.0.0.1:{_port}", "--registration", "open");
        try
        {
            await using TestClient alice = await JoinAsync(await WaitForFingerprintAsync(), "alice");
            Task<FetchResponse> waiting = alice.WaitAsync(50_000);
            // Calls of a connection begin in their order: who answers this one has begun that one.
            await alice.CallAsync(RpcMethod.Health, new HealthRequest(), HealthResponse.Parser);
            IRpcConnection connection = alice.Connection!;
            Assert.Equal(0, kill(server.Id, SigTerm));
            Assert.Empty((await waiting.WaitAsync(TimeSpan.FromSeconds(60))).Payloads);
            Assert.Contains("stops", await connection.Closed.WaitAsync(TimeSpan.FromSeconds(60)));
            Assert.Contains(ServerCore.DrainingEvent, alice.Events);
            Assert.True(server.WaitForExit(60_000));
            Assert.Equal(0, server.ExitCode);
        }
        finally
        {
            if (!server.HasExited)
                server.Kill();
        }
    }

    [Fact]
    public async Task Mistakes_of_the_operator_are_one_line()
    {
        (int code, string error) = await RunAsync("fingerprint");
        Assert.Equal(1, code);
        Assert.Contains("tls.pem is not there", error);
        (code, error) = await RunAsync("moderator", "list");
        Assert.Equal(1, code);
        Assert.Contains("server.db is not there", error);
        (code, error) = await RunAsync("run", "--listen", "http://x");
        Assert.Equal(2, code);
        Assert.Contains("write wss://ADDRESS:PORT", error);
        string settings = Path.Combine(_directory, "settings");
        await File.WriteAllTextAsync(settings, "# where\n--listen http://from.a.file\n--registration closed\n");
        (code, error) = await RunAsync("run", $"@{settings}");
        Assert.Equal(2, code);
        Assert.Contains("http://from.a.file", error);
        Assert.DoesNotContain(" at ", error);
        // 192.0.2.1 is an address of documentation (RFC 5737): no machine has it.
        (code, error) = await RunAsync("run", "--listen", "wss://127.0.0.1:0", "--listen", "wss://192.0.2.1:8443");
        Assert.Equal(1, code);
        Assert.StartsWith("qpc-server: wss://192.0.2.1:8443 cannot be listened on: ", error);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    private static async Task<List<Envelope>> ReceiveAsync(TestClient client, int count)
    {
        List<Envelope> received = [];
        while (received.Count < count)
        {
            FetchResponse content = await client.WaitAsync(5000);
            if (content.Payloads.Count == 0)
                continue;
            received.AddRange(content.Payloads);
            await client.AckAsync(content.Payloads[^1].Seq);
        }

        return received;
    }

    private async Task<TestClient> JoinAsync(string fingerprint, string name)
    {
        Assert.True(ServerEndpoint.TryParse($"wss://127.0.0.1:{_port}", out ServerEndpoint? endpoint, out _));
        for (int tries = 0; ; tries++)
        {
            TestClient client = new(endpoint, ServerTrust.Key(fingerprint), name);
            try
            {
                await client.Account.RegisterAsync(name, TestClient.Password, client.Identity, "",
                    CancellationToken.None);
                await client.LogInAsync();
                return client;
            }
            catch (IOException) when (tries < 200)
            {
                // It is not there yet.
                await client.DisposeAsync();
                await Task.Delay(50);
            }
        }
    }

    private async Task<string> WaitForFingerprintAsync()
    {
        for (int tries = 0; tries < 400 && !File.Exists(Path.Combine(_directory, TlsCertificate.FileName)); tries++)
            await Task.Delay(50);
        using Process process = Start("fingerprint");
        return (await process.StandardOutput.ReadToEndAsync()).Trim();
    }

    private async Task<(int Code, string Error)> RunAsync(params string[] arguments)
    {
        using Process process = Start(arguments);
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, error);
    }

    private Process Start(params string[] arguments)
    {
        ProcessStartInfo start =
            new("dotnet", [Path.Combine(AppContext.BaseDirectory, "qpc-server.dll"), .. arguments, "--data-dir",
                _directory])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            };
        return Process.Start(start)!;
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
