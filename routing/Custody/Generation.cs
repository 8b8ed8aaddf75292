using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>
/// Which copy of an envelope one is (docs/protocol.md, section 4.3): <c>attempt(2) 63-hopsLeft(6)</c>, so that a later
/// generation is a larger number. Along any chain of hand-overs it only grows, and there are 256 of them: whatever
/// goes round ends.
/// </summary>
internal readonly record struct Generation(byte Value)
{
    /// <summary>Most hops left that it can tell apart.</summary>
    public const int MaxHops = Limits.MaxHops;

    /// <summary>Later than every copy that is still worth carrying.</summary>
    public static readonly Generation Last = new(byte.MaxValue);

    /// <summary>The generation of a copy as it arrived.</summary>
    public static Generation Of(int attempt, int hopsLeft) =>
        new((byte)(attempt << 6 | (MaxHops - Math.Min(hopsLeft, MaxHops))));

    /// <summary>The end-to-end attempt.</summary>
    public int Attempt => Value >> 6;

    /// <summary>
    /// How a custody answer names a frame: the first 7 bytes of the id and the generation as the frame carried it. A
    /// late answer to an earlier copy is so never taken for one to the present copy.
    /// </summary>
    public static ulong NameOf(in EnvelopeId id, int attempt, int hopsLeft) => id.Prefix & ~0xFFul | Of(attempt, hopsLeft).Value;
}
