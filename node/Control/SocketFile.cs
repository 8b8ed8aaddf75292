using System.Net.Sockets;
using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>
/// The control socket and its file. It is bound under the name that clients use, and under no other before: cleaners of
/// old files spare a socket in use, and know it by that name. Until it listens nobody can connect, so that its mode is
/// right before the first client comes.
/// </summary>
internal sealed class SocketFile : IDisposable
{
    /// <summary>Mode 0660: whoever may open it is this node.</summary>
    private const UnixFileMode SocketMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    /// <summary>Mode 0750, for a directory that is made for the socket of a group.</summary>
    private const UnixFileMode GroupDirectoryMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead
            | UnixFileMode.GroupExecute;

    /// <summary>sizeof(sun_path) less its final zero, unix(7).</summary>
    internal const int MaxPathBytes = 107;

    /// <summary>Clients that may wait to be accepted; the system has a limit of its own, mostly of 4096.</summary>
    private const int Backlog = 128;

    private readonly long _file;

    private SocketFile(Socket listener, string path, long file)
    {
        Listener = listener;
        Path = path;
        _file = file;
    }

    internal Socket Listener { get; }

    internal string Path { get; }

    /// <summary>The file is this socket's: no cleaner took it, and nobody put another in its place.</summary>
    internal bool IsThere => Libc.SocketAt(Path) == _file;

    /// <summary>Something that is no socket of this process has the name.</summary>
    internal bool IsTaken => File.Exists(Path) && !IsThere;

    /// <summary>Makes the socket and listens.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="group">The group that may use it; null for that of the process.</param>
    /// <exception cref="IOException">Another daemon listens there, or it cannot be made; the message says
    /// which.</exception>
    internal static SocketFile Bind(string path, uint? group)
    {
        string full = Canonical(path);
        if (Encoding.UTF8.GetByteCount(full) > MaxPathBytes)
            throw new IOException($"the control socket's path may have {MaxPathBytes} bytes: {full}");
        if (File.Exists(full) && ControlClient.Answers(full))
            throw new IOException($"another daemon listens on {full}");

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (group is not null)
                MakeDirectory(System.IO.Path.GetDirectoryName(full)!, group.Value);
            File.Delete(full);
            socket.Bind(new UnixDomainSocketEndPoint(full));
            File.SetUnixFileMode(full, SocketMode);
            if (group is not null && !Libc.TrySetGroup(full, group.Value))
                throw new IOException(
                    $"it cannot be given to group {group}: only root and members of a group can do that");
            socket.Listen(Backlog);
            return new SocketFile(socket, full, Libc.SocketAt(full) ?? throw new IOException("it is gone already"));
        }
        catch (Exception e) when (e is SocketException or UnauthorizedAccessException or IOException)
        {
            socket.Dispose();
            throw new IOException($"the control socket {full} cannot be made: {FaultText.Of(e)}", e);
        }
    }

    /// <summary>Closes it; the file goes if it is this socket's.</summary>
    public void Dispose()
    {
        if (IsTaken)
        {
            // Not as usual: the runtime deletes the file under the name that a socket was bound to, whoever owns it by
            // now.
            Listener.SafeHandle.Dispose();
            return;
        }

        Listener.Dispose();
        TryDelete(Path);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that is left behind is replaced by the next start.
        }
    }

    /// <summary>
    /// The name as the system's list of sockets will show it to cleaners: absolute, and without links on the way.
    /// </summary>
    private static string Canonical(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        return System.IO.Path.Combine(Libc.RealPath(System.IO.Path.GetDirectoryName(full)!),
            System.IO.Path.GetFileName(full));
    }

    private static void MakeDirectory(string directory, uint group)
    {
        if (Directory.Exists(directory))
            return;
        Directory.CreateDirectory(directory, GroupDirectoryMode);
        // The mode above is cut by the umask of the process.
        File.SetUnixFileMode(directory, GroupDirectoryMode);
        if (!Libc.TrySetGroup(directory, group))
            throw new IOException($"{directory} cannot be given to group {group}");
    }
}
