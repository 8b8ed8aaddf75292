using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// Where a connection comes from, as far as that is dear to change. Keys are free, so shares go by source. A host is
/// what one party has at least: an IPv4 address, an IPv6 /64, a radio. A group is what a party with more means has: an
/// IPv4 /24, an IPv6 /48.
/// <code>
/// group: kind(8) || prefix(56)      kinds: 1 this machine, 2 radio, 4 IPv4 /24, 6 IPv6 /48, 7 link-local, 8 overlay
/// </code>
/// </summary>
/// <param name="Host">Equal for connections of one host.</param>
/// <param name="Group">Equal for connections of one group; never 0.</param>
internal readonly record struct LinkSource(UInt128 Host, ulong Group)
{
    private const int KindShift = 56;

    /// <summary>All of this machine, loopback and what is bridged over it, is one source.</summary>
    internal static LinkSource Loopback { get; } = Whole((ulong)Kind.Loopback << KindShift);

    private enum Kind : ulong
    {
        Loopback = 1,
        Radio = 2,
        IPv4 = 4,
        IPv6 = 6,
        LinkLocal = 7,
        Overlay = 8,
    }

    /// <summary>The source of an IP connection.</summary>
    internal static LinkSource Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address))
            return Loopback;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            uint host = BinaryPrimitives.ReadUInt32BigEndian(bytes);
            return new LinkSource(host, (ulong)Kind.IPv4 << KindShift | host >> 8);
        }

        // Whoever is on a wire can take any address that is local to it.
        if (address.IsIPv6LinkLocal)
            return Whole((ulong)Kind.LinkLocal << KindShift | (uint)address.ScopeId);
        // Addresses of overlays follow from keys, and keys are free: 200::/7 (Yggdrasil) and fc00::/8 (cjdns).
        if ((bytes[0] & 0xFE) == 0x02 || bytes[0] == 0xFC)
            return Whole((ulong)Kind.Overlay << KindShift | bytes[0] & 0xFEu);
        ulong network = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        // Whoever has an IPv6 address usually has its whole /64.
        return new LinkSource(new UInt128(network, 1), (ulong)Kind.IPv6 << KindShift | network >> 16);
    }

    /// <summary>The source of what is heard on a broadcast medium.</summary>
    internal static LinkSource OfMedium(int medium) => Whole((ulong)Kind.Radio << KindShift | (uint)medium);

    /// <summary>The source of a link of which only the group is known.</summary>
    internal static LinkSource Whole(ulong group) => new(new UInt128(group, 2), group);
}
