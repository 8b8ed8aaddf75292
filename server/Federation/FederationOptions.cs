using System.Net;
using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Server.Limits;

namespace QuicProChat.Mesh.Server.Federation;

/// <summary>Which other servers a server speaks with.</summary>
internal enum FederationMode
{
    /// <summary>None.</summary>
    Off,

    /// <summary>Those that its operator named.</summary>
    Peers,

    /// <summary>Whoever has a certificate of a trusted authority, and those that its operator named.</summary>
    Open,
}

/// <summary>A server that the operator named.</summary>
/// <param name="Domain">What it is called among servers.</param>
/// <param name="Endpoint">Where it is.</param>
/// <param name="Key">The fingerprint of its certificate's key; null: an authority says that it is the one.</param>
internal sealed record NamedPeer(string Domain, ServerEndpoint Endpoint, string? Key);

/// <summary>Settings of the federation of a server.</summary>
internal sealed record FederationOptions
{
    /// <summary>The port of other servers where none is said; ours.</summary>
    internal const int DefaultPort = 8444;

    /// <summary>Which servers it speaks with.</summary>
    public FederationMode Mode { get; init; } = FederationMode.Off;

    /// <summary>What this server is called among servers.</summary>
    public string Domain { get; init; } = "";

    /// <summary>Where other servers connect to.</summary>
    public IReadOnlyList<IPEndPoint> Listen { get; init; } = [];

    /// <summary>The servers that the operator named, by domain.</summary>
    public IReadOnlyDictionary<string, NamedPeer> Peers { get; init; } = new Dictionary<string, NamedPeer>();

    /// <summary>Authorities whose certificates are trusted, empty for the system's; null for none.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>A certificate for <see cref="Domain"/> in PEM, with its chain; null for one of its own.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The certificate's key in PEM; null if it is in the same file.</summary>
    public string? CertificateKeyFile { get; init; }

    /// <summary>The longest that a call to another server may take.</summary>
    public TimeSpan CallPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest that a connection to another server may take to stand.</summary>
    public TimeSpan DialPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Rates of what other servers ask for.</summary>
    public PeerRates Rates { get; init; } = new();
}

/// <summary>Rates of what other servers ask for; each is arbitrary, and a setting of tests.</summary>
internal sealed record PeerRates
{
    /// <summary>Calls of one server.</summary>
    public Rate Calls { get; init; } = new(2000, 500);

    /// <summary>Calls of all servers.</summary>
    public Rate AllCalls { get; init; } = new(8000, 2000);

    /// <summary>Questions for names and keys of one server.</summary>
    public Rate Lookups { get; init; } = new(120, 2);

    /// <summary>Questions for names and keys of all servers.</summary>
    public Rate AllLookups { get; init; } = new(600, 10);

    /// <summary>KeyPackages of one owner that all servers take.</summary>
    public Rate KeyPackagesOfOne { get; init; } = new(20, 0.1);
}
