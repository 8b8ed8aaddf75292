using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <summary>One known node, for status queries.</summary>
/// <param name="Address">Whose address.</param>
/// <param name="Announce">Its signed record.</param>
/// <param name="NextHop">The link of the next hop; <see cref="LinkId.None"/> without a route.</param>
/// <param name="Metric">The distance that neighbours are told; infinite without a route.</param>
/// <param name="NextHops">How many feasible next hops there are.</param>
/// <param name="Hops">
/// 1 for a neighbour that is its own next hop; otherwise how many the last receipt from there took since the present
/// next hop was chosen; null before one came.
/// </param>
public sealed record RouteInfo(
    NodeAddress Address, Announce Announce, LinkId NextHop, Metric Metric, int NextHops, int? Hops);

/// <summary>One link as routing sees it, for status queries.</summary>
/// <param name="Link">Which.</param>
/// <param name="Peer">The neighbour's address.</param>
/// <param name="Cost">What it adds to a metric; infinite until it is measured.</param>
/// <param name="RoundTrip">Smoothed round trip; null before the first.</param>
/// <param name="Arrival">Share of frames that arrive at once; 1 on reliable links.</param>
/// <param name="IsSuspect">Too silent to be used now.</param>
/// <param name="IsDistrusted">Last resort, because what it was given did not arrive.</param>
public readonly record struct NeighbourInfo(
    LinkId Link, NodeAddress Peer, Metric Cost, TimeSpan? RoundTrip, double Arrival, bool IsSuspect, bool IsDistrusted);
