using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Storage;

/// <summary>A message as it is kept.</summary>
/// <param name="Id">Its envelope's id.</param>
/// <param name="Outgoing">This node wrote it.</param>
/// <param name="Peer">Its receiver, or its proven sender.</param>
/// <param name="Text">What it says.</param>
/// <param name="State">What is proven.</param>
/// <param name="Reason">Why, where that needs saying.</param>
/// <param name="Hops">Hops that it or its receipt took; 0 where unknown.</param>
/// <param name="Priority">How urgent.</param>
/// <param name="CreatedAt">When it was written or accepted here.</param>
/// <param name="UpdatedAt">When the state last changed.</param>
internal sealed record StoredMessage(
    EnvelopeId Id, bool Outgoing, NodeAddress Peer, string Text, MessageState State, StateReason Reason, int Hops,
    Priority Priority, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>An envelope as it was kept over a restart; the payload stays on disk.</summary>
internal readonly record struct StoredEnvelope(EnvelopeId Id, HeldEnvelope Held, EnvelopeHeader Header, int Size);

/// <summary>What the node writes. All calls come from one thread at a time, between <see cref="Begin"/> and <see cref="Commit"/>.</summary>
internal interface IStoreSession
{
    /// <summary>Begins a transaction.</summary>
    /// <exception cref="Store.StoreException">The disk fails or is full.</exception>
    void Begin();

    /// <summary>Makes everything since <see cref="Begin"/> last.</summary>
    /// <exception cref="Store.StoreException">The disk fails or is full: nothing was written.</exception>
    void Commit();

    /// <summary>Undoes everything since <see cref="Begin"/>; does nothing outside a transaction.</summary>
    void Rollback();

    /// <summary>Adds a message; false if it is there already.</summary>
    bool Insert(StoredMessage message);

    void UpdateState(in EnvelopeId id, in StateChange change);

    /// <summary>Keeps an envelope (header and payload), replacing one with the same id.</summary>
    void PutEnvelope(in EnvelopeId id, in HeldEnvelope held, ReadOnlySpan<byte> envelope);

    void DeleteEnvelope(in EnvelopeId id);

    void PutSeen(in EnvelopeId id, byte generation);

    void PutAnnounce(in NodeAddress address, uint sequence, ReadOnlySpan<byte> announce);

    void DeleteAnnounce(in NodeAddress address);

    void PutSequence(uint sequence);

    void PutAlias(string alias, in NodeAddress address);

    bool DeleteAlias(string alias);
}

/// <summary>What the node reads. Safe to call from several threads, also while something is being written.</summary>
internal interface IStoreReader
{
    StoredMessage? FindMessage(in EnvelopeId id);

    /// <summary>The newest messages, oldest first.</summary>
    IReadOnlyList<StoredMessage> FindMessages(NodeAddress? with, int limit);

    /// <summary>Header and payload of a kept envelope; null if it is gone.</summary>
    byte[]? FindEnvelope(in EnvelopeId id);

    IReadOnlyDictionary<string, NodeAddress> Aliases();

    uint Sequence();

    IEnumerable<byte[]> Announces();

    IEnumerable<(EnvelopeId Id, byte Generation)> Seen();

    IEnumerable<StoredEnvelope> Envelopes();
}

/// <summary>The node's store: one that writes, many that read.</summary>
internal interface INodeStore : IDisposable
{
    IStoreSession Writer { get; }

    IStoreReader Reader { get; }
}
