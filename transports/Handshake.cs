using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// From an open connection to a link, the same for all IP transports: TLS (the transport's own step), Hello, link. What
/// a peer or the network does ends as a reason, never as an exception.
/// </summary>
internal sealed class Handshake(LocalNode node, string scheme, ILogger logger)
{
    /// <summary>Dials one address.</summary>
    /// <param name="pinned">The address that the peer must prove.</param>
    /// <param name="uri">How the link is called.</param>
    /// <param name="connect">Connects and does TLS.</param>
    /// <param name="cancellation">The caller's.</param>
    internal async ValueTask<DialResult> DialAsync(
        NodeAddress? pinned, string uri, Func<LinkTls, CancellationToken, ValueTask<LinkConnection>> connect,
        CancellationToken cancellation)
    {
        LinkTls tls = new(node.Certificate, pinned);
        uint number = node.NextDialNumber();
        using Deadline deadline = new(node, cancellation);
        (StreamLink? link, LinkEnd? failure) = await RunAsync(tls, uri, number, connect, deadline);
        return new DialResult(link, failure);
    }

    /// <summary>Takes an accepted connection; the TLS state is new, or that of a handshake that the transport has done.</summary>
    internal async ValueTask<(StreamLink? Link, LinkEnd? Failure)> AcceptAsync(
        string remote, LinkTls tls, Func<LinkTls, CancellationToken, ValueTask<LinkConnection>> authenticate, Admission.Ticket ticket,
        CancellationToken cancellation)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, ticket.Displaced);
        using Deadline deadline = new(node, either.Token);
        (StreamLink? link, LinkEnd? failure) = await RunAsync(tls, remote, dialNumber: 0, authenticate, deadline);
        return ticket.Displaced.IsCancellationRequested && failure is not null
            ? (null, new LinkEnd(LinkEndCode.TooMany, Detail: "it made room for newer connections"))
            : (link, failure);
    }

    private async ValueTask<(StreamLink? Link, LinkEnd? Failure)> RunAsync(
        LinkTls tls, string uri, uint dialNumber, Func<LinkTls, CancellationToken, ValueTask<LinkConnection>> connect,
        Deadline deadline)
    {
        LinkConnection? connection = null;
        try
        {
            connection = await connect(tls, deadline.Token);
            (PeerHello? hello, LinkEnd? failure) = await HelloExchange.RunAsync(
                connection.Stream, node, tls, dialNumber == 0 ? LinkRole.Listener : LinkRole.Dialer, dialNumber, deadline.Token);
            if (hello is not null)
                return (new StreamLink(connection, node, tls.Peer!, hello, scheme, uri, dialNumber, logger), null);
            // The peer is told why in its own time; the caller need not wait for that.
            _ = connection.RefuseAsync(failure!.Code, node.Settings.LingerTimeout, node.Time).AsTask();
            return (null, failure);
        }
        catch (Exception e) when (LinkConnection.IsLinkFault(e))
        {
            if (connection is not null)
                await connection.DisposeAsync();
            return (null, Explain(e, tls, deadline));
        }
    }

    private LinkEnd Explain(Exception e, LinkTls tls, Deadline deadline)
    {
        if (tls.Failure is { } refused)
            return refused;
        if (deadline.Passed)
            return new LinkEnd(LinkEndCode.HandshakeTimeout, Detail: $"the handshake took longer than {node.Settings.HandshakeTimeout.TotalSeconds:0} s");
        if (e is OperationCanceledException)
            return new LinkEnd(LinkEndCode.Closed);
        if (e is AuthenticationException)
            return new LinkEnd(LinkEndCode.Authentication, Detail: e.InnerException?.Message ?? e.Message);
        // Past TLS on our side, the peer hung up on the Hello: it refused our certificate, or us.
        return tls.Peer is null
            ? new LinkEnd(LinkEndCode.TransportFailed, Detail: e.Message)
            : new LinkEnd(LinkEndCode.Authentication, ByPeer: true, $"the peer hung up during the handshake: {e.Message}");
    }

    /// <summary>The handshake timeout together with the caller's cancellation.</summary>
    private sealed class Deadline : IDisposable
    {
        private readonly CancellationTokenSource _timeout;
        private readonly CancellationTokenSource _either;

        internal Deadline(LocalNode node, CancellationToken cancellation)
        {
            _timeout = new CancellationTokenSource(node.Settings.HandshakeTimeout, node.Time);
            _either = CancellationTokenSource.CreateLinkedTokenSource(_timeout.Token, cancellation);
        }

        internal CancellationToken Token => _either.Token;

        internal bool Passed => _timeout.IsCancellationRequested;

        public void Dispose()
        {
            _either.Dispose();
            _timeout.Dispose();
        }
    }
}
