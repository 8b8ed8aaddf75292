using QuicProChat.Mesh.Transports.Names;

namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>What is looked for on a link.</summary>
internal enum ServiceKind : byte
{
    /// <summary>A node that listens for TCP.</summary>
    Tcp,

    /// <summary>A node that listens for QUIC.</summary>
    Quic,

    /// <summary>A server of the client-server protocol: shown, never dialled.</summary>
    Server,
}

/// <summary>The names of services (RFC 6763, section 4.1).</summary>
internal static class ServiceNames
{
    private static readonly byte[][] _names =
    [
        DnsName.Of("_qpc-mesh._tcp.local"), DnsName.Of("_qpc-mesh._udp.local"), DnsName.Of("_quicprochat._udp.local"),
    ];

    /// <summary>All kinds.</summary>
    internal static readonly ServiceKind[] All = [ServiceKind.Tcp, ServiceKind.Quic, ServiceKind.Server];

    /// <summary>Asks for the services that there are: RFC 6763, section 9.</summary>
    internal static readonly byte[] Enumeration = DnsName.Of("_services._dns-sd._udp.local");

    /// <summary>The name of a kind of service, with its lengths.</summary>
    internal static ReadOnlySpan<byte> Of(ServiceKind kind) => _names[(int)kind];

    /// <summary>The kind of service with this name.</summary>
    internal static bool TryFind(ReadOnlySpan<byte> name, out ServiceKind kind)
    {
        foreach (ServiceKind one in All)
        {
            kind = one;
            if (DnsName.AreEqual(name, Of(one)))
                return true;
        }

        kind = default;
        return false;
    }

    /// <summary>Splits the name of an instance into its own label and the kind of service.</summary>
    internal static bool TrySplit(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> instance, out ServiceKind kind)
    {
        int length = name[0];
        instance = length == 0 ? default : name.Slice(1, length);
        kind = default;
        return length > 0 && TryFind(name[(1 + length)..], out kind);
    }
}
