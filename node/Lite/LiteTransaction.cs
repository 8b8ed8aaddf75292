using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Lite;

/// <summary>An MLS-Lite envelope of this node that leaves when it is stored.</summary>
internal sealed record LiteEnvelope(EnvelopeId Id, EnvelopeHeader Header, TimeSpan Lifetime, byte[] Proof, byte[] Bytes);

/// <summary>
/// What one round of work changes, written as one: the states of the groups with the messages that moved them, so that
/// a key is never used twice and a message that was read is never lost. One such transaction is under way at a time;
/// whoever fails goes back to what is on disk.
/// </summary>
internal sealed class LiteTransaction(LiteConversations owner, NodeAddress self) : StoreOperation
{
    private readonly Dictionary<LiteEntry, bool> _touched = [];
    private readonly List<(LiteEntry Entry, byte[] State, bool Spent)> _states = [];
    private readonly List<LiteEntry> _left = [];
    private readonly List<StoredMessage> _messages = [];
    private readonly List<LiteCopy> _copies = [];
    private readonly List<LiteEnvelope> _envelopes = [];
    private readonly List<(EnvelopeId Id, NodeAddress Sender)> _seen = [];
    private readonly List<LiteWaiting> _asideAdded = [];
    private readonly List<EnvelopeId> _asideGone = [];
    private readonly HashSet<EnvelopeId> _asideRefused = [];
    private readonly List<(Action<Instant> Then, Action<Instant>? OnFault)> _written = [];
    private readonly List<(Action<Instant> Then, Action<Instant>? OnFault)> _failed = [];

    /// <summary>There is something to write.</summary>
    internal bool HasWrites =>
        _touched.Count > 0 || _left.Count > 0 || _seen.Count > 0 || _asideAdded.Count > 0 || _asideGone.Count > 0;

    internal IReadOnlyList<LiteEnvelope> Envelopes => _envelopes;

    /// <summary>A group changed.</summary>
    /// <param name="entry">The group.</param>
    /// <param name="spent">A key of this node was used.</param>
    internal void Touch(LiteEntry entry, bool spent) => _touched[entry] = _touched.GetValueOrDefault(entry) || spent;

    internal void Leave(LiteEntry entry)
    {
        _touched.Remove(entry);
        _left.Add(entry);
    }

    internal void Insert(StoredMessage message) => _messages.Add(message);

    internal void Send(LiteEnvelope envelope) => _envelopes.Add(envelope);

    internal void Send(LiteEnvelope envelope, in EnvelopeId message)
    {
        _envelopes.Add(envelope);
        _copies.Add(new LiteCopy(envelope.Id, message, MessageState.Queued));
    }

    internal void Seen(in EnvelopeId id, in NodeAddress sender) => _seen.Add((id, sender));

    internal void PutAside(LiteWaiting waiting) => _asideAdded.Add(waiting);

    /// <summary>There was no room for an envelope that was to be put aside.</summary>
    internal bool IsRefused(in EnvelopeId id) => _asideRefused.Contains(id);

    internal void NoLongerAside(in EnvelopeId id) => _asideGone.Add(id);

    /// <summary>What to do when all of it is on disk, in order; at once if there is nothing to write.</summary>
    /// <param name="then">That.</param>
    /// <param name="onFault">What to do where a fault of this program keeps it from its end.</param>
    internal void WhenWritten(Action<Instant> then, Action<Instant>? onFault = null) => _written.Add((then, onFault));

    /// <summary>What to do when nothing of it is on disk.</summary>
    internal void WhenFailed(Action<Instant> then) => _failed.Add((then, null));

    /// <summary>Takes the states as they are now: the writer may be on another thread.</summary>
    internal void Freeze()
    {
        foreach ((LiteEntry entry, bool spent) in _touched)
            _states.Add((entry, entry.ToStored(), spent));
    }

    /// <inheritdoc/>
    internal override void Write(MeshStore store)
    {
        _asideRefused.Clear();
        foreach ((LiteEntry entry, byte[] state, bool spent) in _states)
            store.PutLiteGroup(entry.Id, state, spent);
        foreach (LiteEntry entry in _left)
            store.DeleteLiteGroup(entry.Id);
        foreach (StoredMessage message in _messages)
        {
            // The keys of what was opened are gone with this transaction: it is written as a whole or not at all.
            if (store.Insert(message) == Inserted.NoRoom)
                throw new StoreException(StoreError.Full, "The disk is full for messages of others.");
        }

        foreach (LiteCopy copy in _copies)
            store.PutLiteCopy(copy);
        foreach (LiteEnvelope envelope in _envelopes)
            _ = store.PutEnvelope(envelope.Id, new Holding(self, Originated: true, envelope.Lifetime, envelope.Proof), envelope.Bytes);
        foreach ((EnvelopeId id, NodeAddress sender) in _seen)
            store.PutLiteSeen(id, sender);
        // One that was put aside in this very transaction may be gone again already.
        foreach (LiteWaiting waiting in _asideAdded)
        {
            if (!store.PutLiteWaiting(waiting))
                _asideRefused.Add(waiting.Id);
        }

        foreach (EnvelopeId id in _asideGone)
            store.DeleteLiteWaiting(id);
    }

    /// <inheritdoc/>
    internal override void Done(Instant now, bool written)
    {
        foreach ((LiteEntry entry, byte[] state, _) in _states)
        {
            if (written)
                entry.WasStored(state);
            else
                CryptographicOperations.ZeroMemory(state);
        }

        if (!written)
        {
            foreach (LiteEntry entry in _touched.Keys)
                owner.GoBack(entry);
        }

        foreach (LiteEntry entry in _left)
        {
            if (written)
                entry.Dispose();
            else
                owner.GoBack(entry);
        }

        foreach ((Action<Instant> then, Action<Instant>? onFault) in written ? _written : _failed)
            owner.Contain(now, then, onFault);
        owner.Finished();
    }
}
