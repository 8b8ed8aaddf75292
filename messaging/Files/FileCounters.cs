namespace QuicProChat.Mesh.Messaging.Files;

/// <summary>What is counted about files.</summary>
public enum FileCount
{
    /// <summary>A piece was sent.</summary>
    PiecesSent,

    /// <summary>A piece came that was asked for.</summary>
    PiecesReceived,

    /// <summary>A piece came that nobody asked for, or that was there.</summary>
    PiecesUseless,

    /// <summary>A piece was asked for again, because it did not come in time.</summary>
    PiecesRepeated,

    /// <summary>A chunk came that fits its hash, and is on the disk.</summary>
    ChunksStored,

    /// <summary>A chunk came that does not fit its hash.</summary>
    ChunksWrong,

    /// <summary>A payload that does not parse.</summary>
    Malformed,

    /// <summary>A sealed word that does not open.</summary>
    Unopened,

    /// <summary>A sealed word that was not opened, because too many come.</summary>
    TooFast,

    /// <summary>A word about a file that is not here, or of one who is no member.</summary>
    NotForThem,

    /// <summary>A request that was seen before, or of an earlier time.</summary>
    Repeated,

    /// <summary>A request that asks for more than may wait.</summary>
    RequestsCut,

    /// <summary>A chunk of a file that this node has was damaged on the disk.</summary>
    Damaged,
}

/// <summary>The counters of files.</summary>
public sealed class FileCounters
{
    private readonly long[] _values = new long[All.Count];

    /// <summary>Everything that is counted.</summary>
    public static IReadOnlyList<FileCount> All { get; } = Enum.GetValues<FileCount>();

    /// <summary>The present number.</summary>
    public long this[FileCount what] => _values[(int)what];

    internal void Add(FileCount what, long amount = 1) => _values[(int)what] += amount;
}
