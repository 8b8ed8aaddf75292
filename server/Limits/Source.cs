using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace QuicProChat.Mesh.Server.Limits;

/// <summary>Where a client comes from, as far as addresses cost something: an IPv4 address, or an IPv6 /48.</summary>
internal readonly record struct Source(ulong Value)
{
    private const int PrefixBits = 48;

    /// <summary>The source of an address; one for all whose address is unknown.</summary>
    internal static Source Of(IPAddress? address)
    {
        if (address is null)
            return default;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        _ = address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetwork
            ? new Source(0x1_0000_0000UL | BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : new Source((BinaryPrimitives.ReadUInt64BigEndian(bytes) >> (64 - PrefixBits)) | (1UL << 63));
    }
}
