using System.Globalization;
using Microsoft.Win32.SafeHandles;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Node.Files;

/// <summary>
/// The bytes of files in the data directory: one file of sealed chunks each, under a random name, for their owner only.
/// Any thread.
/// </summary>
/// <param name="directory">The folder; made when the first is written.</param>
internal sealed class FileBlobs(string directory) : IFileBlobs
{
    /// <summary>The folder's name in the data directory.</summary>
    internal const string FolderName = "files";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersFolder = OwnerOnly | UnixFileMode.UserExecute;

    /// <summary>
    /// Deleted files whose names are remembered, the latest. A write that began before the deletion and comes after it
    /// must not bring the file back; far fewer than these wait at a time. Arbitrary.
    /// </summary>
    private const int MaxRemembered = 4096;

    private readonly Lock _guard = new();
    private readonly HashSet<BlobId> _deleted = [];
    private readonly Queue<BlobId> _inOrder = [];

    /// <inheritdoc/>
    public bool TryRead(BlobId blob, int chunk, Span<byte> bytes)
    {
        try
        {
            using SafeFileHandle file =
                File.OpenHandle(PathOf(blob), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            long at = (long)chunk * FileFormat.ChunkSize;
            for (int read = 0; read < FileFormat.ChunkSize;)
            {
                int some = RandomAccess.Read(file, bytes[read..FileFormat.ChunkSize], at + read);
                if (some == 0)
                    return false;
                read += some;
            }

            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Write(BlobId blob, int chunk, ReadOnlySpan<byte> bytes)
    {
        using FileStream file = Open(blob);
        RandomAccess.Write(file.SafeFileHandle, bytes, (long)chunk * FileFormat.ChunkSize);
    }

    /// <summary>Deletes the bytes of a file for good: nothing is written to it any more.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    internal void Delete(BlobId blob)
    {
        lock (_guard)
        {
            if (_deleted.Add(blob))
                _inOrder.Enqueue(blob);
            if (_inOrder.Count > MaxRemembered)
                _deleted.Remove(_inOrder.Dequeue());
            if (Directory.Exists(directory))
                File.Delete(PathOf(blob));
        }
    }

    private FileStream Open(BlobId blob)
    {
        lock (_guard)
        {
            if (_deleted.Contains(blob))
                throw new FileNotFoundException($"the file {blob} was deleted meanwhile");
            Directory.CreateDirectory(directory, OwnersFolder);
            return new FileStream(PathOf(blob), new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
                UnixCreateMode = OwnerOnly,
            });
        }
    }

    /// <summary>
    /// What belongs to no file: uploads that a crash cut off. Only before the first is written, for later ones are not
    /// known yet.
    /// </summary>
    /// <exception cref="IOException">The disk fails.</exception>
    internal List<BlobId> LeftOver(IReadOnlySet<BlobId> known)
    {
        var left = new List<BlobId>();
        foreach (string path in Directory.Exists(directory) ? Directory.EnumerateFiles(directory) : [])
        {
            if (UInt128.TryParse(Path.GetFileName(path), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out UInt128 value) && !known.Contains(new BlobId(value)))
                left.Add(new BlobId(value));
        }

        return left;
    }

    /// <summary>Free bytes of the disk.</summary>
    internal long Free =>
        new DriveInfo(Path.GetFullPath(Directory.Exists(directory) ? directory
            : Path.GetDirectoryName(directory)!)).AvailableFreeSpace;

    private string PathOf(BlobId blob) => Path.Combine(directory, blob.ToString());
}
