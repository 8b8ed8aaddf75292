using System.Security.Cryptography;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Messaging.Files;

/// <summary>
/// Makes the sealed chunks of a file as its bytes come, each once, and at the end chunk 0 and the root. Not safe for
/// threads.
/// </summary>
/// <param name="secrets">The file's.</param>
/// <param name="size">Bytes of the file, which is at most <see cref="FileFormat.MaxFileSize"/>.</param>
public sealed class FileSealer(FileSecrets secrets, long size)
{
    private readonly byte[] _chunk = new byte[FileFormat.ChunkSize];
    private readonly byte[] _hashes = new byte[(FileFormat.ChunksOf(size) - 1) * FileFormat.HashSize];
    private int _filled;
    private int _next = 1;

    /// <summary>Bytes that came.</summary>
    public long Taken { get; private set; }

    /// <summary>What of the file is still to come, in bytes.</summary>
    public long Missing => size - Taken;

    /// <summary>
    /// Takes bytes of the file. Each time a chunk is full, it is handed over, and is valid during that call.
    /// </summary>
    /// <exception cref="MessagingException">There are more than the file was said to have.</exception>
    public void Add(ReadOnlySpan<byte> bytes, Action<int, ReadOnlySpan<byte>> write)
    {
        if (bytes.Length > Missing)
            throw new MessagingException(Refusal.Usage, $"the file has more than the {size} bytes that were announced");
        Taken += bytes.Length;
        while (!bytes.IsEmpty)
        {
            int some = Math.Min(bytes.Length, FileFormat.DataSize - _filled);
            bytes[..some].CopyTo(_chunk.AsSpan(_filled));
            bytes = bytes[some..];
            _filled += some;
            if (_filled == FileFormat.DataSize || Missing == 0 && bytes.IsEmpty)
                Write(write);
        }
    }

    /// <summary>Makes chunk 0 when all bytes have come.</summary>
    /// <returns>The root, 32 bytes.</returns>
    public byte[] Finish(Action<int, ReadOnlySpan<byte>> write)
    {
        if (Missing > 0)
            throw new MessagingException(Refusal.Usage, $"{Missing} bytes of the file have not come");
        _chunk.AsSpan().Clear();
        _hashes.CopyTo(_chunk, 0);
        secrets.Seal(0, _chunk);
        write(0, _chunk);
        byte[] root = new byte[FileFormat.HashSize];
        FileSecrets.Hash(_chunk, root);
        CryptographicOperations.ZeroMemory(_chunk);
        return root;
    }

    private void Write(Action<int, ReadOnlySpan<byte>> write)
    {
        // The last chunk is as long as the others: those on the way learn no size but in chunks.
        _chunk.AsSpan(_filled).Clear();
        secrets.Seal(_next, _chunk);
        FileSecrets.Hash(_chunk, _hashes.AsSpan((_next - 1) * FileFormat.HashSize));
        write(_next++, _chunk);
        _filled = 0;
    }
}
