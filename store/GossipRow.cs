using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

/// <summary>What is kept beside a gossip record.</summary>
/// <param name="Age">Since it was first seen, by running time.</param>
/// <param name="LifetimeLeft">How long it is still kept; zero for an id without a record.</param>
/// <param name="Source">Whose share it counts to.</param>
/// <param name="IsChosen">The share is one of a link that this node wanted.</param>
/// <param name="IsMine">It is of a topic that this node reads or writes.</param>
public readonly record struct GossipRow(TimeSpan Age, TimeSpan LifetimeLeft, ulong Source, bool IsChosen, bool IsMine);

/// <summary>
/// Takes a row; the bytes of the record are empty where only its id is kept, and valid during the call only.
/// </summary>
public delegate void GossipRowReader(in GossipId id, in GossipRow row, ReadOnlySpan<byte> record);
