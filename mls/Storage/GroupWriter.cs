using System.Runtime.InteropServices;
using System.Security.Cryptography;
using QuicProChat.Mesh.Mls.Groups;

namespace QuicProChat.Mesh.Mls.Storage;

/// <summary>Collects the values that a change of a group writes, and those that it leaves without a use.</summary>
internal sealed class GroupWriter(string group, GroupCore core)
{
    private readonly List<StoreChange> _changes = [];
    private readonly HashSet<string> _written = [];

    internal IReadOnlyList<StoreChange> Changes => _changes;

    /// <summary>The secrets of a state, which may be new in this very change.</summary>
    internal GroupWriter Secrets(GroupEpoch state)
    {
        Replace(StoreKeys.Keys(group, state.Trace.StoreName!), EpochCodec.SecretPart(state));
        return ChangedRatchets(state);
    }

    /// <summary>
    /// The ratchets of a state that a message moved; all its secrets where the message was its sender's first.
    /// </summary>
    internal GroupWriter Ratchets(GroupEpoch state) =>
        state.SecretTree.HasNewLeaves ? Secrets(state) : ChangedRatchets(state);

    /// <summary>The proposals that wait in a state.</summary>
    internal GroupWriter Proposals(GroupEpoch state) =>
        Put(StoreKeys.Proposals(group, state.Trace.StoreName!), EpochCodec.ProposalsPart(state));

    /// <summary>A state that the store does not have yet; it gets its name here.</summary>
    internal GroupWriter NewState(GroupEpoch state)
    {
        state.Trace.StoreName = StoreKeys.NameFor(state, core.All.Where(o => o != state));
        state.SecretTree.MarkChanged();
        return Put(StoreKeys.Epoch(group, state.Trace.StoreName), EpochCodec.PublicPart(state)).Secrets(state);
    }

    /// <summary>A Welcome that waits to be sent.</summary>
    internal GroupWriter Welcome(StateId state, byte[] welcome)
    {
        core.Invitations.Add(state);
        return Put(StoreKeys.Welcome(group, state), (byte[])welcome.Clone());
    }

    /// <summary>The own pending commit with the state that it leads to.</summary>
    internal GroupWriter Pending(PendingCommit pending)
    {
        Put(StoreKeys.Pending(group), PendingCodec.Write(pending));
        Put(StoreKeys.PendingEpoch(group), EpochCodec.PublicPart(pending.Next));
        Put(StoreKeys.PendingKeys(group), EpochCodec.SecretPart(pending.Next));
        if (pending.Welcome is { } welcome)
            Put(StoreKeys.Welcome(group, pending.Next.Id), (byte[])welcome.Clone());
        return this;
    }

    /// <summary>What the group consists of, and the deletion of every value that it does not consist of.</summary>
    internal GroupWriter Index()
    {
        Put(StoreKeys.State(group), GroupCodec.Write(core));
        HashSet<string> used = Used();
        foreach (string key in core.Stored.Where(k => !used.Contains(k)).ToArray())
        {
            _changes.Add(new StoreChange(key, null));
            core.Stored.Remove(key);
        }
        return this;
    }

    /// <summary>Zeroes buffers that a store has taken over.</summary>
    internal static void Zero(IEnumerable<StoreChange> changes)
    {
        foreach (StoreChange change in changes)
        {
            if (change.Value is { } value && MemoryMarshal.TryGetArray(value, out ArraySegment<byte> segment))
                CryptographicOperations.ZeroMemory(segment);
        }
    }

    private GroupWriter ChangedRatchets(GroupEpoch state)
    {
        foreach (uint leaf in state.SecretTree.Leaves)
        {
            if (state.SecretTree.TakeChange(leaf) is { } ratchets)
                Replace(StoreKeys.Ratchet(group, state.Trace.StoreName!, leaf), ratchets);
        }
        return this;
    }

    private void Replace(string key, byte[] value)
    {
        if (_written.Contains(key))
        {
            int written = _changes.FindIndex(c => c.Key == key);
            Zero([_changes[written]]);
            _changes[written] = new StoreChange(key, value);
            return;
        }
        Put(key, value);
    }

    private GroupWriter Put(string key, byte[] value)
    {
        if (!_written.Add(key))
            throw new InvalidOperationException("A change writes a value once.");
        _changes.Add(new StoreChange(key, value));
        core.Stored.Add(key);
        return this;
    }

    private HashSet<string> Used()
    {
        HashSet<string> used = [StoreKeys.State(group)];
        foreach (GroupEpoch state in core.All)
        {
            string name = state.Trace.StoreName!;
            used.Add(StoreKeys.Epoch(group, name));
            used.Add(StoreKeys.Keys(group, name));
            foreach (uint leaf in state.SecretTree.Leaves)
                used.Add(StoreKeys.Ratchet(group, name, leaf));
            if (state.Waiting.Items.Count > 0)
                used.Add(StoreKeys.Proposals(group, name));
        }
        foreach (StateId state in core.Invitations)
            used.Add(StoreKeys.Welcome(group, state));
        if (core.Pending is { } pending)
        {
            used.UnionWith([StoreKeys.Pending(group), StoreKeys.PendingEpoch(group), StoreKeys.PendingKeys(group)]);
            if (pending.Welcome is not null)
                used.Add(StoreKeys.Welcome(group, pending.Next.Id));
        }
        return used;
    }
}
