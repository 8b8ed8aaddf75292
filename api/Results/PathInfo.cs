namespace QuicProChat.Mesh.Api;

/// <summary>How a destination is reached.</summary>
/// <param name="Destination">Its address.</param>
/// <param name="Name">What it announces; empty without a name.</param>
/// <param name="NextHop">The neighbour that leads there; null where it is known and not reachable.</param>
/// <param name="Metric">Expected milliseconds to move 256 bytes there; null as <paramref name="NextHop"/>.</param>
/// <param name="Hops">1 for a neighbour, else what the last receipt from there took; null before one came.</param>
public sealed record PathInfo(string Destination, string Name, string? NextHop, double? Metric, int? Hops);
