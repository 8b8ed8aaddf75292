using QuicProChat.Mesh.Messaging.Files;

namespace QuicProChat.Mesh.Node.Files;

/// <summary>
/// The one folder that fetched files are written to in clear, if the operator named one. Names are cleaned, nothing is
/// overwritten, and nothing is made executable. Any thread.
/// </summary>
/// <param name="path">The folder.</param>
internal sealed class DownloadFolder(string path)
{
    /// <summary>Names that are tried until one is free. Arbitrary.</summary>
    private const int MaxNumber = 1000;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersFolder = OwnerOnly | UnixFileMode.UserExecute;

    /// <summary>Takes a name that is free, by an empty file.</summary>
    /// <exception cref="IOException">There is none, or the disk fails.</exception>
    internal string Reserve(string name)
    {
        Directory.CreateDirectory(path, OwnersFolder);
        string clean = FileNames.Clean(name);
        for (int number = 1; number <= MaxNumber; number++)
        {
            string tried = FileNames.Numbered(clean, number);
            try
            {
                // It fails for a link too, wherever that leads.
                using FileStream made = Open(tried, FileMode.CreateNew);
                return tried;
            }
            catch (IOException) when (File.Exists(PathOf(tried)) || new FileInfo(PathOf(tried)).LinkTarget is not null)
            {
                // Taken.
            }
        }

        throw new IOException($"there are {MaxNumber} files of that name in {path}");
    }

    /// <summary>Bytes of a file that is there; -1 if none is.</summary>
    internal long SizeOf(string name) => new FileInfo(PathOf(name)) is { Exists: true, LinkTarget: null } file
        ? file.Length : -1;

    /// <summary>Writes a file in place of its empty one; false if a chunk of it is damaged.</summary>
    /// <exception cref="IOException">The disk fails, or is full.</exception>
    internal bool TryWrite(string name, BlobId blob, FilePlain plain)
    {
        string part = $".{blob}.part";
        // One that a crash left.
        File.Delete(PathOf(part));
        try
        {
            using (FileStream to = Open(part, FileMode.CreateNew))
            {
                if (!plain.TryWrite(to))
                    return false;
            }

            File.Move(PathOf(part), PathOf(name), overwrite: true);
            return true;
        }
        finally
        {
            File.Delete(PathOf(part));
        }
    }

    /// <summary>Deletes a file that was written here; nothing happens if it is gone.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    internal void Delete(string name)
    {
        if (Directory.Exists(path))
            File.Delete(PathOf(name));
    }

    private FileStream Open(string name, FileMode mode) => new(PathOf(name), new FileStreamOptions
    {
        Mode = mode,
        Access = FileAccess.Write,
        UnixCreateMode = OwnerOnly,
    });

    // What the store says was cleaned when it was written; a damaged or altered one must not leave the folder all the
    // same.
    private string PathOf(string name) => Path.Combine(path, Path.GetFileName(name));
}
