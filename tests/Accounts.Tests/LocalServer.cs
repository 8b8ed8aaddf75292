using System.Net;
using System.Net.Sockets;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Federation;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>A whole server in this process, which can be stopped and started again in its place.</summary>
internal sealed class LocalServer : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-server-").FullName;
    private ServerHost? _host;

    private readonly int _federationPort = FreePort();
    private FederationOptions _federation = new();

    private LocalServer() => Port = FreePort();

    internal int Port { get; }

    /// <summary>As accounts name it.</summary>
    internal string Name => $"127.0.0.1:{Port}";

    internal string Fingerprint => _host!.Fingerprint;

    /// <summary>Two servers that know each other by their keys: of a.example and b.example.</summary>
    internal static async Task<(LocalServer A, LocalServer B)> StartTwoAsync()
    {
        LocalServer a = new(), b = new();
        NamedPeer ofA = a.Federate("a.example"), ofB = b.Federate("b.example");
        a._federation = a._federation with { Peers = new Dictionary<string, NamedPeer> { [ofB.Domain] = ofB } };
        b._federation = b._federation with { Peers = new Dictionary<string, NamedPeer> { [ofA.Domain] = ofA } };
        await a.RestartAsync();
        await b.RestartAsync();
        return (a, b);
    }

    private NamedPeer Federate(string domain)
    {
        _federation = new FederationOptions
        {
            Mode = FederationMode.Peers,
            Domain = domain,
            Listen = [new IPEndPoint(IPAddress.Loopback, _federationPort)],
            CallPatience = TimeSpan.FromSeconds(3),
        };
        using FederationCertificate certificate = FederationCertificate.Open(_directory, _federation);
        Assert.True(ServerEndpoint.TryParse(
            $"wss://127.0.0.1:{_federationPort}", out ServerEndpoint? endpoint, out _));
        return new NamedPeer(domain, endpoint, ServerTrust.Fingerprint(certificate.Certificate));
    }

    internal static async Task<LocalServer> StartAsync()
    {
        var server = new LocalServer();
        await server.RestartAsync();
        return server;
    }

    /// <summary>Starts it again, over what it has on disk.</summary>
    internal async Task RestartAsync()
    {
        await StopAsync();
        // Tests of limits are the server's own.
        Rate unlimited = new(1_000_000, 1_000_000);
        _host = await ServerHost.StartAsync(
            new ServerOptions
            {
                DataDirectory = _directory,
                Listen = [new IPEndPoint(IPAddress.Loopback, Port)],
                ListenQuic = [],
                Federation = _federation,
                Registration = RegistrationPolicy.Open,
                DrainPatience = TimeSpan.FromSeconds(1),
                Rates = new RateSettings
                {
                    Connections = unlimited,
                    Opaque = unlimited,
                    LoginsPerName = unlimited,
                    Calls = unlimited,
                    Lookups = unlimited,
                    Channels = unlimited,
                },
            },
            TimeProvider.System, RandomSource.System);
    }

    internal async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _host, null) is { } host)
            await host.DisposeAsync();
    }

    /// <summary>Its keys are lost: it signs with another one when it starts.</summary>
    internal void LoseKeys() => File.Delete(Path.Combine(_directory, ServerKeys.FileName));

    /// <summary>Where its store is; for who moderates.</summary>
    internal string DataDirectory => _directory;

    /// <summary>Keeps a copy of its database; it is stopped.</summary>
    internal void KeepDatabase() => Copy("server.db", "kept");

    /// <summary>Puts the copy in the place of its database, as a backup that is restored; it is stopped.</summary>
    internal void RestoreDatabase()
    {
        foreach (string file in Directory.GetFiles(_directory, "server.db*"))
            File.Delete(file);
        Copy("kept", "server.db");
    }

    private void Copy(string from, string to) =>
        File.Copy(Path.Combine(_directory, from), Path.Combine(_directory, to), overwrite: true);

    /// <summary>Its certificate and the key that clients pin are lost: it makes others when it starts.</summary>
    internal void LoseCertificate() => File.Delete(Path.Combine(_directory, TlsCertificate.FileName));

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_directory, recursive: true);
    }

    internal static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
