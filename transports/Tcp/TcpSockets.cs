using System.Net;
using System.Net.Sockets;

namespace QuicProChat.Mesh.Transports.Tcp;

/// <summary>How our sockets are set.</summary>
internal static class TcpSockets
{
    // Half-open connections are found by the kernel within 20 + 3 x 5 s when idle, and within 20 s when something is
    // unacknowledged (RFC 5482); the router's pings are usually faster.
    private const int KeepAliveSeconds = 20;
    private const int KeepAliveIntervalSeconds = 5;
    private const int KeepAliveRetries = 3;
    private const int UserTimeoutMilliseconds = 20_000;

    // linux/tcp.h
    private const int TcpLevel = 6;
    private const int UserTimeoutOption = 18;

    // Arbitrary: a burst of neighbours after a power cut.
    private const int Backlog = 128;

    internal static Socket Listen(IPEndPoint local)
    {
        Socket socket = new(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (local.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = local.Address.Equals(IPAddress.IPv6Any);
            socket.Bind(local);
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    internal static async ValueTask<Socket> ConnectAsync(IPEndPoint remote, CancellationToken cancellation)
    {
        Socket socket = new(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            Configure(socket);
            await socket.ConnectAsync(remote, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    internal static void Configure(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveIntervalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveRetries);
        socket.SetRawSocketOption(TcpLevel, UserTimeoutOption, BitConverter.GetBytes(UserTimeoutMilliseconds));
    }
}
