using System.Net;
using System.Net.Quic;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;

namespace QuicProChat.Mesh.Server.Connections;

/// <summary>Accepts clients over QUIC, where libmsquic is installed.</summary>
internal sealed class QuicEndpoint : IAsyncDisposable
{
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromMinutes(1);

    private readonly QuicListener _listener;
    private readonly ConnectionServices _services;
    private readonly ServerMetrics _metrics;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    private QuicEndpoint(QuicListener listener, ConnectionServices services, ServerMetrics metrics)
    {
        _listener = listener;
        _services = services;
        _metrics = metrics;
        _loop = Task.Run(AcceptAsync);
    }

    /// <summary>Where it listens.</summary>
    internal IPEndPoint Bound => _listener.LocalEndPoint;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="QuicException">The address is taken.</exception>
    internal static async Task<QuicEndpoint> StartAsync(
        IPEndPoint local, X509Certificate2 certificate, ConnectionServices services, RateLimits rates,
        ServerMetrics metrics)
    {
        QuicListener listener = await QuicListener.ListenAsync(new QuicListenerOptions
        {
            ListenEndPoint = local,
            ApplicationProtocols = [new SslApplicationProtocol(ServerEndpoint.Protocol)],
            ConnectionOptionsCallback = (connection, _, _) =>
                rates.MayConnect(Source.Of(connection.RemoteEndPoint.Address))
                ? ValueTask.FromResult(Options(certificate))
                : throw new IOException("This source connects too often."),
        });
        return new QuicEndpoint(listener, services, metrics);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _listener.DisposeAsync();
        await _loop;
        _stop.Dispose();
    }

    private static QuicServerConnectionOptions Options(X509Certificate2 certificate) => new()
    {
        DefaultCloseErrorCode = 0,
        DefaultStreamErrorCode = 0,
        MaxInboundBidirectionalStreams = ConnectionServices.MaxCalls,
        MaxInboundUnidirectionalStreams = 0,
        IdleTimeout = IdleTimeout,
        ServerAuthenticationOptions = new SslServerAuthenticationOptions
        {
            ApplicationProtocols = [new SslApplicationProtocol(ServerEndpoint.Protocol)],
            ServerCertificate = certificate,
        },
    };

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptConnectionAsync(_stop.Token));
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is QuicException or IOException
                or System.Security.Authentication.AuthenticationException)
            {
                // A handshake that failed costs that handshake.
                _metrics.CountRefused();
            }
        }
    }

    private async Task ServeAsync(QuicConnection connection)
    {
        using ClientSession session = new(connection.RemoteEndPoint.Address);
        try
        {
            if (!_services.Clients.TryAdd(session))
            {
                _metrics.CountRefused();
                return;
            }

            using QuicClient client = new(connection, session, _services);
            await client.RunAsync();
        }
        catch (Exception e)
        {
            Log.ConnectionFailed(_services.Logger, e);
        }
        finally
        {
            _services.Clients.Remove(session);
            await connection.DisposeAsync();
        }
    }
}
