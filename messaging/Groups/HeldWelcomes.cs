using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>
/// Welcomes of own commits. They leave when somebody else has followed the commit, so that no newcomer is alone in a
/// state that the group did not take.
/// </summary>
internal sealed class HeldWelcomes
{
    /// <summary>
    /// Most that wait when one more has to wait for another way than a radio. Arbitrary; each may have 60 kB. Whoever
    /// was in one that had to go is invited anew.
    /// </summary>
    internal const int MaxHeldBack = 4;

    private readonly List<Held> _held = [];

    internal sealed record Held(
        StateId State, OrderTable Table, byte[] Welcome, IReadOnlyList<ReadOnlyMemory<byte>> Newcomers, TimeSpan Until);

    internal IReadOnlyList<Held> All => _held;

    internal TimeSpan Due => _held.Count == 0 ? TimeSpan.MaxValue : _held.Min(h => h.Until);

    internal void Add(Held held) => _held.Add(held);

    /// <summary>Keeps one that may leave, but for those who are behind a radio.</summary>
    internal void HoldBack(Held held)
    {
        if (_held.Count >= MaxHeldBack)
            _held.RemoveAt(0);
        _held.Add(held);
    }

    /// <summary>Takes those out that may leave.</summary>
    internal IReadOnlyList<Held> Take(Predicate<Held> mayLeave)
    {
        List<Held> taken = _held.FindAll(mayLeave);
        _held.RemoveAll(mayLeave);
        return taken;
    }

    /// <summary>
    /// Drops those of states that the group did not take: the orders are fulfilled anew, with the same KeyPackages.
    /// </summary>
    internal void Drop(Predicate<Held> lost) => _held.RemoveAll(lost);

    internal static bool IsNewcomer(Held held, NodeAddress member) =>
        held.Newcomers.Any(k => NodeAddress.Of(k.Span) == member);
}
