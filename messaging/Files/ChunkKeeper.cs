using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Messaging.Files;

/// <summary>What became of a chunk that came.</summary>
internal enum ChunkOutcome
{
    /// <summary>It is the file's, and on the disk.</summary>
    Good,

    /// <summary>It is not the file's.</summary>
    Wrong,

    /// <summary>It is what the offer names, and does not open: the offer was made wrongly.</summary>
    OfferWrong,

    /// <summary>The disk is full or failing, or what it should hold is damaged.</summary>
    DiskFailed,
}

/// <summary>
/// The buffers that chunks are put together in; compares what is whole, and writes it, beside the loop.
/// </summary>
internal sealed class ChunkKeeper(IFilePort port, IFileBlobs blobs)
{
    private readonly Stack<byte[]> _buffers = [];

    /// <summary>Buffers that are out.</summary>
    internal int Rented { get; private set; }

    /// <summary>A buffer for a chunk. On the loop.</summary>
    internal byte[] Rent()
    {
        Rented++;
        return _buffers.TryPop(out byte[]? used) ? used : new byte[FileFormat.ChunkSize];
    }

    /// <summary>A buffer is needed no more. On the loop.</summary>
    internal void Return(byte[] buffer)
    {
        Rented--;
        _buffers.Push(buffer);
    }

    /// <summary>Compares a chunk and writes it.</summary>
    /// <param name="file">The file; nothing of it is changed.</param>
    /// <param name="chunk">The chunk, whole.</param>
    /// <param name="done">Told once, on the loop: what became of it, and the file's hashes if they are known by
    /// now.</param>
    internal void Store(FileEntry file, OpenChunk chunk, Action<Instant, ChunkOutcome, FileHashes?> done)
    {
        FileHashes? hashes = file.Hashes;
        var outcome = ChunkOutcome.DiskFailed;
        bool isOver = false;
        port.RunAside(
            () => outcome = Write(file, chunk, ref hashes),
            now =>
            {
                // After a fault it is called again.
                if (isOver)
                    return;
                isOver = true;
                done(now, outcome, hashes);
            });
    }

    private ChunkOutcome Write(FileEntry file, OpenChunk chunk, ref FileHashes? hashes)
    {
        try
        {
            if (chunk.Number == 0 && !FileHashes.IsRoot(file.Root, chunk.Bytes))
                return ChunkOutcome.Wrong;
            if (chunk.Number == 0
                && (hashes = FileHashes.TryRead(file.Secrets, file.Root, chunk.Bytes, file.Chunks)) is null)
                return ChunkOutcome.OfferWrong;
            hashes ??= ReadHashes(file);
            if (hashes is null)
                return ChunkOutcome.DiskFailed;
            if (!hashes.Fits(chunk.Number, chunk.Bytes))
                return ChunkOutcome.Wrong;
            blobs.Write(file.Blob, chunk.Number, chunk.Bytes);
            return ChunkOutcome.Good;
        }
        catch (IOException)
        {
            return ChunkOutcome.DiskFailed;
        }
    }

    // After a restart they are on the disk.
    private FileHashes? ReadHashes(FileEntry file)
    {
        byte[] first = new byte[FileFormat.ChunkSize];
        return blobs.TryRead(file.Blob, 0, first) && FileHashes.IsRoot(file.Root, first)
            ? FileHashes.TryRead(file.Secrets, file.Root, first, file.Chunks) : null;
    }
}
