using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Transports;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Mdns;
using QuicProChat.Mesh.Transports.Quic;
using QuicProChat.Mesh.Transports.Tcp;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>Listeners and dialers, put together from the configuration.</summary>
internal sealed class NodeLinks : IAsyncDisposable
{
    private const int NetworkKeySize = 32;

    private readonly LocalEnd _local;
    private readonly ITransport _quic;
    private readonly LoraTransport _lora;
    private readonly byte[] _networkKey;
    private readonly LinkManager _manager;
    private readonly LanDiscovery _discovery;

    internal NodeLinks(
        NodeConfiguration configuration, LocalIdentity identity, Capabilities capabilities, ILinkEvents events,
        TimeProvider time, ILoggerFactory logs)
    {
        // Radios that are listened on later need it too.
        _networkKey = configuration.NetworkKeyFile is { } file ? ReadKey(file) : [];
        _local = new LocalEnd(identity, new LinkSettings
        {
            NodeName = configuration.Name,
            Capabilities = capabilities | Capabilities.Bundles,
            NetworkKey = _networkKey,
            MemoryBytes = configuration.LinkMemoryBytes > 0 ? configuration.LinkMemoryBytes
                : configuration.Memory.Links,
            CertificateNumberFile = Path.Combine(configuration.DataDirectory, "certificate.number"),
        }, time, logger: logs.CreateLogger<LocalEnd>());
        _quic = NoQuic.IsQuicBuiltIn ? new QuicTransport(_local, logs.CreateLogger<QuicTransport>()) : new NoQuic();
        _lora = new LoraTransport(
            new LoraSettings(identity, _local.BootId, _networkKey, configuration.DataDirectory), time,
            RandomSource.Seeded(), logs.CreateLogger<LoraTransport>());
        _manager = new LinkManager(
            identity.Address, [_quic, new TcpTransport(_local, logs.CreateLogger<TcpTransport>()), _lora], events,
            new LinkManagerSettings { MaxLinks = configuration.MaxLinks }, time, RandomSource.System,
            logs.CreateLogger<LinkManager>(),
            _local.Warnings);
        _discovery = new LanDiscovery(
            DiscoveryOf(configuration), _networkKey, _manager, time, RandomSource.System, RandomSource.Seeded(),
            logs.CreateLogger<LanDiscovery>());
    }

    /// <summary>Tells whether a way leads to a node.</summary>
    internal Func<NodeAddress, ValueTask<bool>> Reaches
    {
        set => _manager.Reaches = value;
    }

    /// <summary>Links over QUIC can be made here.</summary>
    internal bool QuicAvailable => _quic.Unavailable is null;

    /// <summary>Where this node listens.</summary>
    internal IReadOnlyList<string> Listening => [.. _manager.Listening.Select(u => u.ToString())];

    /// <summary>Radios in use.</summary>
    internal IReadOnlyList<LoraListener> Radios => _lora.Radios;

    /// <summary>Peers that are dialled, connected or not.</summary>
    internal IReadOnlyList<string> Dialling => _manager.Dialling;

    /// <summary>Where this node would listen, if the address were there, and why it does not.</summary>
    internal IReadOnlyList<string> Waiting => [.. _manager.Waiting.Select(w => $"{w.Uri} ({w.Reason})")];

    /// <summary>What is wrong with keys.</summary>
    internal IReadOnlyList<string> Warnings => [.. _local.Warnings.Current.Select(w => w.Text)];

    /// <summary>Told of each warning about keys, once an hour at most.</summary>
    internal Action<LinkWarning>? Warned
    {
        set => _local.Warnings.Raised = value;
    }

    /// <summary>Connections, in either direction, that did not become links, by reason.</summary>
    internal IEnumerable<KeyValuePair<string, long>> Refused => ByReason(_manager.RefusedCount);

    /// <summary>Links that ended, by reason.</summary>
    internal IEnumerable<KeyValuePair<string, long>> Ended => ByReason(_manager.EndedCount);

    /// <summary>What was found on the links of this machine.</summary>
    internal DiscoveryReport Discovered() => _discovery.Report();

    /// <summary>What discovery did since the start.</summary>
    internal DiscoveryCounts DiscoveryCounts => _discovery.Count();

    /// <summary>Begins to find others, and to be found; when the node listens.</summary>
    internal void StartDiscovery() => _discovery.Start();

    /// <summary>Goes by other settings of discovery from now on.</summary>
    internal void ChangeDiscovery(NodeConfiguration configuration) => _discovery.Change(DiscoveryOf(configuration));

    /// <summary>Begins to listen; an address that is not there yet is waited for.</summary>
    /// <exception cref="IOException">The address cannot be bound; the message says which and why.</exception>
    internal async ValueTask ListenAsync(string uri)
    {
        await _manager.ListenAsync(Parse(uri), CancellationToken.None).ConfigureAwait(false);
        _discovery.Refresh();
    }

    /// <summary>Stops to listen where <see cref="ListenAsync"/> began; links that were accepted there stay.</summary>
    internal async ValueTask StopListeningAsync(string uri)
    {
        await _manager.StopListeningAsync(Parse(uri)).ConfigureAwait(false);
        _discovery.Refresh();
    }

    /// <summary>Null, or why none of the ways to a peer can be tried here.</summary>
    internal string? WhyUnavailable(PeerUris peer) => _manager.WhyUnavailable(peer);

    /// <summary>Keeps a link to a peer from now on; false if it is dialled already.</summary>
    internal bool Connect(PeerUris peer) => _manager.Connect(peer);

    /// <summary>
    /// Dials no more; the link that came of it ends, other ways to that peer go on. False if that peer was not dialled.
    /// </summary>
    internal bool Disconnect(PeerUris peer) => _manager.Disconnect(peer);

    /// <summary>Ends all links to a neighbour and dials it no more; false if there was neither.</summary>
    internal bool Disconnect(NodeAddress peer) => _manager.Disconnect(peer);

    /// <summary>Ends everything; the links say goodbye.</summary>
    public async ValueTask DisposeAsync()
    {
        await _discovery.DisposeAsync().ConfigureAwait(false);
        await _manager.DisposeAsync().ConfigureAwait(false);
        _local.Dispose();
        CryptographicOperations.ZeroMemory(_networkKey);
    }

    private static IEnumerable<KeyValuePair<string, long>> ByReason(Func<LinkEndCode, long> count) =>
        Array.ConvertAll(Enum.GetValues<LinkEndCode>(), c => KeyValuePair.Create(c.ToString(), count(c)));

    private static DiscoverySettings DiscoveryOf(NodeConfiguration configuration) =>
        new(configuration.Discovery, configuration.DiscoveryInterfaces);

    private static LinkUri Parse(string uri) =>
        LinkUri.TryParse(uri, out LinkUri? parsed, out string? error) ? parsed : throw new IOException(error);

    /// <summary>Bytes of a file with a network key, spaces included. Arbitrary.</summary>
    private const int MaxKeyFile = 1024;

    private static byte[] ReadKey(string path)
    {
        byte[] text = BoundedFile.Read(path, MaxKeyFile);
        try
        {
            ReadOnlySpan<byte> digits = text.AsSpan().Trim(" \t\r\n"u8);
            byte[] key = GC.AllocateArray<byte>(NetworkKeySize, pinned: true);
            return digits.Length == 2 * NetworkKeySize
                && Convert.FromHexString(System.Text.Encoding.ASCII.GetString(digits), key, out _, out _)
                == System.Buffers.OperationStatus.Done
                    ? key
                    : throw new IOException($"{path}: a network key is {2 * NetworkKeySize} hexadecimal digits");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }
}
