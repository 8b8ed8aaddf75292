using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>What a <c>tcp:</c> or <c>quic:</c> URI says: <c>//host:port[/][#pinned address]</c>.</summary>
/// <param name="Host">Name or IP address without brackets; <c>*</c> for all addresses (listening).</param>
/// <param name="Port">0 to 65535; 0 lets the system choose (listening).</param>
/// <param name="Pinned">The address that the peer must prove.</param>
internal sealed record IpEndpoint(string Host, int Port, NodeAddress? Pinned)
{
    private const string AnyHost = "*";

    internal static bool TryParse(
        LinkUri uri, [NotNullWhen(true)] out IpEndpoint? endpoint, [NotNullWhen(false)] out string? error)
    {
        endpoint = null;
        ReadOnlySpan<char> rest = uri.Rest;
        int colon = rest.LastIndexOf(':');
        if (!rest.StartsWith("//") || colon < 2)
        {
            error = $"'{uri}' does not name host and port: write {uri.Scheme}://host:port, IPv6 addresses in brackets.";
            return false;
        }

        ReadOnlySpan<char> host = rest[2..colon];
        ReadOnlySpan<char> port = rest[(colon + 1)..];
        if (port.EndsWith("/"))
            port = port[..^1];
        bool isBracketed = host.StartsWith("[") && host.EndsWith("]");
        if (isBracketed)
            host = host[1..^1];
        if (!IsHost(host, isBracketed))
        {
            error = $"'{uri}' has no proper host: write a name, an IPv4 address ({IpText.Form}), or an IPv6 address in brackets.";
            return false;
        }

        if (!IpText.TryParsePort(port, out int number))
        {
            error = $"'{uri}' has no proper port: write a number from 0 to 65535 after the last colon.";
            return false;
        }

        NodeAddress? pinned = null;
        if (uri.Pinned is { } text)
        {
            if (!NodeAddress.TryParse(text, out NodeAddress address, out error))
                return false;
            pinned = address;
        }

        endpoint = new IpEndpoint(host.ToString(), number, pinned);
        error = null;
        return true;
    }

    private static bool IsHost(ReadOnlySpan<char> host, bool isBracketed)
    {
        if (isBracketed || host.Contains(':'))
            return isBracketed && host.Contains(':') && IpText.TryParse(host, out _);
        if (host.SequenceEqual(AnyHost))
            return true;
        if (IpText.LooksLikeAddress(host))
            return IpText.TryParse(host, out _);
        foreach (char c in host)
        {
            if (!char.IsLetterOrDigit(c) && c is not ('-' or '.' or '_'))
                return false;
        }

        return host.Length > 0;
    }

    /// <summary>The local address to bind; all addresses of both families for <c>*</c> where the system has IPv6.</summary>
    /// <exception cref="IOException">The host is no address of ours.</exception>
    internal async ValueTask<IPEndPoint> ResolveLocalAsync(CancellationToken cancellation)
    {
        if (Host == AnyHost)
            return new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, Port);
        IPAddress[] addresses = await ResolveAsync(cancellation);
        return new IPEndPoint(addresses[0], Port);
    }

    /// <summary>All addresses of the host, in the order that the system prefers (RFC 6724).</summary>
    /// <exception cref="IOException">The name does not resolve.</exception>
    internal async ValueTask<IPAddress[]> ResolveAsync(CancellationToken cancellation)
    {
        if (IpText.TryParse(Host, out IPAddress literal))
            return [literal];
        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(Host, cancellation);
            return addresses.Length > 0 ? addresses : throw new IOException($"{Host} has no address");
        }
        catch (SocketException e)
        {
            throw new IOException($"{Host} cannot be resolved: {e.Message}", e);
        }
    }
}
