using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Identity.Opaque;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Stores.Postgres;

namespace QuicProChat.Mesh.Bench.Server;

/// <summary>
/// Messages over WebSocket on TLS to processes over one database. Clients, processes and PostgreSQL share the machine.
/// </summary>
internal static class PostgresBench
{
    // One sender has room for 2,500 messages in an inbox.
    private const int Clients = 8, Callers = 60, Messages = Clients * 2000;

    private static readonly byte[] _password = [.. "password"u8];
    private static readonly OpaqueSettings Cheap = OpaqueSettings.Default with { Stretching = null };

    private static string Text => Environment.GetEnvironmentVariable("QPC_BENCH_POSTGRES")
        ?? throw new ArgumentException("QPC_BENCH_POSTGRES names no database.");

    internal static PostgresConnection Connection =>
        PostgresConnection.TryRead(Text, out PostgresConnection? connection, out string? problem) ? connection
            : throw new ArgumentException(problem);

    internal static async Task<string> RunAsync(int processes)
    {
        string root = Directory.CreateTempSubdirectory("qpc-bench-").FullName;
        List<Process> servers = [];
        List<(RpcClient Client, LocalIdentity Identity)> clients = [];
        try
        {
            int[] ports = [.. Enumerable.Range(0, processes).Select(_ => FreePort())];
            for (int i = 0; i < processes; i++)
                servers.Add(await StartAsync(root, i, ports[i]));
            using X509Certificate2 certificate =
                X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(Path.Combine(root, "0", "tls.pem")));
            ServerTrust trust = ServerTrust.Key(ServerTrust.Fingerprint(certificate));
            for (int i = 0; i < Clients; i++)
                clients.Add(await JoinAsync($"user{i}", ports[i % processes], trust));
            TimeSpan took = await SendAsync(clients);
            return $"{processes} over PostgreSQL: {Messages / took.TotalSeconds:0} durable Enqueue of 1 KiB a second";
        }
        finally
        {
            foreach ((RpcClient client, LocalIdentity identity) in clients)
            {
                await client.DisposeAsync();
                identity.Dispose();
            }

            foreach (Process server in servers)
            {
                server.Kill();
                await server.WaitForExitAsync();
                server.Dispose();
            }

            Directory.Delete(root, recursive: true);
        }
    }

    private static async Task<TimeSpan> SendAsync(List<(RpcClient Client, LocalIdentity Identity)> clients)
    {
        ByteString payload = ByteString.CopyFrom(new byte[1024]);
        int next = 0;
        Stopwatch watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Clients * Callers).Select(caller => Task.Run(async () =>
        {
            for (int i = Interlocked.Increment(ref next); i <= Messages; i = Interlocked.Increment(ref next))
            {
                byte[] id = new byte[16];
                BinaryPrimitives.WriteInt32LittleEndian(id, i);
                int sender = i % Clients;
                await clients[sender].Client.CallAsync(RpcMethod.Enqueue, new EnqueueRequest
                {
                    RecipientKey = ByteString.CopyFrom(clients[(sender + 1) % Clients].Identity.PublicKey.Span),
                    Payload = payload,
                    MessageId = ByteString.CopyFrom(id),
                }, EnqueueResponse.Parser, CancellationToken.None);
            }
        })));
        return watch.Elapsed;
    }

    private static async Task<Process> StartAsync(string root, int number, int port)
    {
        string directory = Path.Combine(root, $"{number}"), first = Path.Combine(root, "0");
        Directory.CreateDirectory(directory);
        foreach (string file in number == 0 ? [] : (string[])["server.key", "tls.pem"])
            File.Copy(Path.Combine(first, file), Path.Combine(directory, file));
        Process server = Process.Start(new ProcessStartInfo(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "qpc-server.dll"), "run", "--data-dir", directory, "--listen",
                $"wss://127.0.0.1:{port}", "--store", "postgres:" + Text, "--registration", "open",
                "--calls-per-second", "1000000"])
        { RedirectStandardOutput = true })!;
        string? line;
        do
        {
            line = await server.StandardOutput.ReadLineAsync()
                ?? throw new InvalidOperationException("The server did not start.");
        }
        while (!line.Contains("Listening", StringComparison.Ordinal));
        _ = server.StandardOutput.ReadToEndAsync();
        return server;
    }

    private static async Task<(RpcClient Client, LocalIdentity Identity)> JoinAsync(
        string name, int port, ServerTrust trust)
    {
        LocalIdentity identity = LocalIdentity.Generate();
        _ = ServerEndpoint.TryParse($"wss://127.0.0.1:{port}", out ServerEndpoint? endpoint, out _);
        RpcClient client = new(c => endpoint!.ConnectAsync(trust, null, c), new RpcClientOptions(), TimeProvider.System,
            new Random(1));
        Account account = new(client, Cheap, RandomSource.System);
        await account.RegisterAsync(name, _password, identity, "", CancellationToken.None);
        await client.AuthenticateAsync(
            await account.LoginAsync(name, _password, identity.PublicKey, CancellationToken.None), null,
            CancellationToken.None);
        return (client, identity);
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
