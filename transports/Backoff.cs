using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// How long to wait before the next attempt: doubled each time up to a limit, and each wait drawn from its upper half,
/// so that the neighbours of a node that comes back do not all knock at once.
/// </summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, RandomFill random)
{
    private readonly TimeSpan _first = first;
    private TimeSpan _next = first;

    internal void Reset() => _next = _first;

    /// <summary>The next wait is the longest.</summary>
    internal void Exhaust() => _next = longest;

    internal TimeSpan Next()
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        random(bytes);
        double share = BinaryPrimitives.ReadUInt32BigEndian(bytes) / (double)uint.MaxValue;
        TimeSpan wait = _next * (0.5 + share / 2);
        _next = _next * 2 < longest ? _next * 2 : longest;
        return wait;
    }
}
