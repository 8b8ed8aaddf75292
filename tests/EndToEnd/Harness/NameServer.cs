using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>
/// A name server on a machine that knows one name (RFC 1035, section 4): its address of type A, nothing of other types,
/// and that there are no other names.
/// </summary>
internal sealed class NameServer : IDisposable
{
    private const int Port = 53;
    private const int HeaderSize = 12;
    private const ushort TypeA = 1;

    private readonly Socket _socket;
    private readonly byte[] _name;

    internal NameServer(string machine, string name)
    {
        _name = [.. name.Split('.')
            .SelectMany(static label => Encoding.ASCII.GetBytes(label).Prepend((byte)label.Length)), 0];
        _socket = Namespaces.On(machine, static () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Any, Port));
            return socket;
        });
        new Thread(Serve) { IsBackground = true }.Start();
    }

    /// <summary>Where the name leads; null: nowhere yet.</summary>
    internal volatile IPAddress? Address;

    public void Dispose() => _socket.Dispose();

    private void Serve()
    {
        byte[] question = new byte[512];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        try
        {
            while (true)
            {
                int length = _socket.ReceiveFrom(question, ref from);
                _socket.SendTo(Answer(question.AsSpan(0, length)), from);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private byte[] Answer(ReadOnlySpan<byte> question)
    {
        bool isKnown = question[HeaderSize..].StartsWith(_name);
        bool isAddress = BinaryPrimitives.ReadUInt16BigEndian(question[^4..]) == TypeA;
        byte[] message = question.ToArray();
        const byte isAnswer = 0x80, noSuchName = 3;
        message[2] |= isAnswer;
        message[3] = isKnown && Address is not null ? (byte)0 : noSuchName;
        if (!isKnown || !isAddress || Address is not { } address)
            return message;
        message[7] = 1;
        // The name at its place in the question, class IN, for ten seconds.
        return [.. message, 0xC0, HeaderSize, 0, (byte)TypeA, 0, 1, 0, 0, 0, 10, 0, 4, .. address.GetAddressBytes()];
    }
}
