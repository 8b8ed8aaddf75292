using System.Net.Sockets;
using System.Text.Json;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>The other end of the control socket, for <c>ctl</c> and the console.</summary>
internal sealed class ControlClient : IDisposable
{
    private const int MostReplyBytes = 64 << 20;

    private readonly Socket _socket;
    private byte[] _buffer = new byte[16 << 10];
    private int _start;
    private int _end;

    private ControlClient(Socket socket) => _socket = socket;

    /// <summary>Connects; null if no daemon answers there.</summary>
    internal static ControlClient? TryConnect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return new ControlClient(socket);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket.Dispose();
            return null;
        }
    }

    /// <summary>Tells whether somebody listens at a path.</summary>
    internal static bool Answers(string path)
    {
        using ControlClient? client = TryConnect(path);
        return client is not null;
    }

    /// <summary>Sends one request.</summary>
    /// <exception cref="IOException">The daemon went away.</exception>
    internal async Task SendAsync(ControlRequest request, CancellationToken cancellation)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(request, ClientJson.Default.ControlRequest);
        Array.Resize(ref json, json.Length + 1);
        json[^1] = (byte)'\n';
        try
        {
            for (ReadOnlyMemory<byte> rest = json; !rest.IsEmpty;)
                rest = rest[await _socket.SendAsync(rest, cancellation).ConfigureAwait(false)..];
        }
        catch (SocketException e)
        {
            throw new IOException("the daemon went away", e);
        }
    }

    /// <summary>Reads the next line, without its end; null after the last. Valid until the next call.</summary>
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
        if (_buffer.Length >= MostReplyBytes)
            throw new IOException("the daemon's reply is too long");
        Array.Resize(ref _buffer, _buffer.Length * 2);
    }
}
