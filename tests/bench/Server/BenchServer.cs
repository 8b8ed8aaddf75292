using System.Net;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Identity.Opaque;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Bench.Server;

/// <summary>A server in this process without rates, and its clients.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private static readonly byte[] _password = [.. "password"u8];
    private static readonly OpaqueSettings Cheap = OpaqueSettings.Default with { Stretching = null };

    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-bench-").FullName;
    private ServerHost _host = null!;

    internal static async Task<BenchServer> StartAsync()
    {
        Rate unlimited = new(1e9, 1e9);
        BenchServer server = new();
        server._host = await ServerHost.StartAsync(
            new ServerOptions
            {
                DataDirectory = server._directory,
                Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
                Registration = RegistrationPolicy.Open,
                Limits = new StoreLimits
                {
                    MaxInboxMessages = 1_000_000,
                    MaxInboxBytes = long.MaxValue / 2,
                    SenderShare = 1
                },
                Rates = new RateSettings { Calls = unlimited, Opaque = unlimited, Connections = unlimited },
            },
            TimeProvider.System, RandomSource.System);
        return server;
    }

    internal async Task<(RpcClient Client, LocalIdentity Identity)> JoinAsync(string name)
    {
        LocalIdentity identity = LocalIdentity.Generate();
        _ = ServerEndpoint.TryParse($"wss://{_host.Bound[0].Authority}", out ServerEndpoint? endpoint, out _);
        ServerTrust trust = ServerTrust.Key(_host.Fingerprint);
        RpcClient client = new(c => endpoint!.ConnectAsync(trust, null, c), new RpcClientOptions(), TimeProvider.System,
            new Random(1));
        Account account = new(client, Cheap, RandomSource.System);
        await account.RegisterAsync(name, _password, identity, "", CancellationToken.None);
        await client.AuthenticateAsync(
            await account.LoginAsync(name, _password, identity.PublicKey, CancellationToken.None), null,
            CancellationToken.None);
        return (client, identity);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
