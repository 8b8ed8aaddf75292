using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>
/// Every packet of a machine's cables (packet(7)), put together to what each side of each connection sent.
/// </summary>
internal sealed class WireTap : IDisposable
{
    private const short EveryProtocol = 3;
    private const int EthernetSize = 14, LargestPacket = 65_536 + EthernetSize;
    private const int ReceiveBuffer = 8 << 20;

    private readonly Socket _socket;
    private readonly Thread _thread;
    private readonly Dictionary<(ulong From, ulong To), MemoryStream> _streams = [];
    private volatile bool _isOver;

    internal WireTap(string machine)
    {
        _socket = Namespaces.On(machine, static () => new Socket(
            AddressFamily.Packet, SocketType.Raw, (ProtocolType)(ushort)IPAddress.HostToNetworkOrder(EveryProtocol)));
        _socket.ReceiveBufferSize = ReceiveBuffer;
        _socket.ReceiveTimeout = 200;
        _thread = new Thread(Listen);
        _thread.Start();
    }

    /// <summary>What each side of each connection sent, in the order in which it was seen.</summary>
    internal byte[][] Streams()
    {
        lock (_streams)
            return [.. _streams.Values.Select(static s => s.ToArray())];
    }

    public void Dispose()
    {
        _isOver = true;
        _thread.Join();
        _socket.Dispose();
    }

    private void Listen()
    {
        byte[] packet = new byte[LargestPacket];
        while (!_isOver)
        {
            int size;
            try
            {
                size = _socket.Receive(packet);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
            {
                continue;
            }

            lock (_streams)
                Take(packet.AsSpan(0, size));
        }
    }

    /// <summary>IPv4 and TCP; everything else as a stream of its own.</summary>
    private void Take(ReadOnlySpan<byte> packet)
    {
        (ulong, ulong) key = default;
        ReadOnlySpan<byte> content = packet;
        if (packet.Length > EthernetSize + 40 && packet[12] == 0x08 && packet[13] == 0
            && packet[EthernetSize + 9] == (int)ProtocolType.Tcp)
        {
            ReadOnlySpan<byte> ip = packet[EthernetSize..];
            ReadOnlySpan<byte> tcp = ip[((ip[0] & 0x0F) * 4)..BinaryPrimitives.ReadUInt16BigEndian(ip[2..])];
            key = (BinaryPrimitives.ReadUInt32BigEndian(ip[12..]) << 16
                | (ulong)BinaryPrimitives.ReadUInt16BigEndian(tcp),
                BinaryPrimitives.ReadUInt32BigEndian(ip[16..]) << 16
                    | (ulong)BinaryPrimitives.ReadUInt16BigEndian(tcp[2..]));
            content = tcp[((tcp[12] >> 4) * 4)..];
        }

        if (!_streams.TryGetValue(key, out MemoryStream? stream))
            _streams[key] = stream = new MemoryStream();
        stream.Write(content);
    }
}
