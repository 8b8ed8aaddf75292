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
    private const int MaxSegmentOption = 2;
    private const int InfoOption = 11;
    private const int ThinLinearTimeoutsOption = 16;
    private const int UserTimeoutOption = 18;
    private const int NotSentLowWaterOption = 25;
    private const int LongestTimeoutOption = 44;

    // tcpi_total_retrans of struct tcp_info: eight bytes, and 23 numbers of four bytes before it.
    private const int TotalRepeatsAt = 100;

    // The least that the kernel takes. A link that loses half of all packets is silent for ten seconds now and then, if
    // time-outs double; what waits for it is in nobody else's hands (docs/decisions/lossy-routing.md).
    private const int LongestTimeoutMilliseconds = 1_000;

    // Linux knows it from 6.15 on.
    private static volatile bool _hasLongestTimeout = true;

    // What waits in the kernel is overtaken by nothing: enough to keep it busy, the rest waits in the queues of the
    // link, where what is urgent goes first.
    private const int NotSentBytes = 16 * 1024;

    // Arbitrary: a burst of neighbours after a power cut.
    private const int Backlog = 128;

    internal static Socket Listen(IPEndPoint local)
    {
        Socket socket = new(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (local.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = local.Address.Equals(IPAddress.IPv6Any);
            // Whom this node accepts may send it no larger segments, and gets none.
            SetOption(socket, MaxSegmentOption, SegmentSizes.Usual);
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

    /// <summary>Connects.</summary>
    /// <param name="remote">Where to.</param>
    /// <param name="maxSegment">The largest TCP segment in either direction (RFC 9293, section 3.7.1), in
    /// bytes.</param>
    /// <param name="cancellation">The caller's.</param>
    internal static async ValueTask<Socket> ConnectAsync(
        IPEndPoint remote, int maxSegment, CancellationToken cancellation)
    {
        Socket socket = new(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            Configure(socket);
            SetOption(socket, MaxSegmentOption, maxSegment);
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
        SetOption(socket, UserTimeoutOption, UserTimeoutMilliseconds);
        SetOption(socket, NotSentLowWaterOption, NotSentBytes);
        // Messages are few and small: after a loss the next attempts follow at the same interval, not at doubled ones.
        SetOption(socket, ThinLinearTimeoutsOption, 1);
        LimitTimeouts(socket);
    }

    /// <summary>
    /// Segments that the kernel has sent again on a connection; null if it does not say, or all is over.
    /// </summary>
    internal static uint? RepeatsOf(Socket socket)
    {
        Span<byte> info = stackalloc byte[TotalRepeatsAt + sizeof(uint)];
        try
        {
            return socket.GetRawSocketOption(TcpLevel, InfoOption, info) < info.Length ? null
                : BitConverter.ToUInt32(info[TotalRepeatsAt..]);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    private static void LimitTimeouts(Socket socket)
    {
        if (!_hasLongestTimeout)
            return;
        try
        {
            SetOption(socket, LongestTimeoutOption, LongestTimeoutMilliseconds);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ProtocolOption
            or SocketError.OperationNotSupported or SocketError.InvalidArgument)
        {
            // An older kernel: its time-outs double, and nothing else changes.
            _hasLongestTimeout = false;
        }
    }

    private static void SetOption(Socket socket, int option, int value) =>
        socket.SetRawSocketOption(TcpLevel, option, BitConverter.GetBytes(value));
}
