using System.Net;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Federation;
using QuicProChat.Mesh.Server.Hooks;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;
using QuicProChat.Mesh.Server.Stores.Postgres;

namespace QuicProChat.Mesh.Server.Hosting;

/// <summary>Settings of a server.</summary>
internal sealed record ServerOptions
{
    /// <summary>Where everything is kept; beside PostgreSQL, keys and certificate alone.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The database of several processes; null for SQLite in the data directory.</summary>
    public PostgresConnection? Postgres { get; init; }

    /// <summary>Where to listen for WebSockets on TLS.</summary>
    public IReadOnlyList<IPEndPoint> Listen { get; init; } = [];

    /// <summary>Where to listen for QUIC.</summary>
    public IReadOnlyList<IPEndPoint> ListenQuic { get; init; } = [];

    /// <summary>Where metrics and health are told in plain HTTP; null for nowhere.</summary>
    public IPEndPoint? MetricsListen { get; init; }

    /// <summary>Names of this server: in its own certificate, in Host, in Origin.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = ["localhost"];

    /// <summary>Further origins of pages that may connect, such as <c>https://chat.example.org</c>.</summary>
    public IReadOnlyList<string> Origins { get; init; } = [];

    /// <summary>A certificate with its chain in PEM; null for one of its own.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The certificate's key in PEM; null if it is in the same file.</summary>
    public string? CertificateKeyFile { get; init; }

    /// <summary>The Unix socket on which a hook listens; null for none.</summary>
    public string? HookSocket { get; init; }

    /// <summary>Whether the hook is asked before registrations.</summary>
    public HookRegistration HookRegistration { get; init; }

    /// <summary>The program that wakes devices; null for none.</summary>
    public string? PushCommand { get; init; }

    /// <summary>How often a device is woken at most.</summary>
    public TimeSpan PushInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>When a push command that ended is started again at first; later each time.</summary>
    public TimeSpan PushPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Who may register.</summary>
    public RegistrationPolicy Registration { get; init; } = RegistrationPolicy.Closed;

    /// <summary>Connections in all.</summary>
    public int MaxClients { get; init; } = 12_000;

    /// <summary>Connections from one source.</summary>
    public int MaxClientsPerSource { get; init; } = 256;

    /// <summary>Memory for requests and answers on their way, in bytes.</summary>
    public long MemoryBytes { get; init; } = 128L * 1024 * 1024;

    /// <summary>How long calls that run may take when the server stops.</summary>
    public TimeSpan DrainPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bounds of the store.</summary>
    public StoreLimits Limits { get; init; } = new();

    /// <summary>Other servers.</summary>
    public FederationOptions Federation { get; init; } = new();

    /// <summary>Rates.</summary>
    public RateSettings Rates { get; init; } = new();
}
