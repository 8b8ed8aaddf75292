using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>Counts by reason. Safe for threads.</summary>
internal sealed class LinkCounts
{
    // The last one is for codes of a later version, from a peer's Bye: they have no names here.
    private readonly long[] _counts = new long[(int)LinkEndCode.Clone + 2];

    /// <summary>How often it was this reason.</summary>
    internal long this[LinkEndCode code] => Interlocked.Read(ref _counts[Index(code)]);

    internal void Add(LinkEndCode code) => Interlocked.Increment(ref _counts[Index(code)]);

    private int Index(LinkEndCode code) => Math.Min((int)code, _counts.Length - 1);
}
