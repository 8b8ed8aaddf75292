using System.Net.Security;
using System.Net.Sockets;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tcp;

/// <summary>A TCP socket under TLS.</summary>
internal sealed class TcpConnection(Socket socket, TlsStream stream, Action<LinkEnd>? ended = null) : LinkConnection
{
    internal override Stream Stream => stream;

    internal override SslApplicationProtocol Protocol => stream.NegotiatedApplicationProtocol;

    internal override string Remote { get; } = Describe(socket);

    internal override uint? Repeats => TcpSockets.RepeatsOf(socket);

    internal override void Ended(LinkEnd reason) => ended?.Invoke(reason);

    internal static string Describe(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint?.ToString() ?? "nowhere";
        }
        catch (SocketException)
        {
            // Hung up already; its address is gone with it.
            return "nowhere";
        }
    }

    internal override async ValueTask CompleteWritesAsync()
    {
        await stream.ShutdownAsync();
        socket.Shutdown(SocketShutdown.Send);
    }

    public override async ValueTask DisposeAsync()
    {
        // The socket first: it ends what reads and writes, which disposing of the TLS stream would wait for.
        socket.Dispose();
        await stream.DisposeAsync();
    }
}
