using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports.Lora.Airtime;

/// <summary>A ledger in a file: appended and flushed; replaced by writing another and renaming it.</summary>
public sealed class FileLedgerStore : ILedgerStore
{
    /// <summary>Arbitrary: far above what compaction leaves; a larger file is not ours.</summary>
    private const int MaxFile = 4 << 20;

    private readonly string _path;
    private readonly Action<string> _flushDirectory;

    /// <summary>Makes a store.</summary>
    /// <param name="path">The file; its directory must exist.</param>
    public FileLedgerStore(string path)
        : this(path, DurableDirectory.Flush)
    {
    }

    internal FileLedgerStore(string path, Action<string> flushDirectory)
    {
        _path = Path.GetFullPath(path);
        _flushDirectory = flushDirectory;
    }

    /// <inheritdoc/>
    public byte[]? Load()
    {
        if (!File.Exists(_path))
            return null;
        if (new FileInfo(_path).Length > MaxFile)
            throw new IOException($"{_path} is larger than {MaxFile} bytes and so no airtime ledger.");
        return File.ReadAllBytes(_path);
    }

    /// <inheritdoc/>
    public bool TryAppend(ReadOnlySpan<byte> bytes) => TryWrite(_path, FileMode.Append, bytes);

    /// <inheritdoc/>
    public bool TryReplace(ReadOnlySpan<byte> bytes)
    {
        string next = _path + ".new";
        if (!TryWrite(next, FileMode.Create, bytes))
            return false;
        try
        {
            File.Move(next, _path, overwrite: true);
            // A rename is durable with its directory: else a power cut brings back a ledger without the latest claims.
            _flushDirectory(Path.GetDirectoryName(_path)!);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // A full or read-only medium is an answer here, not an accident: the ledger then refuses to transmit.
    private static bool TryWrite(string path, FileMode mode, ReadOnlySpan<byte> bytes)
    {
        try
        {
            using FileStream file = new(path, mode, FileAccess.Write, FileShare.Read, bufferSize: 0);
            file.Write(bytes);
            file.Flush(flushToDisk: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
