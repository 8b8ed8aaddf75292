using System.Net;
using System.Net.Quic;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Server.Connections;
using QuicProChat.Mesh.Server.Federation;
using QuicProChat.Mesh.Server.Limits;

namespace QuicProChat.Mesh.Server.Hosting;

/// <summary>The whole server: the core, Kestrel and QUIC around it, and the service manager's protocol.</summary>
internal sealed class ServerHost : IAsyncDisposable
{
    private readonly ServerCore _core;
    private readonly WebApplication _application;
    private readonly X509Certificate2 _certificate;
    private readonly FederationCertificate? _federation;
    private readonly ServerOptions _options;
    private readonly List<QuicEndpoint> _quic = [];
    private readonly ILogger _logger;

    private ServerHost(ServerOptions options, ServerStorage storage, TimeProvider time, RandomFill random)
    {
        _options = options;
        _certificate = storage.Certificate;
        _federation = storage.Federation;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning);
        ServiceManager.AddTo(builder);
        // The drain has its own patience; the host's has to be longer.
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = (2 * options.DrainPatience)
            + TimeSpan.FromSeconds(5));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Configure);
        _application = builder.Build();
        _core = new ServerCore(options, storage, time, random,
            _application.Services.GetRequiredService<ILoggerFactory>());
        _logger = _application.Services.GetRequiredService<ILogger<ServerHost>>();
        WebSocketEndpoint endpoint =
            new(_core.Connections, options, _core.PeerTrust, _core.PeerLimits, _core.Metrics);
        _application.UseWebSockets();
        // Certificates of clients are asked for where other servers connect, and nowhere else.
        _application.Run(context => context.Connection.ClientCertificate is { } shown
            ? endpoint.HandlePeerAsync(context, shown)
            : context.Connection.LocalPort == BoundMetrics?.Port && endpoint.IsOwnHost(context)
                ? TellAsync(context) : endpoint.HandleAsync(context));
    }

    /// <summary>The fingerprint that clients pin.</summary>
    internal string Fingerprint => ServerTrust.Fingerprint(_certificate);

    /// <summary>Where WebSockets are accepted.</summary>
    internal IReadOnlyList<Uri> Bound { get; private set; } = [];

    /// <summary>The fingerprint that other servers pin; empty where this one speaks with none.</summary>
    internal string FederationFingerprint =>
        _federation is null ? "" : ServerTrust.Fingerprint(_federation.Certificate);

    /// <summary>Where other servers connect to.</summary>
    internal IReadOnlyList<Uri> BoundFederation { get; private set; } = [];

    /// <summary>Where metrics are told; null for nowhere.</summary>
    internal Uri? BoundMetrics { get; private set; }

    /// <summary>Where QUIC is accepted.</summary>
    internal IEnumerable<IPEndPoint> BoundQuic => _quic.Select(q => q.Bound);

    /// <summary>Opens the store and begins to listen.</summary>
    /// <exception cref="IOException">An address is taken, or a file cannot be used.</exception>
    /// <exception cref="Store.StoreException">The store cannot be used.</exception>
    internal static async Task<ServerHost> StartAsync(ServerOptions options, TimeProvider time, RandomFill random)
    {
        ServerHost host = new(options, await ServerStorage.OpenAsync(options, time, random), time, random);
        try
        {
            await host.ListenAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits for SIGTERM or SIGINT, and stops.</summary>
    internal async Task RunAsync()
    {
        IHostApplicationLifetime lifetime = _application.Services.GetRequiredService<IHostApplicationLifetime>();
        TaskCompletionSource stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = lifetime.ApplicationStopping.Register(stopping.SetResult);
        await stopping.Task;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _core.DrainAsync();
        foreach (QuicEndpoint quic in _quic)
            await quic.DisposeAsync();
        await _application.StopAsync();
        await _application.DisposeAsync();
        await _core.DisposeAsync();
        _certificate.Dispose();
        _federation?.Dispose();
    }

    private async Task ListenAsync()
    {
        try
        {
            await _application.StartAsync();
        }
        catch (SocketException e)
        {
            throw CannotListen(e);
        }

        ICollection<string> addresses =
            _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Uri[] secure =
            [.. addresses.Where(a => a.StartsWith("https:", StringComparison.Ordinal)).Select(a => new Uri(a))];
        (Bound, BoundFederation) = (secure[.._options.Listen.Count], secure[_options.Listen.Count..]);
        if (_options.MetricsListen is not null)
            BoundMetrics = new Uri(addresses.Single(a => a.StartsWith("http:", StringComparison.Ordinal)));
        foreach (Uri bound in Bound)
            Log.Listening(_logger, $"wss://{bound.Authority}{ServerEndpoint.Path}", Fingerprint);
        foreach (Uri bound in BoundFederation)
            Log.ListeningForPeers(
                _logger, _options.Federation.Domain, $"wss://{bound.Authority}", FederationFingerprint);
        foreach (IPEndPoint endpoint in _options.ListenQuic)
        {
            if (!QuicListener.IsSupported)
            {
                Log.NotListening(_logger, $"quic://{endpoint}", "the library libmsquic.so.2 is not installed");
                continue;
            }

            _quic.Add(await QuicEndpoint.StartAsync(endpoint, _certificate, _core.Connections, _core.Rates,
                _core.Metrics));
            Log.Listening(_logger, $"quic://{_quic[^1].Bound}", Fingerprint);
        }
    }

    // Kestrel does not say which address it was: the first that cannot be taken is it.
    private IOException CannotListen(SocketException fault)
    {
        IEnumerable<(string Kind, IPEndPoint Endpoint)> all =
        [
            .. _options.Listen.Select(e => ("wss", e)), .. _options.Federation.Listen.Select(e => ("wss", e)),
            .. _options.MetricsListen is { } metrics ? [("http", metrics)] : Array.Empty<(string, IPEndPoint)>(),
        ];
        foreach ((string kind, IPEndPoint endpoint) in all)
        {
            try
            {
                using Socket probe = new(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                probe.Bind(endpoint);
            }
            catch (SocketException e)
            {
                string hint = e.SocketErrorCode == SocketError.AddressFamilyNotSupported
                    ? "; this machine has no IPv6: write --listen wss://0.0.0.0:PORT" : "";
                return new IOException($"{kind}://{endpoint} cannot be listened on: {FaultText.Of(e)}{hint}", e);
            }
        }

        return new IOException($"An address cannot be listened on: {FaultText.Of(fault)}", fault);
    }

    private void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = _options.MaxClients + 64;
        kestrel.Limits.MaxConcurrentUpgradedConnections = _options.MaxClients;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.MaxRequestBodySize = 0;
        kestrel.Limits.MaxRequestHeadersTotalSize = 8 * 1024;
        foreach (IPEndPoint endpoint in _options.Listen)
        {
            kestrel.Listen(endpoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(Admit);
                listen.UseHttps(new HttpsConnectionAdapterOptions
                {
                    ServerCertificate = _certificate,
                    SslProtocols = System.Security.Authentication.SslProtocols.Tls13,
                    HandshakeTimeout = TimeSpan.FromSeconds(10),
                });
            });
        }

        foreach (IPEndPoint endpoint in _federation is null ? [] : _options.Federation.Listen)
        {
            kestrel.Listen(endpoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(Admit);
                listen.UseHttps(new HttpsConnectionAdapterOptions
                {
                    ServerCertificate = _federation!.Certificate,
                    ServerCertificateChain = _federation.Chain,
                    ClientCertificateMode = ClientCertificateMode.RequireCertificate,
                    ClientCertificateValidation = (shown, chain, _) => _core.PeerTrust.Accept(shown, chain),
                    SslProtocols = System.Security.Authentication.SslProtocols.Tls13,
                    HandshakeTimeout = TimeSpan.FromSeconds(10),
                });
            });
        }

        if (_options.MetricsListen is { } metrics)
            kestrel.Listen(metrics, listen => listen.Protocols = HttpProtocols.Http1);
    }

    // Before TLS: a handshake is the dearest thing that a stranger can ask for.
    private ConnectionDelegate Admit(ConnectionDelegate next) => async connection =>
    {
        if (_core.Rates.MayConnect(Source.Of((connection.RemoteEndPoint as IPEndPoint)?.Address)))
            await next(connection);
        else
            _core.Metrics.CountRefused();
    };

    private async Task TellAsync(HttpContext context)
    {
        switch (context.Request.Path)
        {
            case "/metrics":
                context.Response.ContentType = "text/plain; version=0.0.4";
                await context.Response.WriteAsync(_core.Metrics.Write(_core.Clients, _core.Waiters, _core.Budget));
                break;
            case "/health":
                string? why = await _core.Health.WhyNotAsync();
                context.Response.StatusCode =
                    why is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
                await context.Response.WriteAsync((why ?? "ok") + "\n");
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }
}
