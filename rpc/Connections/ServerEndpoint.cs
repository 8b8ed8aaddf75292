using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Quic;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Rpc.Connections;

/// <summary>
/// Where a server is: <c>wss://host[:port]</c>, or <c>quic://host[:port]</c> where libmsquic is installed.
/// </summary>
public sealed record ServerEndpoint
{
    /// <summary>The path of the WebSocket.</summary>
    public const string Path = "/rpc";

    /// <summary>The protocol's name in TLS (ALPN) over QUIC.</summary>
    public const string Protocol = "qpc";

    /// <summary>The port where none is said.</summary>
    public const int DefaultPort = 443;

    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(30);

    private ServerEndpoint(bool quic, string host, int port) => (IsQuic, Host, Port) = (quic, host, port);

    /// <summary>True for QUIC, false for WebSocket.</summary>
    public bool IsQuic { get; }

    /// <summary>A name or an IP address.</summary>
    public string Host { get; }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>Reads an address; without a scheme it is <c>wss://</c>.</summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out ServerEndpoint? endpoint, [NotNullWhen(false)] out string? error)
    {
        endpoint = null;
        error = $"'{text}' is no server: write HOST, HOST:PORT, wss://HOST:PORT or quic://HOST:PORT";
        if (!text.Contains("://", StringComparison.Ordinal))
            text = "wss://" + text;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("wss" or "quic")
            || uri.Host.Length == 0
            || uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0
            || uri.AbsolutePath is not ("/" or "" or Path))
            return false;
        endpoint = new ServerEndpoint(uri.Scheme == "quic", uri.Host, uri.Port > 0 ? uri.Port : DefaultPort);
        error = null;
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{(IsQuic ? "quic" : "wss")}://{Host}:{Port}";

    /// <summary>Connects.</summary>
    /// <param name="trust">Which certificate is the server's.</param>
    /// <param name="onEvent">Called for each event of the server.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="IOException">The server does not answer, or is not the one that is trusted; the message says
    /// which.</exception>
    public async Task<IRpcConnection> ConnectAsync(
        ServerTrust trust, Action<V1.Event>? onEvent, CancellationToken cancellation)
    {
        ServerTrust.Check check = trust.Begin(Host);
        try
        {
            return IsQuic ? await ConnectQuicAsync(check, onEvent, cancellation)
                : await ConnectWebSocketAsync(check, onEvent, cancellation);
        }
        catch (Exception e) when (e is WebSocketException or QuicException or SocketException or IOException
            or System.Security.Authentication.AuthenticationException or HttpRequestException)
        {
            throw new IOException($"{this}: {check.Refusal ?? FaultText.Of(Innermost(e))}", e);
        }
    }

    private async Task<IRpcConnection> ConnectWebSocketAsync(
        ServerTrust.Check check, Action<V1.Event>? onEvent, CancellationToken cancellation)
    {
        ClientWebSocket socket = new();
        try
        {
            socket.Options.KeepAliveInterval = KeepAlive;
            socket.Options.KeepAliveTimeout = KeepAlive;
            socket.Options.RemoteCertificateValidationCallback = (_, shown, chain, errors) =>
                check.Accepts(shown, chain, errors);
            await socket.ConnectAsync(new Uri($"wss://{Host}:{Port}{Path}"), cancellation);
            return new WebSocketRpcConnection(socket, onEvent);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<IRpcConnection> ConnectQuicAsync(
        ServerTrust.Check check, Action<V1.Event>? onEvent, CancellationToken cancellation)
    {
        if (!QuicConnection.IsSupported)
            throw new IOException("QUIC needs the library libmsquic.so.2; wss:// works without it");
        QuicClientConnectionOptions options = new()
        {
            RemoteEndPoint = IPAddress.TryParse(Host, out IPAddress? address) ? new IPEndPoint(address, Port)
                : new DnsEndPoint(Host, Port),
            DefaultCloseErrorCode = 0,
            DefaultStreamErrorCode = 0,
            MaxInboundBidirectionalStreams = 0,
            MaxInboundUnidirectionalStreams = 4,
            IdleTimeout = 2 * KeepAlive,
            KeepAliveInterval = KeepAlive,
            ClientAuthenticationOptions = new SslClientAuthenticationOptions
            {
                ApplicationProtocols = [new SslApplicationProtocol(Protocol)],
                TargetHost = Host,
                RemoteCertificateValidationCallback = (_, shown, chain, errors) => check.Accepts(shown, chain, errors),
            },
        };
        return new QuicRpcConnection(await QuicConnection.ConnectAsync(options, cancellation), onEvent);
    }

    private static Exception Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e;
}
