using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>
/// The bytes of blobs beside the database, one file each under the blob's id, for the server's user only. Any thread;
/// whoever writes one sees to it that nobody else does.
/// </summary>
/// <param name="directory">The folder; made when the first is written.</param>
internal sealed class BlobFiles(string directory)
{
    /// <summary>The folder's name in the data directory.</summary>
    internal const string FolderName = "blobs";

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The folder.</summary>
    internal string Folder => directory;

    /// <summary>The folder is there.</summary>
    internal bool IsThere => Directory.Exists(directory);

    /// <summary>Free bytes of the disk.</summary>
    internal long Free => new DriveInfo(Path.GetFullPath(Path.GetDirectoryName(directory)!)).AvailableFreeSpace;

    /// <summary>Writes a chunk; it survives a power cut when this returns.</summary>
    /// <exception cref="StoreException">The disk does not take it.</exception>
    internal void Write(BlobId id, long offset, ReadOnlySpan<byte> chunk)
    {
        try
        {
            Directory.CreateDirectory(directory, Private | UnixFileMode.UserExecute);
            using FileStream file = new(PathOf(id), new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
                UnixCreateMode = Private,
            });
            RandomAccess.Write(file.SafeFileHandle, chunk, offset);
            RandomAccess.FlushToDisk(file.SafeFileHandle);
            if (offset > 0)
                return;
            DurableDirectory.Flush(directory);
            DurableDirectory.Flush(Path.GetDirectoryName(directory)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(e);
        }
    }

    /// <summary>Reads a part; null if the file is not there, or too short.</summary>
    /// <exception cref="StoreException">The disk fails.</exception>
    internal byte[]? Read(BlobId id, long offset, int length)
    {
        try
        {
            using SafeFileHandle? file = Open(id);
            byte[] part = new byte[length];
            return file is not null && TryFill(file, offset, part) ? part : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(e);
        }
    }

    /// <summary>Tells whether the first bytes of a file have a hash.</summary>
    /// <exception cref="StoreException">The disk fails.</exception>
    internal bool Fits(BlobId id, long size, ReadOnlySpan<byte> expected)
    {
        try
        {
            using SafeFileHandle? file = Open(id);
            if (file is null)
                return false;
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            byte[] buffer = new byte[BlobFormat.ChunkSize];
            for (long at = 0; at < size; at += buffer.Length)
            {
                Span<byte> part = buffer.AsSpan(0, BlobFormat.ChunkAt(at, size));
                if (!TryFill(file, at, part))
                    return false;
                hash.AppendData(part);
            }

            return hash.GetHashAndReset().AsSpan().SequenceEqual(expected);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(e);
        }
    }

    /// <summary>Deletes a file if it is there.</summary>
    /// <exception cref="StoreException">The disk fails.</exception>
    internal void Delete(BlobId id)
    {
        try
        {
            if (Directory.Exists(directory))
                File.Delete(PathOf(id));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(e);
        }
    }

    /// <summary>Bytes of a file; 0 where there is none.</summary>
    internal long SizeOf(BlobId id) => new FileInfo(PathOf(id)) is { Exists: true } file ? file.Length : 0;

    /// <summary>All files that are named as blobs are.</summary>
    internal IEnumerable<BlobId> All() => Directory.Exists(directory)
        ? Directory.EnumerateFiles(directory).Select(Path.GetFileName).Select(IdOf).OfType<BlobId>() : [];

    private static BlobId? IdOf(string? name) =>
        name is { Length: 2 * IdentityKey.Size } && name.All(char.IsAsciiHexDigit)
        && BlobId.TryRead(Convert.FromHexString(name), out BlobId id) ? id : null;

    private static bool TryFill(SafeFileHandle file, long offset, Span<byte> part)
    {
        for (int read = 0; read < part.Length;)
        {
            int some = RandomAccess.Read(file, part[read..], offset + read);
            if (some == 0)
                return false;
            read += some;
        }

        return true;
    }

    private static StoreException Failure(Exception fault) => new(StoreError.Io, FaultText.Of(fault), fault);

    private SafeFileHandle? Open(BlobId id)
    {
        try
        {
            return File.OpenHandle(PathOf(id), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private string PathOf(BlobId id) => Path.Combine(directory, id.ToString());
}
