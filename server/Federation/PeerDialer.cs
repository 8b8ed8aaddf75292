using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc.Connections;

namespace QuicProChat.Mesh.Server.Federation;

/// <summary>Connects to other servers, with this server's certificate.</summary>
internal sealed class PeerDialer(FederationOptions options, FederationCertificate own, PeerTrust trust)
{
    // An answer is a few proofs or a KeyPackage: more is nobody's to send. Arbitrary.
    private const int MaxAnswer = 128 * 1024;

    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(30);

    private readonly SslStreamCertificateContext _shown = own.ToContext();

    /// <summary>Connects to the server of a domain.</summary>
    /// <exception cref="IOException">It does not answer, or is another one.</exception>
    internal async Task<IRpcConnection> DialAsync(string domain, CancellationToken cancellation)
    {
        NamedPeer? named = options.Peers.GetValueOrDefault(domain);
        string authority = named is null ? $"{domain}:{FederationOptions.DefaultPort}"
            : $"{named.Endpoint.Host}:{named.Endpoint.Port}";
        string? refusal = null;
        using SocketsHttpHandler handler = new()
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                EnabledSslProtocols = SslProtocols.Tls13,
                ClientCertificateContext = _shown,
                RemoteCertificateValidationCallback = (_, shown, chain, _) =>
                {
                    refusal = shown is X509Certificate2 certificate
                        && trust.DomainsOf(certificate, chain).Contains(domain) ? null
                        : $"the certificate is not one for {domain} that this server trusts";
                    return refusal is null;
                },
            },
        };
        if (named is null)
            handler.ConnectCallback = ConnectPubliclyAsync;
        ClientWebSocket socket = new();
        try
        {
            socket.Options.KeepAliveInterval = KeepAlive;
            socket.Options.KeepAliveTimeout = KeepAlive;
            using HttpMessageInvoker invoker = new(handler);
            await socket.ConnectAsync(new Uri($"wss://{authority}{ServerEndpoint.Path}"), invoker, cancellation);
            return new WebSocketRpcConnection(socket, maxAnswer: MaxAnswer);
        }
        catch (Exception e) when (e is WebSocketException or IOException or SocketException or HttpRequestException
            or AuthenticationException)
        {
            socket.Dispose();
            throw new IOException(refusal ?? FaultText.Of(Innermost(e)), e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Tells whether an address is one of the public internet: users name domains, and must not make this server
    /// connect to what is near it.
    /// </summary>
    internal static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        byte[] bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            // 2000::/3 without 2001::/23 (special purposes, Teredo), 2001:db8::/32 and 6to4 (RFC 6890).
            return (bytes[0] & 0xE0) == 0x20 && !(bytes[0] == 0x20 && bytes[1] == 0x02)
                && !(bytes[0] == 0x20 && bytes[1] == 0x01 && (bytes[2] < 2 || (bytes[2] == 0x0D && bytes[3] == 0xB8)));
        }

        // RFC 6890, section 2.2.2, and multicast and what is reserved above it.
        return bytes[0] is not (0 or 10 or 127) && bytes[0] < 224
            && !(bytes[0] == 100 && (bytes[1] & 0xC0) == 64) && !(bytes[0] == 169 && bytes[1] == 254)
            && !(bytes[0] == 172 && (bytes[1] & 0xF0) == 16) && !(bytes[0] == 192 && bytes[1] == 168)
            && !(bytes[0] == 192 && bytes[1] == 0 && bytes[2] is 0 or 2)
            && !(bytes[0] == 198 && bytes[1] is 18 or 19) && !(bytes[0] == 198 && bytes[1] == 51 && bytes[2] == 100)
            && !(bytes[0] == 203 && bytes[1] == 0 && bytes[2] == 113);
    }

    private static async ValueTask<Stream> ConnectPubliclyAsync(
        SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        IPAddress[] addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellation);
        IPAddress[] allowed = [.. addresses.Where(IsPublic)];
        if (allowed.Length == 0)
            throw new IOException($"{context.DnsEndPoint.Host} has no address of the public internet");
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Exception Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e;
}
