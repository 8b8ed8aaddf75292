using System.Net;
using System.Net.Sockets;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>On which links this node announces itself and looks for others: those where it listens.</summary>
internal static class LinkPlan
{
    /// <summary>Links at most; a machine with many containers has many interfaces. Arbitrary.</summary>
    internal const int MaxLinks = 16;

    /// <summary>The links, by the interfaces and the places where this node listens.</summary>
    /// <param name="mode">What is wanted.</param>
    /// <param name="interfaces">The machine's interfaces.</param>
    /// <param name="names">Of them only these; empty for all.</param>
    /// <param name="listening">Where this node listens.</param>
    internal static IReadOnlyList<MdnsLink> Make(
        DiscoveryMode mode, IReadOnlyList<NetworkInterface> interfaces, IReadOnlyCollection<string> names,
        IReadOnlyList<LinkUri> listening)
    {
        if (mode == DiscoveryMode.Off)
            return [];
        List<Bound> bound = [.. listening.Select(Bound.Of).OfType<Bound>()];
        var links = new List<MdnsLink>();
        foreach (NetworkInterface one in interfaces)
        {
            if (names.Count > 0 && !names.Contains(one.Name))
                continue;
            List<Bound> here = [.. bound.Where(b => one.Addresses.Any(b.Reaches))];
            LinkAddress[] heard =
                [.. one.Addresses.Where(a => mode == DiscoveryMode.Browse || here.Exists(b => b.Reaches(a)))];
            if (heard.Length == 0)
                continue;
            bool announces = mode is DiscoveryMode.Announce or DiscoveryMode.Both;
            links.Add(new MdnsLink(
                one.Index, one.Name, heard,
                announces ? PortOf(here, Tcp.TcpTransport.SchemeName) : 0,
                announces ? PortOf(here, Quic.QuicTransport.SchemeName) : 0,
                mode is DiscoveryMode.Browse or DiscoveryMode.Both));
            if (links.Count == MaxLinks)
                break;
        }

        return links;
    }

    private static int PortOf(List<Bound> bound, string scheme) => bound.Find(b => b.Scheme == scheme)?.Port ?? 0;

    /// <summary>A place where this node listens for links over IP.</summary>
    private sealed record Bound(string Scheme, IPAddress Address, int Port)
    {
        internal static Bound? Of(LinkUri uri)
        {
            if (uri.Scheme is not (Tcp.TcpTransport.SchemeName or Quic.QuicTransport.SchemeName)
                || !IpEndpoint.TryParse(uri, out IpEndpoint? endpoint, out _) || endpoint.Literal is not { } address)
                return null;
            return new Bound(uri.Scheme, address, endpoint.Port);
        }

        /// <summary>True if whoever dials that address of an interface is heard.</summary>
        internal bool Hears(LinkAddress own) => IsAny
            ? Address.AddressFamily == AddressFamily.InterNetworkV6
            || own.Address.AddressFamily == Address.AddressFamily
            : own.Address.Equals(Address);

        /// <summary>
        /// True if answers may leave from that address, for others dial where an answer comes from: the kernel takes a
        /// link-local one of IPv6.
        /// </summary>
        internal bool Reaches(LinkAddress own) =>
            Hears(own) && (IsAny || own.Address.AddressFamily == AddressFamily.InterNetwork
                || own.Address.IsIPv6LinkLocal);

        private bool IsAny => Address.Equals(IPAddress.Any) || Address.Equals(IPAddress.IPv6Any);
    }
}
