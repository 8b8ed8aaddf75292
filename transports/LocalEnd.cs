using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>What this node says of itself on every link, and the clocks and limits its links go by.</summary>
public sealed record LinkSettings
{
    /// <summary>The node's name, as <see cref="Wire.NodeName"/> allows; may be empty.</summary>
    public string NodeName { get; init; } = "";

    /// <summary>What the node does for others.</summary>
    public Capabilities Capabilities { get; init; } = Capabilities.Relay | Capabilities.StoreAndForward;

    /// <summary>The community's pre-shared key; empty for an open network. Copied; the caller zeroes it.</summary>
    public ReadOnlyMemory<byte> NetworkKey { get; init; }

    /// <summary>How long a connection may take from its first byte to a verified Hello.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one address of a host may take to answer a dial.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a write may stand still before the link counts as dead.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a link that ends may take to get its last frames and its Bye out.</summary>
    public TimeSpan LingerTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Connections that have not authenticated yet, in all. Arbitrary.</summary>
    public int MaxUnauthenticated { get; init; } = 64;

    /// <summary>Connections that have not authenticated yet, from one IPv4 address or IPv6 /64. Arbitrary.</summary>
    public int MaxUnauthenticatedPerSource { get; init; } = 8;

    /// <summary>The part of one processor that the handshakes of others may take.</summary>
    public double HandshakeShare { get; init; } = 0.25;

    /// <summary>Bytes that all links together may have waiting, in both directions.</summary>
    public long MemoryBytes { get; init; } = 4 << 20;

    /// <summary>Where the number of the newest certificate is kept; null to go by the clock alone.</summary>
    public string? CertificateNumberFile { get; init; }
}

/// <summary>
/// This end of every link: who we are, and what all listeners and links share: admission, memory, what is remembered of
/// others. Disposed of after all transports.
/// </summary>
public sealed class LocalEnd : IDisposable
{
    private readonly LinkCertificates _certificates;
    private int _dials;

    /// <summary>Makes the local end.</summary>
    /// <param name="identity">Who we are; not disposed of.</param>
    /// <param name="settings">What we say and go by.</param>
    /// <param name="time">The clock of timeouts and of the certificate's daily change.</param>
    /// <param name="random">Source of the boot id.</param>
    /// <param name="logger">Where it tells what is wrong with keys.</param>
    public LocalEnd(
        LocalIdentity identity, LinkSettings settings, TimeProvider time, RandomFill? random = null,
        ILogger? logger = null)
    {
        Identity = identity;
        Settings = settings;
        Time = time;
        Logger = logger ?? NullLogger.Instance;
        NetworkKey = settings.NetworkKey.IsEmpty ? null : new NetworkKey(settings.NetworkKey.Span);
        Numbers = new CertificateCounter(
            settings.CertificateNumberFile, time,
            reason => Log.NumberNotKept(Logger, settings.CertificateNumberFile!, reason));
        _certificates = new LinkCertificates(identity, Numbers, time);
        Warnings = new LinkWarnings(time);
        Admission = new Admission(settings.MaxUnauthenticated, settings.MaxUnauthenticatedPerSource);
        Turns = new HandshakeTurns(settings.HandshakeShare / HandshakePrice.Measure(identity, time).TotalSeconds, time);
        Penalties = new Penalties(time);
        Memory = new LinkMemory(settings.MemoryBytes, time);
        Span<byte> bootId = stackalloc byte[sizeof(ulong)];
        (random ?? RandomSource.System)(bootId);
        BootId = BitConverter.ToUInt64(bootId);
    }

    /// <summary>Our identity.</summary>
    public LocalIdentity Identity { get; }

    /// <summary>What we say and go by.</summary>
    public LinkSettings Settings { get; }

    /// <summary>Drawn at start.</summary>
    public ulong BootId { get; }

    /// <summary>What is wrong with keys.</summary>
    public LinkWarnings Warnings { get; }

    internal TimeProvider Time { get; }

    internal ILogger Logger { get; }

    internal NetworkKey? NetworkKey { get; }

    internal Admission Admission { get; }

    internal HandshakeTurns Turns { get; }

    internal Penalties Penalties { get; }

    internal CertificateCounter Numbers { get; }

    internal CertificateMemory Certificates { get; } = new();

    internal LinkMemory Memory { get; }

    internal OwnCertificate Certificate => _certificates.Current;

    /// <inheritdoc/>
    public void Dispose()
    {
        _certificates.Dispose();
        NetworkKey?.Dispose();
    }

    internal uint NextDialNumber() => (uint)Interlocked.Increment(ref _dials);

    /// <summary>A newer certificate of this node's key exists: another is made, and the operator hears of it.</summary>
    internal void LearnOwnNumber(ulong number)
    {
        if (!Numbers.Learn(number))
            return;
        _certificates.Renew();
        WarnOfOwnKey("A neighbour knows a newer certificate of this node's key than this node has made (number "
            + $"{number})");
    }

    /// <summary>Another process has this node's key.</summary>
    internal void WarnOfOwnKey(string fact)
    {
        string text = $"{fact}: another node runs with the same identity key, or this data directory was restored "
            + "from a copy. " +
            "Two nodes with one key take each other's messages; give one of them a key of its own (qpc-mesh keygen)";
        if (Warnings.RaiseOwn(text))
            Log.OwnKeyElsewhere(Logger, text);
    }
}
