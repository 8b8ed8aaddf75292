using System.Net.Sockets;
using QuicProChat.Mesh.Transports.Tcp;

namespace QuicProChat.Mesh.Transports.Tests;

public sealed class TcpSocketsTests
{
    private const int TcpLevel = 6;
    private const int LongestTimeoutOption = 44;

    [Fact]
    public void Time_outs_of_a_link_are_a_second_at_most_where_the_kernel_can_and_its_usual_ones_elsewhere()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        bool canLimit = CanLimit();
        TcpSockets.Configure(socket);
        if (!canLimit)
            return;
        byte[] value = new byte[sizeof(int)];
        Assert.Equal(sizeof(int), socket.GetRawSocketOption(TcpLevel, LongestTimeoutOption, value));
        Assert.Equal(1_000, BitConverter.ToInt32(value));
    }

    private static bool CanLimit()
    {
        using Socket probe = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.SetRawSocketOption(TcpLevel, LongestTimeoutOption, BitConverter.GetBytes(2_000));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
