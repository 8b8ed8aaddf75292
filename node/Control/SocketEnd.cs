using System.Net.Sockets;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>The end of a connection.</summary>
internal static class SocketEnd
{
    /// <summary>Closes a socket so that its last words arrive.</summary>
    internal static void Close(Socket socket)
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
    }
}
