namespace QuicProChat.Mesh.Wire;

/// <summary>What a router has to know of a link to use it well.</summary>
/// <param name="Mtu">Largest frame (kind and body) in bytes.</param>
/// <param name="BitsPerSecond">
/// Bit rate by which the router reckons time and shares, for everything on the medium together; 0 where unknown (IP
/// links). Not the nominal rate of a radio, but what its duty cycle leaves of it, scaled so that the router's share for
/// routing is the radio's own (docs/reference/lora.md, section 8).
/// </param>
/// <param name="Reliable">Frames arrive in order or the link ends (TCP, QUIC). Otherwise frames may be lost or
/// reordered.</param>
/// <param name="PushRoutes">Routes are pushed to this neighbour; false on slow media, where they are asked for.</param>
/// <param name="Medium">
/// Links with the same number other than 0 share one broadcast medium: a frame sent to one of them with
/// <see cref="ILink.TryBroadcast"/> reaches all.
/// </param>
/// <param name="Bundles">
/// The neighbour reads bundles (<see cref="Capabilities.Bundles"/>). Another one gets single envelopes.
/// </param>
public sealed record LinkProperties(
    int Mtu, long BitsPerSecond, bool Reliable, bool PushRoutes, int Medium = 0, bool Bundles = false)
{
    /// <summary>A stream link over IP.</summary>
    public static readonly LinkProperties Stream =
        new(Mtu: ushort.MaxValue, BitsPerSecond: 0, Reliable: true, PushRoutes: true);
}
