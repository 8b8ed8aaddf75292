using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Siege;

/// <summary>A link that authenticates as it should, answers pings, and then says whatever an attack wants.</summary>
internal sealed class HostileLink : IAsyncDisposable
{
    private const int HeaderSize = sizeof(ushort) + 1;
    private static readonly SslApplicationProtocol _protocol = new("qpc-mesh/1");

    private readonly SslStream _stream;
    private readonly Tally _tally;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly CancellationTokenSource _end = new();
    private Task _reading = Task.CompletedTask;
    private int _number;

    private HostileLink(SslStream stream, Tally tally)
    {
        _stream = stream;
        _tally = tally;
    }

    /// <summary>Called for each frame but pings, on the reading task.</summary>
    internal Func<FrameKind, byte[], ValueTask>? Received { get; set; }

    /// <summary>Ended when the node hangs up, or this side does.</summary>
    internal CancellationToken Ended => _end.Token;

    /// <summary>Dials from an address of this machine.</summary>
    internal static async Task<HostileLink> DialAsync(
        IPEndPoint target, IPAddress source, Mask mask, Tally tally, CancellationToken stop)
    {
        SslStream stream = await SecureAsync(await ConnectAsync(target, source, stop), mask, stop);
        return await GreetAsync(stream, mask, tally, dialNumber: mask.NextDial(), stop);
    }

    /// <summary>Takes a connection that the node dialled.</summary>
    internal static async Task<HostileLink> AcceptAsync(Socket socket, Mask mask, Tally tally, CancellationToken stop)
    {
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ApplicationProtocols = [_protocol],
            EnabledSslProtocols = SslProtocols.Tls13,
            ServerCertificateContext = Context(mask),
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        }, stop);
        return await GreetAsync(stream, mask, tally, dialNumber: 0, stop);
    }

    /// <summary>A bare connection.</summary>
    internal static async Task<Socket> ConnectAsync(IPEndPoint target, IPAddress source, CancellationToken stop)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(new IPEndPoint(source, 0));
            await socket.ConnectAsync(target, stop);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>TLS as a dialer.</summary>
    internal static async Task<SslStream> SecureAsync(Socket socket, Mask mask, CancellationToken stop)
    {
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "",
                ApplicationProtocols = [_protocol],
                EnabledSslProtocols = SslProtocols.Tls13,
                ClientCertificateContext = Context(mask),
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
            }, stop);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a well-formed frame with any body.</summary>
    internal async ValueTask SendAsync(FrameKind kind, ReadOnlyMemory<byte> body, CancellationToken stop)
    {
        byte[] frame = ArrayPool<byte>.Shared.Rent(HeaderSize + body.Length);
        try
        {
            BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)(1 + body.Length));
            frame[sizeof(ushort)] = (byte)kind;
            body.CopyTo(frame.AsMemory(HeaderSize));
            await SendRawAsync(frame.AsMemory(0, HeaderSize + body.Length), stop);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    /// <summary>Sends bytes as they are.</summary>
    internal async ValueTask SendRawAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        await _writing.WaitAsync(stop);
        try
        {
            await _stream.WriteAsync(bytes, stop);
            _tally.Sent(bytes.Length);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Sends route entries under the number that is due.</summary>
    internal ValueTask TellAsync(IReadOnlyList<RouteEntry> entries, CancellationToken stop)
    {
        byte[] body = new byte[RouteUpdate.SizeOf(entries.Count)];
        var writer = new RouteUpdate.Writer(body, (ushort)Interlocked.Increment(ref _number), RouteUpdateFlags.None);
        foreach (RouteEntry entry in entries)
            writer.TryAdd(entry);
        return SendAsync(FrameKind.RouteUpdate, body, stop);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _stream.DisposeAsync();
        await _reading;
    }

    private static SslStreamCertificateContext Context(Mask mask) =>
        SslStreamCertificateContext.Create(mask.Certificate, additionalCertificates: null, offline: true);

    private static async Task<HostileLink> GreetAsync(
        SslStream stream, Mask mask, Tally tally, uint dialNumber, CancellationToken stop)
    {
        var link = new HostileLink(stream, tally);
        await link.SendAsync(FrameKind.Hello, HelloBody(mask, dialNumber), stop);
        link._reading = link.ReadAsync();
        return link;
    }

    private static byte[] HelloBody(Mask mask, uint dialNumber)
    {
        var output = new ArrayBufferWriter<byte>();
        new Hello
        {
            Version = Hello.CurrentVersion,
            Capabilities = Capabilities.Relay,
            MaxFrame = Limits.MaxFrame,
            BootId = mask.BootId,
            DialNumber = dialNumber,
        }.Write(output);
        return output.WrittenSpan.ToArray();
    }

    private async Task ReadAsync()
    {
        try
        {
            byte[] length = new byte[sizeof(ushort)];
            while (true)
            {
                await _stream.ReadExactlyAsync(length, _end.Token);
                byte[] frame = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await _stream.ReadExactlyAsync(frame, _end.Token);
                if (frame.Length > 0 && frame[0] == (byte)FrameKind.Ping)
                    await SendAsync(FrameKind.Pong, frame.AsMemory(1), _end.Token);
                else if (frame.Length > 0 && Received is { } received)
                    await received((FrameKind)frame[0], frame[1..]);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException
            or InvalidOperationException)
        {
            // The node has hung up, or the attack is over: both are an end.
            await _end.CancelAsync();
        }
    }
}
