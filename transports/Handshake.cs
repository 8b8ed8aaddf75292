using System.Net;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>What became of a connection.</summary>
/// <param name="Link">The link, if one was made.</param>
/// <param name="Failure">Why not, otherwise.</param>
/// <param name="Farewell">Completes when a peer that was refused has been told why, or did not listen.</param>
internal readonly record struct HandshakeResult(StreamLink? Link, LinkEnd? Failure, Task Farewell);

/// <summary>
/// From an open connection to a link, the same for all IP transports: TLS (the transport's own step), Hello, link. What
/// a peer or the network does ends as a reason, never as an exception.
/// </summary>
internal sealed class Handshake(LocalEnd node, string scheme, ILogger logger)
{
    // Arbitrary: what a breach of the protocol costs its source, in handshakes that it may make.
    private const int ChargeForViolation = 4;

    /// <summary>Dials one address.</summary>
    /// <param name="pinned">The address that the peer must prove.</param>
    /// <param name="uri">How the link is called.</param>
    /// <param name="remote">Where it leads.</param>
    /// <param name="connect">Connects and does TLS.</param>
    /// <param name="cancellation">The caller's.</param>
    internal async ValueTask<DialResult> DialAsync(
        NodeAddress? pinned, string uri, IPAddress remote,
        Func<LinkTls, CancellationToken, ValueTask<LinkConnection>> connect,
        CancellationToken cancellation)
    {
        Attempt attempt = new(new LinkTls(node.Certificate, pinned), uri, LinkSource.Of(remote), node.NextDialNumber());
        using Deadline deadline = new(node, cancellation);
        // The peer is told why in its own time; the caller need not wait for that.
        (StreamLink? link, LinkEnd? failure, _) = await RunAsync(attempt, connect, deadline, CancellationToken.None);
        return new DialResult(link, failure);
    }

    /// <summary>
    /// Takes an accepted connection; the TLS state is new, or that of a handshake that the transport has done.
    /// </summary>
    internal async ValueTask<HandshakeResult> AcceptAsync(
        string remote, LinkTls tls, Func<LinkTls, CancellationToken, ValueTask<LinkConnection>> authenticate,
        Admission.Ticket ticket,
        CancellationToken cancellation)
    {
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(cancellation, ticket.Displaced);
        using Deadline deadline = new(node, either.Token);
        HandshakeResult result = await RunAsync(
            new Attempt(tls, remote, ticket.From, DialNumber: 0), authenticate, deadline, ticket.Displaced);
        return ticket.Displaced.IsCancellationRequested && result.Failure is not null
            ? result with { Failure = new LinkEnd(LinkEndCode.TooMany, Detail: "it made room for newer connections") }
            : result;
    }

    private async ValueTask<HandshakeResult> RunAsync(
        Attempt attempt, Func<LinkTls, CancellationToken, ValueTask<LinkConnection>> connect, Deadline deadline,
        CancellationToken displaced)
    {
        LinkConnection? connection = null;
        LinkEnd? failure;
        try
        {
            connection = await connect(attempt.Tls, deadline.Token);
            (PeerHello? hello, failure) = await GreetAsync(connection, attempt, deadline.Token);
            if (hello is not null)
            {
                StreamLink link = new(connection, node, attempt, hello, scheme, logger);
                return new HandshakeResult(link, null, Task.CompletedTask);
            }
        }
        catch (Exception e) when (LinkConnection.IsLinkFault(e))
        {
            failure = Explain(e, attempt.Tls, deadline);
        }

        if (failure!.Code == LinkEndCode.ProtocolViolation && !failure.ByPeer)
            Punish(attempt);
        if (connection is null)
            return new HandshakeResult(null, failure, Task.CompletedTask);
        Task farewell = failure.Code is LinkEndCode.TransportFailed
            ? connection.DisposeAsync().AsTask()
            : connection.RefuseAsync(failure.Code, node.Settings.LingerTimeout, node.Time, displaced).AsTask();
        return new HandshakeResult(null, failure, farewell);
    }

    private async ValueTask<(PeerHello? Hello, LinkEnd? Failure)> GreetAsync(
        LinkConnection connection, Attempt attempt, CancellationToken deadline)
    {
        if (attempt.Tls.Failure is { } refused)
            return (null, refused);
        if (connection.Protocol != LinkTls.Protocol)
            return (null, new LinkEnd(
                LinkEndCode.Version, Detail: $"it did not agree on the protocol {LinkTls.Protocol} (ALPN)"));
        if (attempt.DialNumber == 0)
        {
            // Whoever broke the protocol a moment ago waits; in one of the places of those who are not in yet.
            TimeSpan penalty = node.Penalties.Left(attempt.Tls.Peer!.Address);
            if (penalty >= node.Settings.HandshakeTimeout)
                return (null, new LinkEnd(LinkEndCode.TooMany,
                    Detail: $"it broke the protocol, and may come back in {penalty.TotalSeconds:0} s"));
            if (penalty > TimeSpan.Zero)
                await Task.Delay(penalty, node.Time, deadline);
        }

        LinkRole role = attempt.DialNumber == 0 ? LinkRole.Listener : LinkRole.Dialer;
        return await new HelloExchange(node, attempt.Tls, role, attempt.DialNumber)
            .RunAsync(connection.Stream, attempt.Source, deadline);
    }

    private void Punish(Attempt attempt)
    {
        if (attempt.DialNumber != 0)
            return;
        node.Penalties.Note(attempt.Tls.Peer!.Address, attempt.Source);
        node.Turns.Charge(attempt.Source, ChargeForViolation);
    }

    private LinkEnd Explain(Exception e, LinkTls tls, Deadline deadline)
    {
        if (tls.Failure is { } refused)
            return refused;
        if (deadline.Passed)
            return new LinkEnd(LinkEndCode.HandshakeTimeout,
                Detail: $"the handshake took longer than {node.Settings.HandshakeTimeout.TotalSeconds:0} s");
        if (e is OperationCanceledException)
            return new LinkEnd(LinkEndCode.Closed);
        if (e is AuthenticationException)
            return new LinkEnd(LinkEndCode.Authentication, Detail: FaultText.Of(e));
        // Past TLS on our side, the peer hung up on the Hello: it refused our certificate, or us.
        return tls.Peer is null
            ? new LinkEnd(LinkEndCode.TransportFailed, Detail: FaultText.Of(e))
            : new LinkEnd(LinkEndCode.Authentication, ByPeer: true,
                $"the peer hung up during the handshake: {FaultText.Of(e)}");
    }

    /// <summary>The handshake timeout together with the caller's cancellation.</summary>
    private sealed class Deadline : IDisposable
    {
        private readonly CancellationTokenSource _timeout;
        private readonly CancellationTokenSource _either;

        internal Deadline(LocalEnd node, CancellationToken cancellation)
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

/// <summary>One connection on its way to a link.</summary>
/// <param name="Tls">Its TLS state.</param>
/// <param name="Uri">How the link is called.</param>
/// <param name="Source">Where it comes from, or leads.</param>
/// <param name="DialNumber">Counts the dials of this process; 0 for a connection that was accepted.</param>
internal sealed record Attempt(LinkTls Tls, string Uri, LinkSource Source, uint DialNumber);
