namespace QuicProChat.Mesh.MlsLite;

/// <summary>
/// The stream that this run writes: its counters, and who was told of it. Counters never restart, whatever happens to
/// epochs: with the salt they make every key of this node its own.
/// </summary>
internal sealed class OwnStream(LiteStream stream)
{
    private readonly Dictionary<int, TimeSpan> _told = [];
    private int _nextUnsigned;
    private int _nextSigned;

    internal LiteStream Stream { get; } = stream;

    /// <summary>
    /// The counter that the next message takes; past <see cref="LiteConstants.MaxCounter"/> there is none.
    /// </summary>
    internal int Next(bool signed) => signed ? _nextSigned : _nextUnsigned;

    /// <summary>Counters of each kind that are left, of the kind that has fewer.</summary>
    internal int Left => LiteConstants.MaxCounter + 1 - Math.Max(_nextSigned, _nextUnsigned);

    internal void Spend(bool signed)
    {
        if (signed)
            _nextSigned++;
        else
            _nextUnsigned++;
    }

    /// <summary>Members were sent a message that tells them of the stream.</summary>
    internal void Told(IEnumerable<LiteMember> members, TimeSpan now)
    {
        foreach (LiteMember member in members)
            _told[member.Index] = now;
    }

    /// <summary>
    /// A member was told, and not so long ago that the message about it may have been lost unnoticed.
    /// </summary>
    internal bool Knows(LiteMember member, TimeSpan now) =>
        _told.TryGetValue(member.Index, out TimeSpan told) && now - told < LiteConstants.ToldFor;

    /// <summary>Another holds the index now.</summary>
    internal void Forget(int index) => _told.Remove(index);

    /// <summary>What told them may never have left.</summary>
    internal void ForgetAll() => _told.Clear();
}
