using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Names;
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
        if (!rest.StartsWith("//")
            || !IpText.TrySplit(rest[2..], out ReadOnlySpan<char> host, out ReadOnlySpan<char> port,
                out bool inBrackets))
        {
            error = $"'{uri}' does not name host and port: write {uri.Scheme}://host:port, IPv6 addresses in brackets.";
            return false;
        }

        if (!IsHost(host, inBrackets))
        {
            error = $"'{uri}' has no proper host: write a name, an IPv4 address of four decimal numbers, or an IPv6 "
                + "address in brackets.";
            return false;
        }

        if (!IpText.TryParsePort(port.EndsWith("/") ? port[..^1] : port, out int number))
        {
            error = $"'{uri}' has no proper port: write a number from 0 to 65535 after the last colon.";
            return false;
        }

        NodeAddress? pinned = null;
        if (uri.Pinned is { } text)
        {
            if (text.AsSpan().Trim().Length != text.Length)
            {
                error = $"'{uri}' has blanks around the address behind #.";
                return false;
            }

            if (!NodeAddress.TryParse(text, out NodeAddress address, out error))
                return false;
            pinned = address;
        }

        endpoint = new IpEndpoint(host.ToString(), number, pinned);
        error = null;
        return true;
    }

    /// <summary>Null, or why nobody can be dialled there.</summary>
    internal static string? CheckDial(LinkUri uri)
    {
        if (!TryParse(uri, out IpEndpoint? endpoint, out string? error))
            return error;
        if (endpoint.IsAny)
            return $"'{uri}' names no host to dial.";
        return endpoint.Port == 0 ? $"'{uri}' has no port to dial: port 0 is for listening." : null;
    }

    /// <summary>Null, or why nobody can listen there.</summary>
    internal static string? CheckListen(LinkUri uri)
    {
        if (!TryParse(uri, out IpEndpoint? endpoint, out string? error))
            return error;
        return endpoint.Pinned is null ? null
            : $"'{uri}' pins an address: that belongs to a peer that is dialled, not to where others dial.";
    }

    /// <summary>Every address of this machine, rather than one.</summary>
    internal bool IsAny => Host == AnyHost
        || (Literal is { } address && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)));

    /// <summary>The host as an address, with the zone of its interface as that is now; null for a name.</summary>
    internal IPAddress? Literal => IpText.TryParse(Host, out IPAddress address) ? address : null;

    /// <summary>Where a listener is bound, as the operator would write it.</summary>
    internal LinkUri Bound(string scheme, IPEndPoint local)
    {
        // A zone is written by the interface's name, which stays where its number does not.
        string place = Literal is { IsIPv6LinkLocal: true } ? $"[{Host}]:{local.Port}" : local.ToString();
        return new LinkUri(scheme, "//" + place, Pinned: null);
    }

    /// <summary>
    /// The local address to bind; all addresses of both families for <c>*</c> where the system has IPv6.
    /// </summary>
    /// <exception cref="AddressAwayException">The host has no address, or its interface is not there.</exception>
    internal async ValueTask<IPEndPoint> ResolveLocalAsync(CancellationToken cancellation)
    {
        if (Host == AnyHost)
            return new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, Port);
        try
        {
            IPAddress[] addresses = await ResolveAsync(cancellation);
            return new IPEndPoint(addresses[0], Port);
        }
        catch (IOException e)
        {
            throw new AddressAwayException(e.Message, e);
        }
    }

    /// <summary>All addresses of the host, the best first.</summary>
    /// <exception cref="IOException">The name does not resolve, or the interface is not there.</exception>
    internal async ValueTask<IPAddress[]> ResolveAsync(CancellationToken cancellation)
    {
        if (Literal is { } literal)
        {
            return literal.ScopeIdIsMissing(Host)
                ? throw new IOException($"there is no interface {Host[(Host.IndexOf('%') + 1)..]}")
                : [literal];
        }

        return await NameResolver.OfMachine.ResolveAsync(Host, cancellation);
    }

    private static bool IsHost(ReadOnlySpan<char> host, bool inBrackets) => inBrackets
        ? host.Contains(':') && IpText.TryParse(host, out _)
        : host is AnyHost || IpText.IsHostName(host) || (!host.Contains(':') && IpText.TryParse(host, out _));
}
