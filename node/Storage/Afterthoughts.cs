using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Storage;

/// <summary>
/// Writes that may wait: losing the last of them in a crash costs a repetition, never a message. An envelope that is
/// still on disk is sent again and answered as a duplicate; a state that was not written is proven again.
/// </summary>
internal sealed class Afterthoughts
{
    /// <summary>Seen ids kept back while the disk fails; the oldest go first.</summary>
    private const int MostSeen = 100_000;

    private readonly Dictionary<EnvelopeId, StateChange> _states = [];
    private readonly Dictionary<EnvelopeId, MessageState> _copyStates = [];
    private readonly HashSet<EnvelopeId> _forgotten = [];
    private readonly HashSet<EnvelopeId> _kept = [];
    private readonly Dictionary<EnvelopeId, byte> _seen = [];

    /// <summary>Announces to keep, or (null) to forget.</summary>
    private readonly Dictionary<NodeAddress, (uint Sequence, byte[]? Bytes)> _announces = [];

    private readonly GossipWrites _gossip = new();

    internal int Count => _states.Count + _copyStates.Count + _forgotten.Count + _seen.Count + _announces.Count
        + _gossip.Count;

    /// <summary>Gossip records and ids.</summary>
    internal GossipWrites Gossip => _gossip;

    internal void State(in EnvelopeId id, in StateChange change) => _states[id] = change;

    /// <summary>The state of one of several envelopes of a message, which has an id of its own.</summary>
    internal void CopyState(in EnvelopeId id, MessageState state) => _copyStates[id] = state;

    internal void Forget(in EnvelopeId id)
    {
        _kept.Remove(id);
        _forgotten.Add(id);
    }

    /// <summary>An envelope that came round again is kept: an earlier wish to forget it is void.</summary>
    internal void Keep(in EnvelopeId id)
    {
        _forgotten.Remove(id);
        _kept.Add(id);
    }

    internal void Seen(in EnvelopeId id, byte generation) => _seen[id] = generation;

    internal void Announce(in NodeAddress address, uint sequence, byte[] announce) =>
        _announces[address] = (sequence, announce);

    internal void ForgetAnnounce(in NodeAddress address) => _announces[address] = (0, null);

    /// <summary>Adds what an earlier transaction failed to write; what is here already is newer.</summary>
    internal void AddOlder(Afterthoughts older)
    {
        foreach ((EnvelopeId id, StateChange change) in older._states)
            _states.TryAdd(id, change);
        foreach ((EnvelopeId id, MessageState state) in older._copyStates)
            _copyStates.TryAdd(id, state);
        _forgotten.UnionWith(older._forgotten);
        _forgotten.ExceptWith(_kept);
        foreach ((NodeAddress address, (uint Sequence, byte[]? Bytes) announce) in older._announces)
            _announces.TryAdd(address, announce);
        _gossip.AddOlder(older._gossip);
        foreach ((EnvelopeId id, byte generation) in older._seen)
        {
            if (_seen.Count >= MostSeen)
                break;
            _seen.TryAdd(id, generation);
        }
    }

    /// <summary>
    /// Takes about so much of it out, to be written first: what makes room before what takes it. An envelope is not
    /// forgotten before the state that it proved is written: nothing would prove that again.
    /// </summary>
    internal Afterthoughts Take(int most)
    {
        var taken = new Afterthoughts();
        foreach (EnvelopeId id in _forgotten)
        {
            if (taken.Count >= most)
                return taken;
            _forgotten.Remove(id);
            taken._forgotten.Add(id);
            if (_states.Remove(id, out StateChange change))
                taken._states.Add(id, change);
            if (_copyStates.Remove(id, out MessageState state))
                taken._copyStates.Add(id, state);
        }

        Move(_states, taken._states, most - taken.Count);
        Move(_copyStates, taken._copyStates, most - taken.Count);
        Move(_announces, taken._announces, most - taken.Count);
        _gossip.Move(taken._gossip, most - taken.Count);
        Move(_seen, taken._seen, most - taken.Count);
        return taken;
    }

    private static void Move<TKey, TValue>(Dictionary<TKey, TValue> from, Dictionary<TKey, TValue> to, int most)
        where TKey : notnull
    {
        foreach ((TKey key, TValue value) in from)
        {
            if (most-- <= 0)
                return;
            from.Remove(key);
            to.Add(key, value);
        }
    }

    internal void Write(MeshStore store)
    {
        foreach ((EnvelopeId id, StateChange change) in _states)
            store.UpdateState(id, change.State, (byte)change.Reason, change.Hops, change.At);
        foreach ((EnvelopeId id, MessageState state) in _copyStates)
            store.UpdateCopy(id, state);
        foreach (EnvelopeId id in _forgotten)
            store.DeleteEnvelope(id);
        foreach ((EnvelopeId id, byte generation) in _seen)
            store.PutSeen(id, generation);
        _gossip.Write(store);
        foreach ((NodeAddress address, (uint sequence, byte[]? bytes)) in _announces)
        {
            if (bytes is null)
                store.DeleteAnnounce(address);
            else
                store.PutAnnounce(address, sequence, bytes);
        }
    }
}
