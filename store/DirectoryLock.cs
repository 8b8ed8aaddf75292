using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Interop;

namespace QuicProChat.Mesh.Store;

/// <summary>
/// The right to use a data directory, held by one process at a time. The lock belongs to the open file (flock), so a
/// crash releases it and the file may stay; the process number in it is for people only.
/// </summary>
public sealed class DirectoryLock : IDisposable
{
    private const int OwnerOnly = 0x180; // 0600

    private readonly FileStream _file;

    private DirectoryLock(FileStream file) => _file = file;

    /// <summary>Makes the directory if needed, for the owner only, and takes it.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="fileName">The lock file's name in it.</param>
    /// <exception cref="StoreException"><see cref="StoreError.InUse"/>, or <see cref="StoreError.Io"/> if it cannot be
    /// made or opened.</exception>
    public static DirectoryLock Take(string directory, string fileName = "lock")
    {
        try
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite
                | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(
                StoreError.Io, $"The data directory {directory} cannot be made: {FaultText.Of(e)}", e);
        }

        // The runtime's own way to open a file locks it too, and would not let others read who has it.
        string path = Path.Combine(directory, fileName);
        int descriptor = Libc.open(path, Libc.OpenOrCreate, OwnerOnly);
        if (descriptor < 0)
            throw new StoreException(
                StoreError.Io, $"The lock file {path} cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}.");
        var file = new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.ReadWrite,
            bufferSize: 0);
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
    public void Dispose()
    {
        // Closing is not enough: a process that is being started at this moment has a copy of the open file until it
        // runs its program.
        if (!_file.SafeFileHandle.IsClosed)
            _ = Libc.flock(_file.SafeFileHandle, Libc.Unlock);
        _file.Dispose();
    }

    private static void WriteOwner(FileStream file)
    {
        try
        {
            file.SetLength(0);
            file.Write(Encoding.ASCII.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")));
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
        return int.TryParse(text[..length], CultureInfo.InvariantCulture, out int process) ? $"process {process}"
            : "another process";
    }
}
