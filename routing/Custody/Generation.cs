using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>
/// Which copy of an envelope one is (docs/protocol.md, section 4.3): <c>attempt(2) 1023-hopsLeft(10)</c>, so that a later
/// generation is a larger number. Along any chain of hand-overs it only grows, and there are 4096 of them: whatever
/// goes round ends.
/// </summary>
internal readonly record struct Generation(ushort Value)
{
    /// <summary>Most hops left that it can tell apart.</summary>
    public const int MaxHops = Limits.LargestHops;

    private const int HopBits = 10;
    private const int CoarseBits = 4;

    /// <summary>Later than every copy that is still worth carrying.</summary>
    public static readonly Generation Last = new((Limits.MaxAttempt << HopBits) | MaxHops);

    /// <summary>The generation of a copy as it arrived.</summary>
    public static Generation Of(int attempt, int hopsLeft) =>
        new((ushort)(attempt << HopBits | (MaxHops - Math.Min(hopsLeft, MaxHops))));

    /// <summary>The end-to-end attempt.</summary>
    public int Attempt => Value >> HopBits;

    /// <summary>
    /// Eight bits for the disk, rounded to an earlier generation: after a restart a copy may be carried once more, but none
    /// is taken for one that it is not.
    /// </summary>
    public byte ToCoarse() => (byte)(Value >> CoarseBits);

    /// <summary>The earliest generation that has the given eight bits.</summary>
    public static Generation FromCoarse(byte coarse) => new((ushort)(coarse << CoarseBits));

    /// <summary>How a custody answer names a frame that carries a copy.</summary>
    public static ulong NameOf(in EnvelopeId id, int attempt, int hopsLeft) => CustodyAnswer.NameOf(id, attempt, hopsLeft);
}
