using System.Security.Cryptography;
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
}

/// <summary>This end of every link: identity, certificate, network key, boot id. Disposed of after all transports.</summary>
public sealed class LocalNode : IDisposable
{
    private readonly LinkCertificates _certificates;
    private int _dials;

    /// <summary>Makes the local end.</summary>
    /// <param name="identity">Who we are; not disposed of.</param>
    /// <param name="settings">What we say and go by.</param>
    /// <param name="time">The clock of timeouts and of the certificate's daily change.</param>
    /// <param name="random">Source of the boot id.</param>
    public LocalNode(LocalIdentity identity, LinkSettings settings, TimeProvider time, RandomFill? random = null)
    {
        Identity = identity;
        Settings = settings;
        Time = time;
        NetworkKey = settings.NetworkKey.IsEmpty ? null : new NetworkKey(settings.NetworkKey.Span);
        _certificates = new LinkCertificates(identity, time);
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

    internal TimeProvider Time { get; }

    internal NetworkKey? NetworkKey { get; }

    internal OwnCertificate Certificate => _certificates.Current;

    /// <inheritdoc/>
    public void Dispose()
    {
        _certificates.Dispose();
        NetworkKey?.Dispose();
    }

    internal uint NextDialNumber() => (uint)Interlocked.Increment(ref _dials);
}

/// <summary>
/// A community's pre-shared key as two keys derived from it (docs/protocol.md, section 3.2): an id that may be shown,
/// and a key that proves membership.
/// </summary>
internal sealed class NetworkKey : IDisposable
{
    private readonly byte[] _id = new byte[Hello.NetworkIdSize];
    private readonly SecretBuffer _proofKey = new(HMACSHA256.HashSizeInBytes);

    internal NetworkKey(ReadOnlySpan<byte> key)
    {
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, _id, salt: default, info: "qpc-mesh/1 network id"u8);
        using SecretBuffer.Lease lease = _proofKey.Borrow();
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, lease.Span, salt: default, info: "qpc-mesh/1 network proof"u8);
    }

    internal ReadOnlySpan<byte> Id => _id;

    /// <summary>The proof of the side with the given role, over both certificates as that side sees them.</summary>
    internal void Prove(LinkRole role, ReadOnlySpan<byte> own, ReadOnlySpan<byte> peer, Span<byte> proof)
    {
        Span<byte> message = stackalloc byte[1 + 2 * SHA256.HashSizeInBytes];
        message[0] = (byte)role;
        own.CopyTo(message[1..]);
        peer.CopyTo(message[(1 + SHA256.HashSizeInBytes)..]);
        using SecretBuffer.Lease lease = _proofKey.Borrow();
        HMACSHA256.HashData(lease.Span, message, proof);
    }

    public void Dispose() => _proofKey.Dispose();
}

/// <summary>Which side of a link a node is; the number goes into the network proof.</summary>
internal enum LinkRole : byte
{
    Dialer = 0,
    Listener = 1,
}
