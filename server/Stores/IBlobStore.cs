using QuicProChat.Mesh.Rpc;

namespace QuicProChat.Mesh.Server.Stores;

/// <summary>A blob, 32 bytes: a hash of its owner and of a name (<see cref="BlobFormat.IdOf"/>).</summary>
internal readonly record struct BlobId(IdentityKey Hash)
{
    /// <summary>Reads an id; false if it has another size.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out BlobId id)
    {
        bool read = IdentityKey.TryRead(bytes, out IdentityKey same);
        id = new BlobId(same);
        return read;
    }

    /// <summary>The 32 bytes.</summary>
    internal byte[] ToArray() => Hash.ToArray();

    /// <summary>64 hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());
}

/// <summary>A blob that is stored, chunk by chunk; sizes have been checked.</summary>
/// <param name="Id">Which.</param>
/// <param name="Owner">Whose.</param>
/// <param name="Hash">SHA-256 of all of it.</param>
/// <param name="Size">Bytes of all of it.</param>
internal sealed record NewBlob(BlobId Id, IdentityKey Owner, byte[] Hash, long Size);

/// <summary>How an attempt to store a chunk ended.</summary>
internal enum BlobResult
{
    /// <summary>What the answer says is on the disk; of a whole blob the hash was compared.</summary>
    Stored,

    /// <summary>The owner has no account here any more.</summary>
    NoAccount,

    /// <summary>A blob with another hash or size has this id.</summary>
    Conflict,

    /// <summary>Something before this chunk is missing; the answer says from where.</summary>
    OutOfOrder,

    /// <summary>The bytes are not those of the hash: nothing of the blob is left.</summary>
    Corrupt,

    /// <summary>There is no room: of the owner's, or in all.</summary>
    Full,
}

/// <summary>The outcome for a chunk.</summary>
/// <param name="Result">How it ended.</param>
/// <param name="Received">Bytes of the blob that are on the disk.</param>
internal readonly record struct BlobOutcome(BlobResult Result, long Received);

/// <summary>A part of a blob.</summary>
/// <param name="Bytes">The bytes; fewer than were asked for at its end.</param>
/// <param name="Size">Bytes of the whole blob.</param>
internal sealed record BlobPart(byte[] Bytes, long Size);

/// <summary>
/// Blobs: bytes that nobody here can read, until their lifetime ends. Every method returns when what it did survives a
/// power cut. An account that is deleted takes its blobs with it.
/// </summary>
internal interface IBlobStore
{
    /// <summary>Blobs that were forgotten at the start because their bytes were not there, as after a backup.</summary>
    int Missing { get; }

    /// <summary>
    /// Stores a chunk behind those that are there. One that is there already changes nothing, and neither does an empty
    /// one; the last one has the hash of the whole compared.
    /// </summary>
    /// <param name="blob">The blob.</param>
    /// <param name="offset">Where the chunk begins, a multiple of <see cref="BlobFormat.ChunkSize"/>.</param>
    /// <param name="chunk"><see cref="BlobFormat.ChunkAt"/> bytes, or none.</param>
    Task<BlobOutcome> AppendAsync(NewBlob blob, long offset, ReadOnlyMemory<byte> chunk);

    /// <summary>Reads a part of a blob; null if there is none, it is not whole, or its lifetime ended.</summary>
    /// <param name="id">Which.</param>
    /// <param name="offset">From where.</param>
    /// <param name="length">At most so many bytes, and at most <see cref="BlobFormat.ChunkSize"/>.</param>
    Task<BlobPart?> ReadAsync(BlobId id, long offset, int length);

    /// <summary>Removes blobs that outlived their lifetime, and uploads that were given up.</summary>
    /// <returns>How many were removed; 0 when nothing is left to do.</returns>
    Task<int> ExpireAsync(int limit);
}

/// <summary>Bounds of blobs; each is arbitrary but where a source is named, and a setting of tests.</summary>
internal sealed record BlobLimits
{
    /// <summary>What a small blob counts as, so that rows are bounded with bytes.</summary>
    internal const long LeastCharge = 64 * 1024;

    /// <summary>Bytes of one blob; 50 MB by the design.</summary>
    public long MaxSize { get; init; } = BlobFormat.MaxSize;

    /// <summary>Bytes of one account's blobs; uploads count as a whole from their first chunk on.</summary>
    public long MaxOfAccount { get; init; } = 512L * 1024 * 1024;

    /// <summary>Uploads of one account that are not whole.</summary>
    public int MaxUnfinished { get; init; } = 8;

    /// <summary>Bytes of all blobs.</summary>
    public long MaxInAll { get; init; } = 16L * 1024 * 1024 * 1024;

    /// <summary>Bytes of the disk that blobs leave free; in a database the operator sees to that.</summary>
    public long LeaveFree { get; init; } = 256L * 1024 * 1024;

    /// <summary>How long a blob is kept: as long as a message.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long an upload is kept of which nothing comes.</summary>
    public TimeSpan UploadLifetime { get; init; } = TimeSpan.FromDays(1);

    /// <summary>What a blob counts as.</summary>
    internal static long ChargeOf(long size) => Math.Max(size, LeastCharge);
}
