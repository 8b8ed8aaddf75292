using System.Net;
using System.Net.Quic;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;

namespace QuicProChat.Mesh.Server.Tests.Wire;

/// <summary>A whole server in this process, with its sockets, in a folder of its own.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-server-").FullName;
    private ServerHost _host = null!;

    private TestServer()
    {
    }

    internal string Fingerprint => _host.Fingerprint;

    internal string DataDirectory => _directory;

    /// <summary>Where other servers connect to.</summary>
    internal Uri BoundFederation => _host.BoundFederation[0];

    internal string FederationFingerprint => _host.FederationFingerprint;

    /// <summary>Where WebSockets are accepted.</summary>
    internal Uri Bound => _host.Bound[0];

    internal Uri Metrics => _host.BoundMetrics!;

    /// <param name="change">Changes its settings.</param>
    /// <param name="keysOf">A server whose keys it has too, as another process over one database.</param>
    internal static async Task<TestServer> StartAsync(
        Func<ServerOptions, ServerOptions>? change = null, TestServer? keysOf = null)
    {
        TestServer server = new();
        foreach (string file in keysOf is null ? [] : (string[])[ServerKeys.FileName, TlsCertificate.FileName])
            File.Copy(Path.Combine(keysOf!._directory, file), Path.Combine(server._directory, file));
        // Tests of limits set their own.
        Rate unlimited = new(1_000_000, 1_000_000);
        ServerOptions options = new()
        {
            DataDirectory = server._directory,
            Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
            ListenQuic = QuicListener.IsSupported ? [new IPEndPoint(IPAddress.Loopback, 0)] : [],
            MetricsListen = new IPEndPoint(IPAddress.Loopback, 0),
            Registration = RegistrationPolicy.Open,
            DrainPatience = TimeSpan.FromSeconds(5),
            Rates = new RateSettings
            {
                Connections = unlimited,
                Opaque = unlimited,
                LoginsPerName = unlimited,
                Calls = unlimited,
                Lookups = unlimited,
                Channels = unlimited,
            },
        };
        server._host = await ServerHost.StartAsync(change?.Invoke(options) ?? options, TimeProvider.System,
            RandomSource.System);
        return server;
    }

    /// <summary>Where a kind of connection is accepted.</summary>
    internal ServerEndpoint Endpoint(string transport)
    {
        string authority = transport == "quic" ? _host.BoundQuic.First().ToString() : Bound.Authority;
        Assert.True(ServerEndpoint.TryParse($"{transport}://{authority}", out ServerEndpoint? endpoint, out _));
        return endpoint;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
