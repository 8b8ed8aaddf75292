using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>
/// Which copy of an envelope a frame carries, as it says itself (docs/reference/protocol.md, section 4.3):
/// <c>attempt(2) 1023-hopsLeft(10)</c>.
/// </summary>
internal readonly record struct Generation(ushort Value)
{
    /// <summary>Most hops left that it can tell apart.</summary>
    public const int MaxHops = Limits.LargestHops;

    private const int HopBits = 10;
    private const int CoarseBits = 4;

    /// <summary>The generation of a copy as it arrived.</summary>
    public static Generation Of(int attempt, int hopsLeft) =>
        new((ushort)(attempt << HopBits | (MaxHops - Math.Min(hopsLeft, MaxHops))));

    /// <summary>Eight bits for the disk.</summary>
    public byte ToCoarse() => (byte)(Value >> CoarseBits);

    /// <summary>How a custody answer names a frame that carries a copy.</summary>
    public static ulong NameOf(in EnvelopeId id, int attempt, int hopsLeft) =>
        CustodyAnswer.NameOf(id, attempt, hopsLeft);
}
