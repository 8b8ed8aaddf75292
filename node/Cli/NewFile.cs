using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>
/// A file that the owner asked for: it is made for the owner alone, never in place of another one, and is whole and on
/// the disk with its name, or not there.
/// </summary>
internal sealed class NewFile : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path;
    private readonly Action<string> _flushDirectory;
    private readonly FileStream _stream;
    private bool _isWhole;

    /// <summary>Makes it.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="flushDirectory">Brings the names of a directory to the disk; null for the system's.</param>
    /// <exception cref="IOException">There is one of that name, or it cannot be made.</exception>
    internal NewFile(string path, Action<string>? flushDirectory = null)
    {
        _path = Path.GetFullPath(path);
        _flushDirectory = flushDirectory ?? DurableDirectory.Flush;
        _stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            UnixCreateMode = OwnerOnly,
        });
    }

    /// <summary>Adds bytes.</summary>
    /// <exception cref="IOException">The disk is full or failing.</exception>
    internal void Write(ReadOnlySpan<byte> bytes) => _stream.Write(bytes);

    /// <summary>It is whole: it and its name are on the disk when this returns.</summary>
    /// <exception cref="IOException">The disk is full or failing.</exception>
    internal void Finish()
    {
        _stream.Flush(flushToDisk: true);
        _flushDirectory(Path.GetDirectoryName(_path)!);
        _isWhole = true;
    }

    /// <summary>Closes it, and removes it if it is not whole.</summary>
    public void Dispose()
    {
        try
        {
            _stream.Dispose();
        }
        finally
        {
            if (!_isWhole)
                File.Delete(_path);
        }
    }
}
