using System.Net;
using System.Net.Sockets;

namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>An address of an interface, and how many of its first bits all addresses on the link share.</summary>
internal readonly record struct LinkAddress(IPAddress Address, int PrefixLength);

/// <summary>A link as discovery sees it.</summary>
/// <param name="Index">The number of its interface.</param>
/// <param name="Name">What the interface is called.</param>
/// <param name="Addresses">The interface's addresses of the families that are used there.</param>
/// <param name="TcpPort">Where this node listens there for TCP; 0: nowhere.</param>
/// <param name="QuicPort">Where this node listens there for QUIC; 0: nowhere.</param>
/// <param name="Browses">Others are looked for there.</param>
internal sealed record MdnsLink(
    int Index, string Name, IReadOnlyList<LinkAddress> Addresses, int TcpPort, int QuicPort, bool Browses)
{
    /// <summary>Addresses that are kept of one interface. Arbitrary.</summary>
    internal const int MaxAddresses = 8;

    /// <summary>This node has something to announce there.</summary>
    internal bool Announces => TcpPort > 0 || QuicPort > 0;

    /// <summary>True if this family is used there.</summary>
    internal bool Has(AddressFamily family) => Addresses.Any(a => a.Address.AddressFamily == family);

    /// <summary>True if an address is one of this link, by a prefix of the interface (RFC 6762, section 11).</summary>
    internal bool IsOnLink(IPAddress address) => Addresses.Any(a => Shares(a, address));

    /// <summary>True for an address that this machine has there, whatever its zone.</summary>
    internal bool IsOwn(IPAddress address) => Addresses.Any(a =>
        a.Address.AddressFamily == address.AddressFamily && a.Address.GetAddressBytes().AsSpan()
            .SequenceEqual(address.GetAddressBytes()));

    /// <summary>True if two descriptions say the same.</summary>
    internal bool IsSame(MdnsLink other) =>
        (Index, Name, TcpPort, QuicPort, Browses)
            == (other.Index, other.Name, other.TcpPort, other.QuicPort, other.Browses)
        && Addresses.SequenceEqual(other.Addresses);

    private static bool Shares(LinkAddress own, IPAddress other)
    {
        if (own.Address.AddressFamily != other.AddressFamily)
            return false;
        Span<byte> one = stackalloc byte[16], two = stackalloc byte[16];
        _ = own.Address.TryWriteBytes(one, out int size);
        _ = other.TryWriteBytes(two, out _);
        int whole = Math.Min(own.PrefixLength / 8, size), rest = own.PrefixLength % 8;
        return one[..whole].SequenceEqual(two[..whole])
            && (rest == 0 || whole == size || (one[whole] ^ two[whole]) >> (8 - rest) == 0);
    }
}
