using System.Net;
using System.Net.Sockets;
using System.Text;

namespace QuicProChat.Mesh.Transports.Tests.Names;

/// <summary>A name server for tests, on UDP and TCP of one loopback port.</summary>
internal sealed class FakeNameServer : IAsyncDisposable
{
    private readonly Func<byte[], bool, byte[][]> _answer;
    private readonly Socket _udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Socket _tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _ends = new();
    private readonly Task _serving;

    /// <summary>Begins to serve.</summary>
    /// <param name="answer">What is sent for a question that came over UDP (false) or TCP (true).</param>
    internal FakeNameServer(Func<byte[], bool, byte[][]> answer)
    {
        _answer = answer;
        _tcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Port = ((IPEndPoint)_tcp.LocalEndPoint!).Port;
        _udp.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        _tcp.Listen();
        _serving = Task.WhenAll(UdpAsync(), TcpAsync());
    }

    internal int Port { get; }

    /// <summary>Where questions came from.</summary>
    internal List<int> Ports { get; } = [];

    /// <summary>What was asked for, and whether over TCP.</summary>
    internal List<(string Name, bool Tcp)> Asked { get; } = [];

    /// <summary>An answer in the layout of RFC 1035, section 4: the question, then records of class IN.</summary>
    internal static byte[] Answer(
        byte[] question, int flags, IReadOnlyList<(string Owner, int Type, byte[] Data)> records)
    {
        var message = new List<byte>(question);
        (message[2], message[3]) = ((byte)(0x80 | flags >> 8), (byte)flags);
        message[7] = (byte)records.Count;
        foreach ((string owner, int type, byte[] data) in records)
            message.AddRange([.. Name(owner), 0, (byte)type, 0, 1, 0, 0, 0, 60, 0, (byte)data.Length, .. data]);
        return [.. message];
    }

    /// <summary>A name as labels.</summary>
    internal static byte[] Name(string name) =>
        [.. name.Split('.').SelectMany(l => Encoding.ASCII.GetBytes(l).Prepend((byte)l.Length)), 0];

    public async ValueTask DisposeAsync()
    {
        await _ends.CancelAsync();
        _udp.Dispose();
        _tcp.Dispose();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ends.Dispose();
    }

    private async Task UdpAsync()
    {
        byte[] buffer = new byte[512];
        while (true)
        {
            SocketReceiveFromResult came =
                await _udp.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _ends.Token);
            Ports.Add(((IPEndPoint)came.RemoteEndPoint).Port);
            foreach (byte[] answer in Serve(buffer[..came.ReceivedBytes], tcp: false))
                await _udp.SendToAsync(answer, came.RemoteEndPoint, _ends.Token);
        }
    }

    private async Task TcpAsync()
    {
        while (true)
        {
            using Socket client = await _tcp.AcceptAsync(_ends.Token);
            using var stream = new NetworkStream(client);
            byte[] size = new byte[2];
            await stream.ReadExactlyAsync(size, _ends.Token);
            byte[] question = new byte[size[0] << 8 | size[1]];
            await stream.ReadExactlyAsync(question, _ends.Token);
            foreach (byte[] answer in Serve(question, tcp: true))
                await stream.WriteAsync((byte[])[(byte)(answer.Length >> 8), (byte)answer.Length, .. answer],
                    _ends.Token);
        }
    }

    private byte[][] Serve(byte[] question, bool tcp)
    {
        var labels = new List<string>();
        for (int at = 12; question[at] != 0; at += question[at] + 1)
            labels.Add(Encoding.ASCII.GetString(question, at + 1, question[at]));
        lock (Asked)
            Asked.Add((string.Join('.', labels), tcp));
        return _answer(question, tcp);
    }
}
