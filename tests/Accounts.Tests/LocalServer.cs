using System.Net;
using System.Net.Sockets;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores.Sqlite;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>A whole server in this process, which can be stopped and started again in its place.</summary>
internal sealed class LocalServer : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-server-").FullName;
    private ServerHost? _host;

    private LocalServer() => Port = FreePort();

    internal int Port { get; }

    /// <summary>As accounts name it.</summary>
    internal string Name => $"127.0.0.1:{Port}";

    internal string Fingerprint => _host!.Fingerprint;

    /// <summary>Where it has the bytes of blobs.</summary>
    internal string Blobs => Path.Combine(_directory, BlobFiles.FolderName);

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
