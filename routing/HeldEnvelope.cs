using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Routing;

/// <summary>What is kept beside the bytes of an envelope that this node holds.</summary>
/// <param name="Upstream">The neighbour that handed it over; this node's own address for what originated here.</param>
/// <param name="Originated">It started here: kept until its receipt or the end of its lifetime.</param>
/// <param name="LifetimeLeft">Lifetime left at the moment of writing.</param>
/// <param name="ReceiptProof">The 24 bytes that a receipt must carry; empty where none is expected.</param>
public readonly record struct HeldEnvelope(
    NodeAddress Upstream, bool Originated, TimeSpan LifetimeLeft, ReadOnlyMemory<byte> ReceiptProof);
