namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>
/// Which generations of this member's own ratchets were used since the process began. A store may go back, because a
/// transaction around it failed; a ratchet that is read back from it must not.
/// </summary>
internal sealed class SpentGenerations
{
    /// <summary>
    /// How far below the tip a state is still remembered that is not there: it may come back. Arbitrary.
    /// </summary>
    private const ulong Memory = 16;

    private readonly Dictionary<(StateId State, bool Handshake), (ulong Number, uint Next)> _spent = [];

    /// <summary>Notes where a state's own ratchet stands.</summary>
    internal void Note(GroupEpoch state, bool handshake) =>
        _spent[(state.Id, handshake)] = (state.Number, state.SecretTree.Ratchet(state.Self, handshake).NextGeneration);

    /// <summary>Moves the ratchets of a state to where they were.</summary>
    internal void Apply(GroupEpoch state)
    {
        foreach (bool handshake in (ReadOnlySpan<bool>)[false, true])
        {
            if (state.Trace.Standing == StateStanding.Live
                && _spent.TryGetValue((state.Id, handshake), out (ulong, uint Next) spent))
                state.SecretTree.Ratchet(state.Self, handshake).SkipTo(state.Suite, spent.Next);
        }
    }

    /// <summary>Takes over what another object for the same group knows.</summary>
    internal void AddAll(SpentGenerations others)
    {
        foreach (((StateId, bool) key, (ulong Number, uint Next) spent) in others._spent)
        {
            if (!_spent.TryGetValue(key, out (ulong, uint Next) known) || known.Next < spent.Next)
                _spent[key] = spent;
        }
    }

    /// <summary>Forgets what lies far behind.</summary>
    internal void Trim(GroupCore core)
    {
        foreach (((StateId State, bool) key, (ulong Number, uint) spent) in _spent.ToArray())
        {
            if (spent.Number + Memory < core.Tip.Number && !core.IsLive(key.State))
                _spent.Remove(key);
        }
    }
}
