namespace QuicProChat.Mesh.Wire.Files;

/// <summary>
/// Sizes of files on their way (docs/reference/files.md, section 2). A file is cut into chunks of the same size; chunk
/// 0 holds the hashes of all others, and its own hash is the root in the offer.
/// </summary>
public static class FileFormat
{
    /// <summary>Bytes of a sealed chunk, tag included: 64 KiB.</summary>
    public const int ChunkSize = 64 << 10;

    /// <summary>Bytes of the tag of ChaCha20-Poly1305 at the end of a chunk.</summary>
    public const int TagSize = 16;

    /// <summary>Bytes of a file in one chunk.</summary>
    public const int DataSize = ChunkSize - TagSize;

    /// <summary>Bytes of a piece: what one bulk frame carries of a chunk.</summary>
    public const int PieceSize = 8 << 10;

    /// <summary>Pieces of a chunk: one bit each in a byte.</summary>
    public const int Pieces = ChunkSize / PieceSize;

    /// <summary>All pieces of a chunk.</summary>
    public const byte AllPieces = 0xFF;

    /// <summary>Bytes of a hash: BLAKE2b-256 (RFC 7693) of a sealed chunk.</summary>
    public const int HashSize = 32;

    /// <summary>Most chunks of data: as many hashes fit into chunk 0.</summary>
    public const int MaxDataChunks = DataSize / HashSize;

    /// <summary>Largest file in bytes: 127.9 MiB.</summary>
    public const long MaxFileSize = (long)MaxDataChunks * DataSize;

    /// <summary>Bytes of a set of chunks, one bit each, chunk 0 included.</summary>
    public const int MaxHaveSize = (MaxDataChunks + 1 + 7) / 8;

    /// <summary>Chunks of a file of a given size, chunk 0 included.</summary>
    /// <param name="fileSize">0 to <see cref="MaxFileSize"/>.</param>
    public static int ChunksOf(long fileSize) => 1 + (int)((fileSize + DataSize - 1) / DataSize);

    /// <summary>Bytes of a set of so many chunks.</summary>
    public static int HaveSizeOf(int chunks) => (chunks + 7) / 8;
}
