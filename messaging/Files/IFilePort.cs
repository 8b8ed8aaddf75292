using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Files;

/// <summary>What files need of the node around them. All members are called on the loop, and return at once.</summary>
public interface IFilePort
{
    /// <summary>Sends a bulk frame.</summary>
    BulkResult Send(Instant now, in NodeAddress to, bool overRadio, ReadOnlySpan<byte> payload);

    /// <summary>What is known of the way to a node.</summary>
    BulkWay WayOf(Instant now, in NodeAddress to);

    /// <summary>A node's Ed25519 public key, if it is known.</summary>
    bool TryGetKey(in NodeAddress of, out ReadOnlySpan<byte> key);

    /// <summary>The other members of a conversation, as this node knows them; none where it is over.</summary>
    IReadOnlyList<NodeAddress> MembersOf(ConversationId conversation);

    /// <summary>The owner wants to hear nothing of a node.</summary>
    bool IsBlocked(in NodeAddress address);

    /// <summary>Does something on another thread, then the rest on the loop.</summary>
    void RunAside(Action work, Action<Instant> then);

    /// <summary>The state of a file, or the chunks that are there, are to be written when there is time.</summary>
    void Keep(FileEntry file);

    /// <summary>A file is further, or ended.</summary>
    void Progressed(FileEntry file);
}

/// <summary>The bytes of files on the disk: sealed chunks, as they are on the way. From any thread.</summary>
public interface IFileBlobs
{
    /// <summary>Reads a chunk; false if it is not there.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    bool TryRead(BlobId blob, int chunk, Span<byte> bytes);

    /// <summary>Writes a chunk.</summary>
    /// <exception cref="IOException">The disk is full, or fails.</exception>
    void Write(BlobId blob, int chunk, ReadOnlySpan<byte> bytes);
}

/// <summary>What files may cost in all (docs/reference/files.md, section 8).</summary>
public sealed record FileBounds
{
    /// <summary>Files that are kept in memory by their keys, at most: shared, fetched and whole ones.</summary>
    public int MaxFiles { get; init; } = 1024;

    /// <summary>Chunks that are being put together or written, in all; 64 KiB each.</summary>
    public int MaxOpenChunks { get; init; } = 32;

    /// <summary>Chunks that are being read for others, or wait to be sent, in all; 64 KiB each.</summary>
    public int MaxServedChunks { get; init; } = 16;

    /// <summary>
    /// Files whose hashes are in memory while they are sent, 64 KiB each; those that are fetched come on top.
    /// </summary>
    public int MaxHashes { get; init; } = 8;

    /// <summary>Files that are fetched at a time; the others wait.</summary>
    public int MaxFetches { get; init; } = 4;

    /// <summary>Bytes a second that this node sends to all who ask; one of them gets half of it at most.</summary>
    public long BytesPerSecond { get; init; } = 512L << 20;
}
