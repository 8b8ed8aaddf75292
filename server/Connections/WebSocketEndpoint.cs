using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Federation;
using QuicProChat.Mesh.Server.Hosting;

namespace QuicProChat.Mesh.Server.Connections;

/// <summary>
/// Makes clients of requests for <c>/rpc</c>; Host and Origin are checked here, because nothing before does.
/// </summary>
internal sealed class WebSocketEndpoint(
    ConnectionServices services, ServerOptions options, PeerTrust trust, PeerLimits peers, ServerMetrics metrics)
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(30);

    internal async Task HandleAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        if (!IsOwnHost(context))
        {
            response.StatusCode = StatusCodes.Status421MisdirectedRequest;
            return;
        }

        if (context.Request.Path != ServerEndpoint.Path)
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (!IsAllowedOrigin(context.Request.Headers.Origin))
        {
            response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }

        using ClientSession session = new(context.Connection.RemoteIpAddress);
        await ServeAsync(context, session);
    }

    /// <summary>
    /// Another server, which its certificate names: no page of a browser has one, so that Host and Origin are what
    /// they like.
    /// </summary>
    internal async Task HandlePeerAsync(HttpContext context, X509Certificate2 certificate)
    {
        if (context.Request.Path != ServerEndpoint.Path)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (trust.Find(certificate) is not { } peer || !peers.TryConnect(peer))
        {
            metrics.CountRefused();
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        try
        {
            using ClientSession session = new(context.Connection.RemoteIpAddress, peer);
            await ServeAsync(context, session);
        }
        finally
        {
            peers.Disconnect(peer);
        }
    }

    private async Task ServeAsync(HttpContext context, ClientSession session)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            return;
        }

        if (!services.Clients.TryAdd(session))
        {
            metrics.CountRefused();
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        try
        {
            using System.Net.WebSockets.WebSocket socket =
                await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
                {
                    DangerousEnableCompression = false,
                    KeepAliveInterval = KeepAlive,
                    KeepAliveTimeout = KeepAlive,
                });
            using WebSocketClient client = new(socket, session, services);
            await client.RunAsync();
        }
        finally
        {
            services.Clients.Remove(session);
        }
    }

    /// <summary>
    /// Tells whether a request names this server; against DNS rebinding, for a page may give it a name of its own.
    /// </summary>
    internal bool IsOwnHost(HttpContext context)
    {
        string host = context.Request.Host.Host;
        return IPAddress.TryParse(host.Trim('[', ']'), out _)
            || options.Hosts.Contains(host, StringComparer.OrdinalIgnoreCase);
    }

    // Programs send no Origin; browsers always do.
    private bool IsAllowedOrigin(string? origin)
    {
        if (string.IsNullOrEmpty(origin))
            return true;
        return options.Origins.Contains(origin, StringComparer.OrdinalIgnoreCase)
            || (Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri) && uri.Scheme == "https"
                && options.Hosts.Contains(uri.Host, StringComparer.OrdinalIgnoreCase));
    }
}
