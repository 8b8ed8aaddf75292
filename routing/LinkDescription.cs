using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <summary>What the router is told about a link that came up.</summary>
/// <param name="Peer">The neighbour's proven address.</param>
/// <param name="PeerPublicKey">Its Ed25519 public key, 32 bytes; kept, so it must not change.</param>
/// <param name="Properties">What the link can do.</param>
/// <param name="PeerBootId">The neighbour's boot id from its Hello.</param>
/// <param name="Outbound">This node dialled.</param>
public readonly record struct LinkDescription(
    NodeAddress Peer, ReadOnlyMemory<byte> PeerPublicKey, LinkProperties Properties, ulong PeerBootId, bool Outbound);
