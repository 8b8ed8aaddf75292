using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Routing;

/// <summary>What is held for one destination.</summary>
/// <param name="Destination">Who it is for.</param>
/// <param name="Count">Envelopes, those under way to the next hop included.</param>
/// <param name="Bytes">Their size with headers.</param>
public sealed record HeldSummary(NodeAddress Destination, int Count, long Bytes);

/// <summary>What is held in all.</summary>
/// <param name="Count">Envelopes.</param>
/// <param name="Bytes">Their size with headers.</param>
/// <param name="BytesInMemory">The part whose bytes are in memory.</param>
/// <param name="InFlight">Sent to a next hop and not yet answered.</param>
/// <param name="AwaitingReceipt">Originated here, taken by a next hop, waiting for the proof.</param>
public readonly record struct HeldTotals(int Count, long Bytes, long BytesInMemory, int InFlight, int AwaitingReceipt);

/// <summary>What is proven about an envelope that started here.</summary>
/// <param name="State">The state.</param>
/// <param name="Reason">Why, where that needs saying.</param>
/// <param name="Attempt">How often it was sent end to end, less one.</param>
/// <param name="LifetimeLeft">Lifetime left.</param>
public readonly record struct OutboxEntry(
    Wire.MessageState State, StateReason Reason, int Attempt, TimeSpan LifetimeLeft);
