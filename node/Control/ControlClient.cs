using System.Net.Sockets;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>The other end of the control socket, for <c>ctl</c> and the console.</summary>
internal sealed class ControlClient : IDisposable
{
    /// <summary>Longer than any line of a daemon: a reply, or an event with the longest text in it.</summary>
    private const int MaxLineBytes = 2 * ReplyWriter.MaxBytes;

    private readonly Socket _socket;
    private byte[] _buffer = new byte[16 << 10];
    private int _start;
    private int _end;

    private ControlClient(Socket socket) => _socket = socket;

    /// <summary>Connects; null if no daemon answers there.</summary>
    internal static ControlClient? TryConnect(string path) => TryConnect(path, out _);

    /// <summary>Connects; null if that cannot be, with the reason.</summary>
    internal static ControlClient? TryConnect(string path, out string why)
    {
        why = "";
        if (System.Text.Encoding.UTF8.GetByteCount(path) > SocketFile.MaxPathBytes)
        {
            why = $"the control socket's path may have {SocketFile.MaxPathBytes} bytes: {path}";
            return null;
        }

        try
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(path));
                return new ControlClient(socket);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
        catch (SocketException e)
        {
            // For a file that is missing the runtime has the error number of an address that nobody has.
            string what = File.Exists(path) ? FaultText.Of(e)
                : Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path)))
                ? "there is no such socket" : "there is no such directory, or it may not be entered";
            why = $"no daemon answers on {path} ({what})";
            return null;
        }
    }

    /// <summary>Tells whether somebody listens at a path.</summary>
    internal static bool Answers(string path)
    {
        using ControlClient? client = TryConnect(path);
        return client is not null;
    }

    /// <summary>Sends one request. What the daemon said before it went away can be read nevertheless.</summary>
    /// <param name="line">The request with its end: <see cref="CommandSpec.ToLine"/>.</param>
    /// <param name="cancellation">Breaks it off.</param>
    internal async Task SendAsync(ReadOnlyMemory<byte> line, CancellationToken cancellation)
    {
        try
        {
            for (ReadOnlyMemory<byte> rest = line; !rest.IsEmpty;)
                rest = rest[await _socket.SendAsync(rest, cancellation).ConfigureAwait(false)..];
        }
        catch (SocketException)
        {
            // Why it went away may lie in the socket; if nothing does, the reader finds the end.
        }
    }

    /// <summary>Reads the next line, without its end; null after the last. Valid until the next call.</summary>
    /// <exception cref="IOException">The line is longer than a daemon's may be.</exception>
    internal async ValueTask<ReadOnlyMemory<byte>?> ReadLineAsync(CancellationToken cancellation)
    {
        int searched = _start;
        while (true)
        {
            int length = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, searched + length - _start);
                _start = searched + length + 1;
                return line;
            }

            MakeRoom();
            searched = _end;
            int read;
            try
            {
                read = await _socket.ReceiveAsync(_buffer.AsMemory(_end), cancellation).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                return null;
            }

            if (read == 0)
                return null;
            _end += read;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end < _buffer.Length)
            return;
        if (_buffer.Length >= MaxLineBytes)
            throw new IOException("the daemon's reply is too long");
        Array.Resize(ref _buffer, _buffer.Length * 2);
    }
}
