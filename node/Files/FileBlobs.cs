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
        Directory.CreateDirectory(directory, OwnersFolder);
        using var file = new FileStream(PathOf(blob), new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            UnixCreateMode = OwnerOnly,
        });
        RandomAccess.Write(file.SafeFileHandle, bytes, (long)chunk * FileFormat.ChunkSize);
    }

    /// <summary>Deletes the bytes of a file; nothing happens if there are none.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    internal void Delete(BlobId blob)
    {
        if (Directory.Exists(directory))
            File.Delete(PathOf(blob));
    }

    /// <summary>Deletes what belongs to no file: uploads that a crash cut off.</summary>
    internal void Sweep(IReadOnlySet<BlobId> known)
    {
        if (!Directory.Exists(directory))
            return;
        foreach (string path in Directory.EnumerateFiles(directory))
        {
            if (UInt128.TryParse(Path.GetFileName(path), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out UInt128 value)
                && !known.Contains(new BlobId(value)))
                File.Delete(path);
        }
    }

    /// <summary>Free bytes of the disk.</summary>
    internal long Free =>
        new DriveInfo(Path.GetFullPath(Directory.Exists(directory) ? directory
            : Path.GetDirectoryName(directory)!)).AvailableFreeSpace;

    private string PathOf(BlobId blob) => Path.Combine(directory, blob.ToString());
}
