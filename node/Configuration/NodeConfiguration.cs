using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Fapp.Mesh;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Transports.Mdns;

namespace QuicProChat.Mesh.Node.Configuration;

/// <summary>
/// How the daemon runs: defaults, then the configuration file, then the command line (docs/reference/configuration.md).
/// </summary>
public sealed record NodeConfiguration
{
    /// <summary>
    /// Where store and, unless <see cref="KeyFile"/> says otherwise, key file live; made with mode 0700 if absent.
    /// Empty until file and command line were read.
    /// </summary>
    public string DataDirectory { get; set; } = "";

    /// <summary>Path of the key file; null for its place in the data directory.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Path of the control socket; null for the usual place.</summary>
    public string? Control { get; set; }

    /// <summary>Name or number of the group that may use the control socket; null for that of the process.</summary>
    public string? ControlGroup { get; set; }

    /// <summary>What this node calls itself, at most 20 bytes of UTF-8; empty for none.</summary>
    public string Name { get; set; } = "";

    /// <summary>URIs to listen on.</summary>
    public IReadOnlyList<string> Listen { get; set; } = [];

    /// <summary>URIs to dial and keep connected.</summary>
    public IReadOnlyList<string> Peers { get; set; } = [];

    /// <summary>What is done to find others on this machine's links, and to be found.</summary>
    public DiscoveryMode Discovery { get; set; } = DiscoveryMode.Both;

    /// <summary>Interfaces where that is done; empty for all where this node listens.</summary>
    public IReadOnlyList<string> DiscoveryInterfaces { get; set; } = [];

    /// <summary>File with the key that all nodes of a closed network share; null for an open network.</summary>
    public string? NetworkKeyFile { get; set; }

    /// <summary>File whose first line is the passphrase of the key file; null where the key file has none.</summary>
    public string? PassphraseFile { get; set; }

    /// <summary>What a power cut may take.</summary>
    public Durability Durability { get; set; } = Durability.Normal;

    /// <summary>Least level that is logged.</summary>
    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    /// <summary>Where metrics are served over HTTP; null for nowhere.</summary>
    public string? MetricsListen { get; set; }

    /// <summary>Where the page is served, a loopback address; null for nowhere.</summary>
    public string? WebListen { get; set; }

    /// <summary>Forwards what is addressed to others.</summary>
    public bool Relay { get; set; } = true;

    /// <summary>Holds what cannot go on yet.</summary>
    public bool StoreAndForward { get; set; } = true;

    /// <summary>Hops that an envelope may take, 1..64; what others send is clamped to it.</summary>
    public int HopLimit { get; set; } = 64;

    /// <summary>How long a message is tried unless its sender says otherwise.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromDays(3);

    /// <summary>Bytes of envelopes held, in all.</summary>
    public long QuotaBytes { get; set; } = 32 << 20;

    /// <summary>Envelopes held, in all; 0: as many as <see cref="Memory"/> has room for.</summary>
    public int QuotaCount { get; set; }

    /// <summary>The part of both quotas that one neighbour may fill, in percent.</summary>
    public int NeighbourSharePercent { get; set; } = 50;

    /// <summary>The part of both quotas that one destination may fill, in percent.</summary>
    public int DestinationSharePercent { get; set; } = 50;

    /// <summary>The budget of all tables, queues and buffers in bytes; 0: what fits this machine.</summary>
    public long MemoryBytes { get; set; }

    /// <summary>
    /// Bytes of held envelopes kept in memory; the rest is read from disk when its turn comes. 0: their part of
    /// <see cref="Memory"/>.
    /// </summary>
    public long QueueMemoryBytes { get; set; }

    /// <summary>Envelopes per second that one neighbour may send on average.</summary>
    public int NeighbourEnvelopesPerSecond { get; set; } = 50_000;

    /// <summary>The quota of the data directory in bytes; 0 for the usual one.</summary>
    public long DiskBytes { get; set; }

    /// <summary>Who gets proofs of delivery.</summary>
    public ReceiptPolicy Receipts { get; set; } = ReceiptPolicy.All;

    /// <summary>How texts to one node are protected, unless the owner pins a conversation.</summary>
    public DirectSecurity DirectMessages { get; set; } = DirectSecurity.Auto;

    /// <summary>The large frames of post-quantum groups may cross radios.</summary>
    public bool PostQuantumOverRadio { get; set; }

    /// <summary>What this node does for appointments.</summary>
    public FappMode Fapp { get; set; }

    /// <summary>Regions of its own: the first two digits of postal codes.</summary>
    public IReadOnlyList<string> FappRegions { get; set; } = [];

    /// <summary>Addresses of relays, separated by spaces, that this node asks where only radios reach it.</summary>
    public string FappRelays { get; set; } = "";

    /// <summary>How often a practice publishes by day.</summary>
    public TimeSpan FappPublish { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Longest wait before a request of somebody else is passed on.</summary>
    public TimeSpan FappDelay { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Mean time between two envelopes to forwarders, requests and dummies alike; zero: requests go at once.
    /// </summary>
    public TimeSpan FappCover { get; set; } = TimeSpan.FromSeconds(CoverTraffic.StandardMean);

    /// <summary>The clock is right, though the kernel does not say so: something else than NTP sets it.</summary>
    public bool FappTrustsClock { get; set; }

    /// <summary>File with the issuers of cards that count (PEM); null for none.</summary>
    public string? FappAnchorsFile { get; set; }

    /// <summary>File with cards, keys and batches that count for nothing; null for none.</summary>
    public string? FappBlockFile { get; set; }

    /// <summary>Most links at a time.</summary>
    public int MaxLinks { get; set; } = 64;

    /// <summary>
    /// Bytes that all links together may have waiting, in both directions; 0: their part of <see cref="Memory"/>.
    /// </summary>
    public long LinkMemoryBytes { get; set; }

    /// <summary>Largest file in bytes, own and fetched.</summary>
    public long FileMaxBytes { get; set; } = 50L << 20;

    /// <summary>Files of contacts up to this size are fetched unasked; 0: none.</summary>
    public long FileAutoAcceptBytes { get; set; }

    /// <summary>Bytes a second that this node sends of files to all who ask.</summary>
    public long FileBytesPerSecond { get; set; } = 256L << 20;

    /// <summary>The folder that fetched files are written to in clear; null for none.</summary>
    public string? Downloads { get; set; }

    /// <summary>What each table may take.</summary>
    internal MemoryPlan Memory => MemoryBytes > 0 ? new MemoryPlan(MemoryBytes) : MemoryPlan.OfMachine;

    /// <summary>
    /// The control socket's path: in the data directory, which is its owner's alone, unless a group is to reach it.
    /// </summary>
    public string ControlPath =>
        Control ?? (ControlGroup is null ? Path.Combine(DataDirectory, DefaultPaths.ControlFile)
            : DefaultPaths.GroupControl);
}
