using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Loop;

/// <summary>A link that is up, with what is measured of it.</summary>
/// <param name="Link">The link.</param>
/// <param name="Name">What the neighbour calls itself; empty if it has not said.</param>
/// <param name="RoundTrip">Null before the first answer.</param>
/// <param name="Since">When it came up.</param>
internal readonly record struct PeerStatus(ILink Link, string Name, TimeSpan? RoundTrip, DateTimeOffset Since);

/// <summary>How a destination is reached.</summary>
/// <param name="Destination">Where it leads.</param>
/// <param name="Name">What the destination calls itself.</param>
/// <param name="NextHop">The neighbour; null without a route.</param>
/// <param name="Metric">Expected milliseconds to move 256 bytes there; null without a route.</param>
/// <param name="Hops">Hops, where they are known.</param>
internal readonly record struct PathStatus(
    NodeAddress Destination, string Name, NodeAddress? NextHop, double? Metric, int? Hops);

/// <summary>Whoever wants to know what happens on the loop; all members are called there.</summary>
internal interface ILoopListener
{
    /// <summary>Somebody listens: worth describing what happened.</summary>
    bool HasListeners { get; }

    void PeerUp(in PeerStatus peer);

    void PeerDown(in PeerStatus peer, LinkEnd reason);

    void RouteChanged(in PathStatus path);

    /// <summary>After everything else in a batch: answers and events are sent.</summary>
    void Flush();
}
