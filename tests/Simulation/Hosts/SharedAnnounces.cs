using System.Buffers.Binary;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>
/// Verifies each signed record once for all routers of the process, and gives all of them the same object. A signature
/// is checked in full; only its repetition is spared.
/// </summary>
public sealed class SharedAnnounces : IAnnounceVerifier
{
    private const int KeySize = 8;
    private readonly Dictionary<ulong, Announce> _verified = [];

    /// <inheritdoc/>
    public Announce? Verify(ReadOnlySpan<byte> body)
    {
        if (body.Length < UnverifiedAnnounce.MinSize)
            return null;
        ulong key = BinaryPrimitives.ReadUInt64BigEndian(body[^KeySize..]);
        if (_verified.TryGetValue(key, out Announce? known) && known.Bytes.SequenceEqual(body))
            return known;
        if (!UnverifiedAnnounce.TryRead(body, out UnverifiedAnnounce announce)
            || !announce.TryVerify(out Announce? verified))
            return null;
        _verified[key] = verified;
        return verified;
    }
}
