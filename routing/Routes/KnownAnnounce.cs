using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Routing;

/// <summary>
/// A verified announce: immutable, so that any number of routers in one process may share it.
/// </summary>
public sealed class KnownAnnounce
{
    private readonly byte[] _bytes;
    private readonly int _publicKeyAt;

    /// <summary>Wraps the bytes of an announce whose signature was verified.</summary>
    /// <param name="address">The address of its key.</param>
    /// <param name="sequence">Its signed sequence.</param>
    /// <param name="publicKeyAt">Where in the bytes the 32 bytes of the Ed25519 key begin.</param>
    /// <param name="verifiedBytes">The body of the Announce frame; owned by this object from now on.</param>
    public KnownAnnounce(in NodeAddress address, uint sequence, int publicKeyAt, byte[] verifiedBytes)
    {
        Address = address;
        Sequence = sequence;
        _publicKeyAt = publicKeyAt;
        _bytes = verifiedBytes;
    }

    /// <summary>Whose it is.</summary>
    public NodeAddress Address { get; }

    /// <summary>The sequence that the origin signed.</summary>
    public uint Sequence { get; }

    /// <summary>The Ed25519 public key, 32 bytes.</summary>
    public ReadOnlySpan<byte> PublicKey => _bytes.AsSpan(_publicKeyAt, Ed25519.PublicKeySize);

    /// <summary>The body of the Announce frame as it was signed.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;
}
