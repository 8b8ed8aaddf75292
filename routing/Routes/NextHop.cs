using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>One loop-free way towards a destination.</summary>
/// <param name="Link">The link to send on.</param>
/// <param name="Metric">The expected time of the whole path for 256 bytes, distrust included.</param>
public readonly record struct NextHop(LinkId Link, Metric Metric);
