using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using QuicProChat.Mesh.Transports.Lora.Adaptation;

namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>
/// A socket of the group of one family on one interface. It is bound to the group's address: what was sent to this
/// machine alone never comes here, so that nothing from beyond the link is heard or answered (RFC 6762, section 11).
/// Other programs may have such sockets too.
/// </summary>
internal sealed class MdnsSocket : IAsyncDisposable
{
    private const int Level = 1, ReuseAddress = 2, ReusePort = 15;
    private const int LevelIPv4 = 0, MulticastAllIPv4 = 49;

    // RFC 6762, section 11.
    private const int HopLimit = 255;

    /// <summary>What a socket may have waiting; a flood of more is lost, and costs no more. Arbitrary.</summary>
    private const int ReceiveBuffer = 64 << 10;

    // Messages handled at once, and in a second after that. A flood wakes this node four times a second. Arbitrary.
    private const int AtOnce = 128;
    private const int PerSecond = 64;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private static readonly IPAddress _groupIPv4 = IPAddress.Parse("224.0.0.251");
    private static readonly IPAddress _groupIPv6 = IPAddress.Parse("ff02::fb");

    private readonly Socket _socket;
    private readonly IPEndPoint _group;
    private readonly TimeProvider _time;
    private readonly TokenBucket _turns = new(AtOnce, PerSecond);
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    private MdnsSocket(Socket socket, IPEndPoint group, TimeProvider time)
    {
        _socket = socket;
        _group = group;
        _time = time;
    }

    /// <summary>Takes what came: sender and message.</summary>
    internal delegate void Receiver(IPEndPoint source, ReadOnlySpan<byte> message);

    /// <summary>True while it hears.</summary>
    internal bool IsOpen => !_loop.IsCompleted;

    /// <summary>Joins the group.</summary>
    /// <exception cref="SocketException">Another program has the port for itself, or the interface has no address of
    /// the family yet.</exception>
    internal static MdnsSocket Open(AddressFamily family, int index, TimeProvider time)
    {
        var socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            Span<byte> one = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(one, 1);
            socket.SetRawSocketOption(Level, ReuseAddress, one);
            socket.SetRawSocketOption(Level, ReusePort, one);
            socket.ReceiveBufferSize = ReceiveBuffer;
            IPEndPoint group = family == AddressFamily.InterNetwork
                ? JoinIPv4(socket, index)
                : JoinIPv6(socket, index);
            return new MdnsSocket(socket, group, time);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Begins to hear.</summary>
    /// <param name="receiver">Called by one thread at a time.</param>
    internal void Start(Receiver receiver) => _loop = Task.Run(() => ReceiveAsync(receiver));

    /// <summary>
    /// Sends to everybody on the link; false if the system refuses, because the address is still being checked or went.
    /// </summary>
    internal bool TrySend(ReadOnlySpan<byte> message)
    {
        try
        {
            return _socket.SendTo(message, SocketFlags.None, _group) == message.Length;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _socket.Dispose();
        await _loop;
        _stop.Dispose();
    }

    private static IPEndPoint JoinIPv4(Socket socket, int index)
    {
        // Without this a socket hears of every group that any program joined anywhere (ip(7)).
        socket.SetRawSocketOption(LevelIPv4, MulticastAllIPv4, stackalloc byte[sizeof(int)]);
        socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership,
            new MulticastOption(_groupIPv4, index));
        socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface,
            IPAddress.HostToNetworkOrder(index));
        socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastTimeToLive, HopLimit);
        var group = new IPEndPoint(_groupIPv4, MdnsEngine.Port);
        socket.Bind(group);
        return group;
    }

    private static IPEndPoint JoinIPv6(Socket socket, int index)
    {
        socket.DualMode = false;
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.AddMembership,
            new IPv6MulticastOption(_groupIPv6, index));
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, index);
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastTimeToLive, HopLimit);
        // The zone ties the socket to the interface.
        var group = new IPEndPoint(new IPAddress(_groupIPv6.GetAddressBytes(), index), MdnsEngine.Port);
        socket.Bind(group);
        return group;
    }

    private async Task ReceiveAsync(Receiver receiver)
    {
        byte[] buffer = new byte[MdnsWriter.MaxMessage * 2];
        var anybody = new IPEndPoint(_group.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any
            : IPAddress.IPv6Any, 0);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                SocketReceiveFromResult came =
                    await _socket.ReceiveFromAsync(buffer, SocketFlags.None, anybody, _stop.Token);
                receiver((IPEndPoint)came.RemoteEndPoint, buffer.AsSpan(0, came.ReceivedBytes));
                if (!_turns.TryTake(1, _time.GetElapsedTime(0)))
                    await Task.Delay(Pause, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The interface went, or this node stops: whoever opened it looks after it.
                return;
            }
        }
    }
}
