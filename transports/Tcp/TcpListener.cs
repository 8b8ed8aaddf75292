using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tcp;

/// <summary>Accepts TCP connections and makes links of those that authenticate.</summary>
internal sealed class TcpListener : IListener
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;
    private readonly IPEndPoint _local;
    private readonly LocalEnd _node;
    private readonly Handshake _handshake;
    private readonly ILinkAcceptor _acceptor;
    private readonly ILogger _logger;
    private readonly IpEndpoint _endpoint;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private int _disposed;

    internal TcpListener(
        Socket socket, LinkUri uri, IpEndpoint endpoint, LocalEnd node, Handshake handshake, ILinkAcceptor acceptor,
        ILogger logger)
    {
        _endpoint = endpoint;
        _socket = socket;
        _node = node;
        _handshake = handshake;
        _acceptor = acceptor;
        _logger = logger;
        _local = (IPEndPoint)socket.LocalEndPoint!;
        Bound = endpoint.Bound(uri.Scheme, _local);
        _loop = Task.Run(AcceptAsync);
    }

    public LinkUri Bound { get; }

    public bool IsCurrent => LocalAddress.IsStill(_endpoint, _local);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stop.CancelAsync();
        _socket.Dispose();
        await _loop;
    }

    private async Task AcceptAsync()
    {
        bool failing = false;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Socket socket = await _socket.AcceptAsync(_stop.Token);
                failing = false;
                _ = ServeAsync(socket);
            }
            catch (Exception e) when (_stop.IsCancellationRequested && LinkConnection.IsLinkFault(e))
            {
                return;
            }
            catch (Exception e)
            {
                // Out of file descriptors, or a connection that was reset in the queue: whatever it is, the listener
                // goes on. It may last, and is said once until somebody comes in again.
                if (!failing)
                    Log.AcceptFailed(_logger, Bound, FaultText.Of(e));
                failing = true;
                await Task.Delay(PauseAfterFailure, _node.Time, _stop.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        string remote = TcpConnection.Describe(socket);
        try
        {
            if (socket.RemoteEndPoint is not IPEndPoint { Address: { } address })
            {
                socket.Dispose();
                return;
            }

            using Admission.Ticket ticket = _node.Admission.Admit(address);
            TcpSockets.Configure(socket);
            HandshakeResult result = await _handshake.AcceptAsync(
                remote,
                new LinkTls(_node.Certificate, pinned: null),
                (tls, deadline) => AuthenticateAsync(socket, tls, ticket.From, deadline),
                ticket,
                _stop.Token);
            if (result.Link is { } link)
                _acceptor.Accept(link);
            else
                _acceptor.Refused(remote, result.Failure!);
            // Whoever is told why he is refused keeps his place so long.
            await result.Farewell;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            _acceptor.Refused(remote, new LinkEnd(LinkEndCode.TransportFailed, Detail: FaultText.Of(e)));
        }
        catch (Exception e)
        {
            socket.Dispose();
            Log.LoopFailed(_logger, e, "accept", Bound);
        }
    }

    /// <summary>Does TLS as soon as the peer has said something and it is its turn.</summary>
    private async ValueTask<LinkConnection> AuthenticateAsync(
        Socket socket, LinkTls tls, LinkSource source, CancellationToken deadline)
    {
        try
        {
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, deadline);
            await _node.Turns.WaitAsync(source, deadline);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return await TcpTransport.AuthenticateAsync(
            socket, stream => stream.AuthenticateAsServerAsync(tls.Server(), deadline));
    }
}
