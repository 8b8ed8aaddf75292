using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using QuicProChat.Mesh.Transports.Tcp;

namespace QuicProChat.Mesh.Transports.Tests;

public sealed class TcpSocketsTests
{
    private const int TcpLevel = 6;
    private const int LongestTimeoutOption = 44;

    // asm-generic/socket.h
    private const int SocketLevel = 1;
    private const int AttachFilterOption = 26;
    private const int DetachFilterOption = 27;

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

    /// <summary>A receiver whose kernel drops what comes, and then does not any more.</summary>
    [Fact]
    public async Task The_kernel_tells_what_it_had_to_send_again()
    {
        using Socket listener = TcpSockets.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        using Socket near = await TcpSockets.ConnectAsync((IPEndPoint)listener.LocalEndPoint!, 1_400, default);
        using Socket far = await listener.AcceptAsync();
        await near.SendAsync(new byte[10]);
        byte[] read = new byte[100];
        Assert.Equal(10, await far.ReceiveAsync(read));
        Assert.Equal(0u, TcpSockets.RepeatsOf(near));

        DropAll(far);
        await near.SendAsync(new byte[20]);
        for (int i = 0; i < 1_500 && TcpSockets.RepeatsOf(near) < 2; i++)
            await Task.Delay(20);
        Assert.True(TcpSockets.RepeatsOf(near) >= 2);
        far.SetRawSocketOption(SocketLevel, DetachFilterOption, new byte[sizeof(int)]);
        Assert.Equal(20, await far.ReceiveAsync(read));
        near.Dispose();
        Assert.Null(TcpSockets.RepeatsOf(near));
    }

    // struct sock_fprog { u16 len; struct sock_filter *filter; } with one instruction that keeps nothing: BPF_RET.
    private static void DropAll(Socket socket)
    {
        byte[] drop = [0x06, 0, 0, 0, 0, 0, 0, 0];
        GCHandle pinned = GCHandle.Alloc(drop, GCHandleType.Pinned);
        try
        {
            byte[] program = new byte[2 * IntPtr.Size];
            program[0] = 1;
            BitConverter.GetBytes(pinned.AddrOfPinnedObject()).CopyTo(program, IntPtr.Size);
            socket.SetRawSocketOption(SocketLevel, AttachFilterOption, program);
        }
        finally
        {
            pinned.Free();
        }
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
