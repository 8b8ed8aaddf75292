using System.Net;
using System.Net.Sockets;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>An address to listen on is not one of this machine now, and may be later.</summary>
public sealed class AddressAwayException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>Which addresses this machine has now.</summary>
internal static class LocalAddress
{
    /// <summary>Sees to it that an address can be bound.</summary>
    /// <exception cref="AddressAwayException">No interface has it.</exception>
    internal static void Require(IPEndPoint local, LinkUri uri)
    {
        if (!IsHere(local.Address))
            throw new AddressAwayException($"no interface has the address of {uri} now");
    }

    /// <summary>True if what was bound for an endpoint is what would be bound for it now.</summary>
    internal static bool IsStill(IpEndpoint endpoint, IPEndPoint bound)
    {
        if (endpoint.IsAny)
            return true;
        // An interface that came back has another number, and its link-local addresses with it.
        if (endpoint.Literal is { } literal
            && (literal.ScopeIdIsMissing(endpoint.Host) || !literal.Equals(bound.Address)))
            return false;
        return IsHere(bound.Address);
    }

    /// <summary>True if a zone was named and its interface is not there.</summary>
    internal static bool ScopeIdIsMissing(this IPAddress address, string host) =>
        address.IsIPv6LinkLocal && address.ScopeId == 0 && host.Contains('%');

    private static bool IsHere(IPAddress address)
    {
        // The kernel knows best: a list of interfaces lacks most of 127.0.0.0/8, and addresses that are still being
        // checked.
        using Socket probe = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            probe.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
