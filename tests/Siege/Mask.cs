using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Siege;

/// <summary>A made-up identity: they cost nothing.</summary>
internal sealed class Mask : IDisposable
{
    private int _dials;

    internal Mask(Random random)
    {
        Span<byte> seed = stackalloc byte[32];
        random.NextBytes(seed);
        Identity = LocalIdentity.FromSeed(seed);
        Certificate = LinkCertificate.Create(Identity);
        BootId = (ulong)random.NextInt64();
    }

    internal LocalIdentity Identity { get; }

    internal X509Certificate2 Certificate { get; }

    internal ulong BootId { get; }

    internal uint NextDial() => (uint)Interlocked.Increment(ref _dials);

    /// <summary>Its announce.</summary>
    internal byte[] Announce(uint sequence) =>
        Wire.Announce.Create(
            sequence, Identity.PublicKey.Span, Wire.Capabilities.Relay | Wire.Capabilities.StoreAndForward,
            keyPackage: null, "stranger",
            Identity.Sign).Bytes.ToArray();

    /// <inheritdoc/>
    public void Dispose()
    {
        Certificate.Dispose();
        Identity.Dispose();
    }
}
