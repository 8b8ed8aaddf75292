using System.Security.Cryptography;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Node.Files;

/// <summary>Reads a file that is here: compares each chunk with its hash, and opens it. Any thread.</summary>
internal sealed class FilePlain(FileEntry file, FileBlobs blobs)
{
    private readonly byte[] _chunk = new byte[FileFormat.ChunkSize];
    private FileHashes? _hashes;

    /// <summary>The chunk that was found to be damaged last.</summary>
    internal int Damaged { get; private set; } = -1;

    /// <summary>Reads the data of a chunk; the bytes of the file in it, or -1 if it is damaged.</summary>
    /// <param name="chunk">1 and up.</param>
    /// <param name="data">Receives up to <see cref="FileFormat.DataSize"/> bytes; needs room for all of them.</param>
    /// <exception cref="IOException">The disk fails.</exception>
    internal int Read(int chunk, Span<byte> data)
    {
        if (_hashes is null && (!blobs.TryRead(file.Blob, 0, _chunk) || !FileHashes.IsRoot(file.Root, _chunk)
            || (_hashes = FileHashes.TryRead(file.Secrets, file.Root, _chunk, file.Chunks)) is null))
        {
            Damaged = 0;
            return -1;
        }

        if (!blobs.TryRead(file.Blob, chunk, _chunk) || !_hashes.Fits(chunk, _chunk)
            || !file.Secrets.TryOpen(chunk, _chunk, data))
        {
            Damaged = chunk;
            return -1;
        }

        return (int)Math.Min(FileFormat.DataSize, file.Size - (chunk - 1L) * FileFormat.DataSize);
    }

    /// <summary>Writes all of it; false if a chunk is damaged.</summary>
    /// <exception cref="IOException">A disk fails, or is full.</exception>
    internal bool TryWrite(Stream to)
    {
        byte[] data = new byte[FileFormat.DataSize];
        try
        {
            for (int chunk = 1; chunk < file.Chunks; chunk++)
            {
                int size = Read(chunk, data);
                if (size < 0)
                    return false;
                to.Write(data, 0, size);
            }

            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(data);
        }
    }
}
