using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>Where the members stand, as they signed it and as their messages show it.</summary>
internal sealed class TipTable
{
    private readonly Dictionary<NodeAddress, SignedTip> _signed = [];
    private readonly Dictionary<NodeAddress, StateId> _seen = [];

    internal IEnumerable<SignedTip> Signed => _signed.Values;

    internal IEnumerable<KeyValuePair<NodeAddress, StateId>> Seen => _seen;

    /// <summary>Takes a tip whose signature was verified; false if a newer one of the member is known.</summary>
    internal bool Note(SignedTip tip)
    {
        if (_signed.TryGetValue(tip.Member, out SignedTip? known) && known.Number >= tip.Number)
            return false;
        _signed[tip.Member] = tip;
        _seen[tip.Member] = tip.State;
        return true;
    }

    /// <summary>A message of a member shows that it is as far as a state.</summary>
    internal void Saw(in NodeAddress member, StateId state) => _seen[member] = state;

    /// <summary>The newest state that a member is known to have been in.</summary>
    internal StateId? Of(in NodeAddress member) => _seen.TryGetValue(member, out StateId state) ? state : null;

    internal SignedTip? SignedBy(in NodeAddress member) => _signed.GetValueOrDefault(member);

    /// <summary>Forgets who is no member.</summary>
    internal void Keep(Func<NodeAddress, bool> isMember)
    {
        foreach (NodeAddress gone in _seen.Keys.Concat(_signed.Keys).Where(m => !isMember(m)).ToArray())
        {
            _seen.Remove(gone);
            _signed.Remove(gone);
        }
    }
}
