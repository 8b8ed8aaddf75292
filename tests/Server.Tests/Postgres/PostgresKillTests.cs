using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Stores.Postgres;
using QuicProChat.Mesh.Server.Tests.Wire;

namespace QuicProChat.Mesh.Server.Tests.Postgres;

/// <summary>PostgreSQL and servers that are killed. The cluster has few files: after a kill each is flushed.</summary>
public sealed class PostgresKillTests(PostgresCluster cluster) : IClassFixture<PostgresCluster>, IDisposable
{
    // The design's 2,000 are a matter of a minute: QPC_KILLED_MESSAGES=2000.
    private static readonly int Messages =
        int.TryParse(Environment.GetEnvironmentVariable("QPC_KILLED_MESSAGES"), out int set) ? set : 400;

    private readonly string[] _directories =
        [.. Enumerable.Range(0, 2).Select(_ => Directory.CreateTempSubdirectory("qpc-server-").FullName)];

    private readonly int[] _ports = [FreePort(), FreePort()];

    public void Dispose()
    {
        foreach (string directory in _directories)
            Directory.Delete(directory, recursive: true);
    }

    [PostgresFact]
    public async Task Servers_and_the_database_killed_at_random_lose_nothing_and_give_nothing_twice()
    {
        string database = await cluster.MakeDatabaseAsync();
        using Supervisor first = new(() => StartServer(0, database));
        string fingerprint = await WaitForFingerprintAsync();
        foreach (string file in (string[])[ServerKeys.FileName, TlsCertificate.FileName])
            File.Copy(Path.Combine(_directories[0], file), Path.Combine(_directories[1], file), overwrite: true);
        using Supervisor second = new(() => StartServer(1, database));
        await using TestClient alice = await JoinAsync(fingerprint, "alice", [0, 1]);
        await using TestClient bob = await JoinAsync(fingerprint, "bob", [1, 0]);

        int sent = 0;
        EnqueueResponse[] proofs = new EnqueueResponse[Messages];
        Task sending = Parallel.ForEachAsync(Enumerable.Range(0, Messages),
            new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            proofs[i] = await PatientlyAsync(() => alice.SendAsync(bob, i, $"text {i}"));
            Interlocked.Increment(ref sent);
        });
        Task<List<Envelope>> receiving = ReceiveAsync(bob);
        Random random = new(Messages);
        Func<Task>[] kills =
        [
            () => Run(first.Kill), () => KillDatabaseAsync(), () => Run(second.Kill), () => KillDatabaseAsync(),
            () => Run(random.Next(2) == 0 ? first.Kill : second.Kill),
        ];
        for (int kill = 1; kill <= kills.Length; kill++)
        {
            while (Volatile.Read(ref sent) < kill * Messages / (kills.Length + 1) && !sending.IsCompleted)
                await Task.Delay(2);
            await Task.Delay(random.Next(20));
            await kills[kill - 1]();
        }

        await sending.WaitAsync(TimeSpan.FromMinutes(2));
        List<Envelope> received = await receiving.WaitAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(3, first.Kills + second.Kills);
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

    [PostgresFact]
    public async Task A_database_that_is_lost_makes_calls_unavailable_with_a_time_to_try_again_until_it_is_back()
    {
        PostgresConnection database = PostgresPrograms.Read(await cluster.MakeDatabaseAsync());
        await using TestServer server = await TestServer.StartAsync(o => o with { Postgres = database });
        await using TestClient alice = await TestClient.JoinAsync(server, "wss", "alice");
        await using TestClient bob = await TestClient.JoinAsync(server, "wss", "bob");
        await cluster.KillAsync();
        try
        {
            RpcException refused = await Assert.ThrowsAsync<RpcException>(() => alice.SendAsync(bob, 1));
            Assert.Equal((RpcStatus.Unavailable, TimeSpan.FromSeconds(1)), (refused.Status, refused.RetryAfter));
            refused = await Assert.ThrowsAsync<RpcException>(() => bob.FetchAsync());
            Assert.Equal((RpcStatus.Unavailable, TimeSpan.FromSeconds(1)), (refused.Status, refused.RetryAfter));
        }
        finally
        {
            await cluster.StartAsync();
        }

        Task<FetchResponse> waiting = PatientlyAsync(() => bob.WaitAsync(60_000));
        EnqueueResponse sent = await PatientlyAsync(() => alice.SendAsync(bob, 1));
        Assert.Equal(sent.Seq, Assert.Single((await waiting.WaitAsync(TimeSpan.FromMinutes(1))).Payloads).Seq);
    }

    private async Task KillDatabaseAsync()
    {
        await cluster.KillAsync();
        await cluster.StartAsync();
    }

    private static Task Run(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    /// <summary>What a client does with "unavailable".</summary>
    private static async Task<T> PatientlyAsync<T>(Func<Task<T>> call)
    {
        for (int tries = 0; ; tries++)
        {
            try
            {
                return await call();
            }
            catch (Exception e) when (tries < 600 && e is RpcException { Status: RpcStatus.Unavailable } or IOException)
            {
                await Task.Delay(50);
            }
        }
    }

    private static async Task<List<Envelope>> ReceiveAsync(TestClient client)
    {
        List<Envelope> received = [];
        while (received.Count < Messages)
        {
            FetchResponse content = await PatientlyAsync(() => client.WaitAsync(5000));
            // An acknowledgement whose answer was lost is made again; what was read before does not come again.
            if (content.Payloads.Count == 0)
                continue;
            received.AddRange(content.Payloads);
            await PatientlyAsync(() => client.AckAsync(content.Payloads[^1].Seq));
        }

        return received;
    }

    private async Task<TestClient> JoinAsync(string fingerprint, string name, int[] order)
    {
        List<ServerEndpoint> endpoints = [];
        foreach (int i in order)
        {
            Assert.True(ServerEndpoint.TryParse($"wss://127.0.0.1:{_ports[i]}", out ServerEndpoint? endpoint, out _));
            endpoints.Add(endpoint);
        }

        TestClient client = new(endpoints, ServerTrust.Key(fingerprint), name);
        await PatientlyAsync(async () =>
        {
            await client.Account.RegisterAsync(name, TestClient.Password, client.Identity, "", CancellationToken.None);
            return true;
        });
        await PatientlyAsync(async () =>
        {
            await client.LogInAsync();
            return true;
        });
        return client;
    }

    private async Task<string> WaitForFingerprintAsync()
    {
        string path = Path.Combine(_directories[0], TlsCertificate.FileName);
        for (int tries = 0; tries < 1200 && !File.Exists(path); tries++)
            await Task.Delay(50);
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(path));
        return ServerTrust.Fingerprint(certificate);
    }

    private Process StartServer(int which, string database) => ServerProgram.Start(
        "run", "--store", "postgres:" + database, "--listen", $"wss://127.0.0.1:{_ports[which]}", "--registration",
        "open", "--data-dir", _directories[which]);

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
