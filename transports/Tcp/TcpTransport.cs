using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tcp;

/// <summary>
/// <c>tcp://host:port[#address]</c>: links over TCP with TLS 1.3 (docs/reference/protocol.md, section 3).
/// </summary>
/// <param name="node">This end.</param>
/// <param name="logger">Where it tells.</param>
public sealed class TcpTransport(LocalEnd node, ILogger<TcpTransport> logger) : ITransport
{
    internal const string SchemeName = "tcp";

    private readonly Handshake _handshake = new(node, SchemeName, logger);
    private readonly SegmentSizes _segments = new(node.Time);

    /// <inheritdoc/>
    public string Scheme => SchemeName;

    /// <inheritdoc/>
    public string? Unavailable => null;

    /// <inheritdoc/>
    public async ValueTask<IListener> ListenAsync(LinkUri uri, ILinkAcceptor acceptor, CancellationToken cancellation)
    {
        if (!IpEndpoint.TryParse(uri, out IpEndpoint? endpoint, out string? error))
            throw new IOException(error);
        IPEndPoint local = await endpoint.ResolveLocalAsync(cancellation);
        LocalAddress.Require(local, uri);
        try
        {
            return new TcpListener(TcpSockets.Listen(local), uri, endpoint, node, _handshake, acceptor, logger);
        }
        catch (SocketException e)
        {
            throw new IOException($"Cannot listen on {uri}: {FaultText.Of(e)}", e);
        }
    }

    /// <inheritdoc/>
    public ValueTask<DialResult> DialAsync(LinkUri uri, CancellationToken cancellation) =>
        AddressWalk.DialAsync(uri, node, (address, pinned, timeout) => DialAsync(uri, address, pinned, timeout),
            cancellation);

    private async ValueTask<DialResult> DialAsync(
        LinkUri uri, IPEndPoint address, Identity.NodeAddress? pinned, CancellationToken cancellation)
    {
        DialResult result = await _handshake.DialAsync(
            pinned, uri.ToString(), address.Address, (tls, deadline) => ConnectAsync(address, tls, deadline),
            cancellation);
        if (result.Failure is { Code: LinkEndCode.HandshakeTimeout } failure)
            _segments.Ended(address.Address, failure);
        return result;
    }

    private async ValueTask<LinkConnection> ConnectAsync(IPEndPoint address, LinkTls tls, CancellationToken deadline)
    {
        using CancellationTokenSource limit = new(node.Settings.ConnectTimeout, node.Time);
        using CancellationTokenSource connect = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, deadline);
        Socket socket;
        try
        {
            socket = await TcpSockets.ConnectAsync(address, _segments.For(address.Address), connect.Token);
        }
        catch (OperationCanceledException e) when (!deadline.IsCancellationRequested)
        {
            throw new IOException($"{address} does not answer", e);
        }

        return await AuthenticateAsync(
            socket, stream => stream.AuthenticateAsClientAsync(tls.Client(), deadline),
            reason => _segments.Ended(address.Address, reason));
    }

    /// <summary>Does TLS on a socket; the socket is disposed of if that fails.</summary>
    internal static async ValueTask<LinkConnection> AuthenticateAsync(
        Socket socket, Func<SslStream, Task> authenticate, Action<LinkEnd>? ended = null)
    {
        TcpConnection connection = new(socket, new TlsStream(new NetworkStream(socket, ownsSocket: false)), ended);
        try
        {
            await authenticate((SslStream)connection.Stream);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
