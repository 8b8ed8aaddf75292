using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using QuicProChat.Mesh.Store.Interop;

namespace QuicProChat.Mesh.Store;

/// <summary>
/// The right to use a data directory, held by one process at a time. The lock belongs to the open file (flock), so a
/// crash releases it and the file may stay; the process number in it is for people only.
/// </summary>
public sealed class DirectoryLock : IDisposable
{
    private readonly FileStream _file;

    private DirectoryLock(FileStream file) => _file = file;

    /// <summary>Makes the directory if needed, for the owner only, and takes it.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="fileName">The lock file's name in it.</param>
    /// <exception cref="StoreException"><see cref="StoreError.InUse"/>, or <see cref="StoreError.Io"/> if it cannot be made or opened.</exception>
    public static DirectoryLock Take(string directory, string fileName = "lock")
    {
        FileStream file;
        try
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            // FileShare.ReadWrite: the runtime's own lock would hide which process it is.
            file = new FileStream(Path.Combine(directory, fileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreError.Io, $"The data directory {directory} cannot be used: {e.Message}", e);
        }

        if (Libc.flock(file.SafeFileHandle, Libc.LockExclusiveNow) == 0)
        {
            WriteOwner(file);
            return new DirectoryLock(file);
        }

        string problem = Marshal.GetLastPInvokeErrorMessage();
        string owner = ReadOwner(file);
        file.Dispose();
        throw new StoreException(StoreError.InUse, $"The data directory {directory} is in use by {owner} ({problem}).");
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static void WriteOwner(FileStream file)
    {
        try
        {
            file.SetLength(0);
            file.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")));
            file.Flush();
        }
        catch (IOException)
        {
            // A full disk must not keep the node from starting: the lock holds without the number.
        }
    }

    private static string ReadOwner(FileStream file)
    {
        Span<byte> text = stackalloc byte[16];
        int length = file.Read(text);
        return int.TryParse(text[..length], CultureInfo.InvariantCulture, out int process) ? $"process {process}" : "another process";
    }
}
