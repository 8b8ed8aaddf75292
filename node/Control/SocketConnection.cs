using System.Net.Sockets;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>A client of the control socket.</summary>
internal sealed class SocketConnection(Socket socket) : IClientConnection
{
    /// <inheritdoc/>
    public bool HasUnread
    {
        get
        {
            try
            {
                return socket.Available > 0;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }

    /// <inheritdoc/>
    public bool HasHungUp => Libc.HasHungUp(socket);

    /// <inheritdoc/>
    public ValueTask<int> ReceiveAsync(Memory<byte> room, CancellationToken cancellation) =>
        socket.ReceiveAsync(room, cancellation);

    /// <inheritdoc/>
    public ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes) => socket.SendAsync(bytes);

    /// <inheritdoc/>
    public ValueTask CloseAsync()
    {
        try
        {
            // What is left unread would turn the last words into an error for the other end, unix(7).
            for (int left = LineBuffer.MaxLineBytes; left > 0 && socket.Available > 0;)
                left -= socket.Receive(new byte[Math.Min(left, LineBuffer.OwnBytes)]);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }

        socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
