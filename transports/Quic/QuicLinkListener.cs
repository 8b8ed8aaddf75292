using System.Net;
using System.Net.Quic;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Quic;

/// <summary>Accepts QUIC connections and makes links of those that authenticate.</summary>
internal sealed class QuicLinkListener : IListener
{
    // Arbitrary, as for TCP.
    private const int Backlog = 128;

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly LocalEnd _node;
    private readonly Handshake _handshake;
    private readonly ILinkAcceptor _acceptor;
    private readonly ILogger _logger;
    private readonly IpEndpoint _endpoint;
    private readonly CancellationTokenSource _stop = new();

    // From the options of a connection to its acceptance, by the connection itself; an entry goes with it.
    private readonly ConditionalWeakTable<QuicConnection, Arrival> _arrivals = [];

    private QuicListener? _listener;
    private Task _loop = Task.CompletedTask;
    private int _disposed;

    private QuicLinkListener(
        IpEndpoint endpoint, LocalEnd node, Handshake handshake, ILinkAcceptor acceptor, ILogger logger)
    {
        _endpoint = endpoint;
        _node = node;
        _handshake = handshake;
        _acceptor = acceptor;
        _logger = logger;
    }

    public LinkUri Bound { get; private set; } = new(QuicTransport.SchemeName, "//", Pinned: null);

    public bool IsCurrent => LocalAddress.IsStill(_endpoint, _listener!.LocalEndPoint);

    internal static async ValueTask<QuicLinkListener> StartAsync(
        IPEndPoint local, LinkUri uri, IpEndpoint endpoint, LocalEnd node, Handshake handshake, ILinkAcceptor acceptor,
        ILogger logger, CancellationToken cancellation)
    {
        QuicLinkListener result = new(endpoint, node, handshake, acceptor, logger);
        result._listener = await QuicListener.ListenAsync(
            new QuicListenerOptions
            {
                ListenEndPoint = local,
                ListenBacklog = Backlog,
                ApplicationProtocols = [LinkTls.Protocol],
                ConnectionOptionsCallback = (connection, _, end) => result.OptionsForAsync(connection, end),
            },
            cancellation);
        result.Bound = endpoint.Bound(uri.Scheme, result._listener.LocalEndPoint);
        result._loop = Task.Run(result.AcceptAsync);
        return result;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stop.CancelAsync();
        await _listener!.DisposeAsync();
        await _loop;
    }

    private async ValueTask<QuicServerConnectionOptions> OptionsForAsync(
        QuicConnection connection, CancellationToken end)
    {
        LinkTls tls = new(_node.Certificate, pinned: null);
        Admission.Ticket ticket = _node.Admission.Admit(connection.RemoteEndPoint.Address);
        ticket.Displaced.Register(() => _ = connection.DisposeAsync().AsTask());
        // A handshake that fails is reported without its connection, so its place is given up by the clock.
        ticket.ExpireAfter(_node.Settings.HandshakeTimeout, _node.Time);
        _arrivals.AddOrUpdate(connection, new Arrival(tls, ticket));
        using (var waiting = CancellationTokenSource.CreateLinkedTokenSource(end, ticket.Displaced))
            await _node.Turns.WaitAsync(ticket.From, waiting.Token);
        QuicServerConnectionOptions options = new() { ServerAuthenticationOptions = tls.Server() };
        QuicTransport.Configure(options, _node);
        // The dialer opens no stream: we do.
        options.MaxInboundBidirectionalStreams = 0;
        return options;
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await _listener!.AcceptConnectionAsync(_stop.Token));
            }
            catch (Exception e) when (_stop.IsCancellationRequested && LinkConnection.IsLinkFault(e))
            {
                return;
            }
            catch (Exception e) when (LinkConnection.IsLinkFault(e))
            {
                // A handshake that failed is reported here, not the listener's own end.
                LinkEndCode code = e is AuthenticationException ? LinkEndCode.Authentication
                    : LinkEndCode.TransportFailed;
                _acceptor.Refused("a QUIC peer", new LinkEnd(code, Detail: FaultText.Of(e)));
            }
            catch (Exception e)
            {
                // Whatever it is, it came with one connection, and the listener goes on; it may last.
                Log.AcceptFailed(_logger, Bound, FaultText.Of(e));
                await Task.Delay(PauseAfterFailure, _node.Time, _stop.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ServeAsync(QuicConnection connection)
    {
        string remote = connection.RemoteEndPoint.ToString();
        try
        {
            if (!_arrivals.TryGetValue(connection, out Arrival? arrival))
                throw new InvalidOperationException("A connection was accepted that nobody gave options.");
            using Admission.Ticket ticket = arrival.Ticket;
            HandshakeResult result = await _handshake.AcceptAsync(
                remote, arrival.Tls, (_, deadline) => OpenStreamAsync(connection, deadline), ticket, _stop.Token);
            if (result.Link is { } link)
                _acceptor.Accept(link);
            else
                _acceptor.Refused(remote, result.Failure!);
            await result.Farewell;
        }
        catch (Exception e)
        {
            await connection.DisposeAsync();
            Log.LoopFailed(_logger, e, "accept", Bound);
        }
    }

    private static async ValueTask<LinkConnection> OpenStreamAsync(
        QuicConnection connection, CancellationToken deadline)
    {
        try
        {
            return new QuicLinkConnection(
                connection, await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, deadline));
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection between its first packet and its Hello.</summary>
    private sealed record Arrival(LinkTls Tls, Admission.Ticket Ticket);
}
