using System.Net;
using System.Net.Quic;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Quic;

/// <summary>
/// <c>quic://host:port[#address]</c>: links over QUIC (docs/reference/protocol.md, section 3), where libmsquic is
/// installed. The accepting side opens the one bidirectional stream and writes first.
/// </summary>
/// <param name="node">This end.</param>
/// <param name="logger">Where it tells.</param>
public sealed class QuicTransport(LocalEnd node, ILogger<QuicTransport> logger) : ITransport
{
    internal const string SchemeName = "quic";

    // A silent neighbour is dropped by the transport after this, kept alive by half of it.
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(40);

    private readonly Handshake _handshake = new(node, SchemeName, logger);

    /// <inheritdoc/>
    public string Scheme => SchemeName;

    /// <inheritdoc/>
    public string? Unavailable { get; } = Probe();

    /// <inheritdoc/>
    public async ValueTask<IListener> ListenAsync(LinkUri uri, ILinkAcceptor acceptor, CancellationToken cancellation)
    {
        if (Unavailable is { } reason)
            throw new IOException($"Cannot listen on {uri}: {reason}");
        if (!IpEndpoint.TryParse(uri, out IpEndpoint? endpoint, out string? error))
            throw new IOException(error);
        IPEndPoint local = await endpoint.ResolveLocalAsync(cancellation);
        LocalAddress.Require(local, uri);
        try
        {
            return await QuicLinkListener.StartAsync(local, uri, endpoint, node, _handshake, acceptor, logger,
                cancellation);
        }
        catch (Exception e) when (e is QuicException or SocketException)
        {
            throw new IOException($"Cannot listen on {uri}: {FaultText.Of(e)}", e);
        }
    }

    /// <inheritdoc/>
    public ValueTask<DialResult> DialAsync(LinkUri uri, CancellationToken cancellation) =>
        Unavailable is { } reason
            ? ValueTask.FromResult(new DialResult(null, new LinkEnd(LinkEndCode.TransportFailed, Detail: reason)))
            : AddressWalk.DialAsync(uri, node, (address, pinned, timeout) => DialAsync(uri, address, pinned, timeout),
                cancellation);

    /// <summary>What both sides of a connection have in common.</summary>
    internal static void Configure(QuicConnectionOptions options, LocalEnd node)
    {
        options.DefaultCloseErrorCode = QuicLinkConnection.NoError;
        options.DefaultStreamErrorCode = QuicLinkConnection.NoError;
        options.MaxInboundUnidirectionalStreams = 0;
        options.IdleTimeout = IdleTimeout;
        options.KeepAliveInterval = IdleTimeout / 2;
        options.HandshakeTimeout = node.Settings.HandshakeTimeout;
    }

    private static string? Probe()
    {
        if (!Socket.OSSupportsIPv6)
            return "IPv6 is switched off in this system, and QUIC needs its sockets";
        return QuicListener.IsSupported ? null : "the library libmsquic.so.2 is not installed";
    }

    private ValueTask<DialResult> DialAsync(
        LinkUri uri, IPEndPoint address, NodeAddress? pinned, CancellationToken cancellation) =>
        _handshake.DialAsync(pinned, uri.ToString(), address.Address,
            (tls, deadline) => ConnectAsync(address, tls, deadline), cancellation);

    private async ValueTask<LinkConnection> ConnectAsync(IPEndPoint address, LinkTls tls, CancellationToken deadline)
    {
        using CancellationTokenSource limit = new(node.Settings.ConnectTimeout, node.Time);
        using CancellationTokenSource connect = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, deadline);
        QuicClientConnectionOptions options = new()
        {
            RemoteEndPoint = address,
            ClientAuthenticationOptions = tls.Client(),
            MaxInboundBidirectionalStreams = 1,
        };
        Configure(options, node);
        QuicConnection connection;
        try
        {
            connection = await QuicConnection.ConnectAsync(options, connect.Token);
        }
        catch (OperationCanceledException e) when (!deadline.IsCancellationRequested)
        {
            throw new IOException($"{address} does not answer", e);
        }

        try
        {
            return new QuicLinkConnection(connection, await connection.AcceptInboundStreamAsync(deadline));
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
