using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <summary>How a known node is reached.</summary>
/// <param name="Destination">The node.</param>
/// <param name="NextHop">The neighbour on the selected route; null without a route.</param>
/// <param name="Metric">What the route costs, the first link included; infinite without a route.</param>
public readonly record struct RouteSummary(NodeAddress Destination, NodeAddress? NextHop, Metric Metric);

/// <summary>What the router measured of a link.</summary>
/// <param name="RoundTrip">Smoothed round trip; null before the first answer to a ping.</param>
/// <param name="Cost">What it adds to a metric; infinite before it is measured.</param>
public readonly record struct LinkSummary(TimeSpan? RoundTrip, Metric Cost);
