using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <summary>What the router is told about a link that came up.</summary>
/// <param name="Peer">The neighbour's proven address.</param>
/// <param name="PeerPublicKey">Its Ed25519 public key, 32 bytes; kept, so it must not change.</param>
/// <param name="Properties">What the link can do.</param>
/// <param name="PeerBootId">The neighbour's boot id from its Hello.</param>
/// <param name="Outbound">This node dialled.</param>
/// <param name="SourceGroup">
/// Where the link comes from, as far as that is dear to change: an opaque number that links from the same IPv4 /24, the
/// same IPv6 /48 or the same radio share. Keys are free, so shares of tables count by it. 0 where the host cannot tell:
/// such a link is a group of its own.
/// </param>
/// <param name="Chosen">
/// This node wanted the link: it dialled the peer, or the peer's address is pinned. Half of all places are kept for
/// such links.
/// </param>
public readonly record struct LinkDescription(
    NodeAddress Peer, ReadOnlyMemory<byte> PeerPublicKey, LinkProperties Properties, ulong PeerBootId, bool Outbound,
    ulong SourceGroup = 0, bool Chosen = false);
