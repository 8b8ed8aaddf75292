namespace QuicProChat.Mesh.Wire;

/// <summary>What a message of reconciliation says about a range of ids.</summary>
public enum GossipRangeMode : byte
{
    /// <summary>Nothing: both sides agree, or will not go on with it now.</summary>
    Skip = 0,

    /// <summary>How many ids there are, and the sum of their keyed hashes.</summary>
    Fingerprint = 1,

    /// <summary>The ids themselves.</summary>
    Ids = 2,
}

/// <summary>One range of a message of reconciliation: from where the one before ends to where this one does.</summary>
public readonly ref struct GossipRange
{
    internal GossipRange(
        GossipRangeMode mode, GossipId lower, GossipId upper, bool isLast, int count, ulong sum, ReadOnlySpan<byte> ids)
    {
        Mode = mode;
        Lower = lower;
        Upper = upper;
        IsLast = isLast;
        Count = count;
        Sum = sum;
        Ids = ids;
    }

    /// <summary>What is said about it.</summary>
    public GossipRangeMode Mode { get; }

    /// <summary>Its first possible id.</summary>
    public GossipId Lower { get; }

    /// <summary>The first id behind it; means nothing for the last range.</summary>
    public GossipId Upper { get; }

    /// <summary>It reaches to the end of all ids.</summary>
    public bool IsLast { get; }

    /// <summary>Ids that the other side has in it.</summary>
    public int Count { get; }

    /// <summary>The sum of their keyed hashes modulo 2^64; 0 in other modes.</summary>
    public ulong Sum { get; }

    /// <summary>In mode <see cref="GossipRangeMode.Ids"/> the ids, ascending, 16 bytes each.</summary>
    public ReadOnlySpan<byte> Ids { get; }

    /// <summary>
    /// The id at an index from 0 to <see cref="Count"/> - 1, in mode <see cref="GossipRangeMode.Ids"/>.
    /// </summary>
    public GossipId this[int index] => GossipId.Read(Ids[(index * GossipId.Size)..]);
}
