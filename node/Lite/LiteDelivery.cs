using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Lite;

/// <summary>
/// What is proven about a message to a group, from what is proven about the copy for each member. Nothing is claimed
/// that is not true of all of them: it is as far as the copy that got least far, and delivered when every receipt came.
/// </summary>
internal sealed class LiteDelivery(EnvelopeId message)
{
    private readonly Dictionary<EnvelopeId, (MessageState State, StateReason Reason)> _copies = [];

    internal EnvelopeId Message { get; } = message;

    internal IReadOnlyCollection<EnvelopeId> Copies => _copies.Keys;

    internal int DeliveredTo => _copies.Values.Count(c => c.State == MessageState.Delivered);

    internal int Recipients => _copies.Count;

    /// <summary>No copy is under way any more.</summary>
    internal bool IsOver => _copies.Values.All(c => IsEnd(c.State));

    /// <summary>
    /// The state of the whole and why. While a copy is under way, those that ended do not count; afterwards one that
    /// was not delivered makes it expired or failed.
    /// </summary>
    internal (MessageState State, StateReason Reason) Whole
    {
        get
        {
            (MessageState State, StateReason Reason)[] least = IsOver
                ? [.. _copies.Values.OrderBy(c => c.State == MessageState.Delivered).ThenBy(c => c.State)]
                : [.. _copies.Values.Where(c => !IsEnd(c.State)).OrderBy(c => c.State).ThenByDescending(c => c.Reason)];
            return least.Length > 0 ? least[0] : (MessageState.Queued, StateReason.None);
        }
    }

    internal void Add(in EnvelopeId copy, MessageState state) => _copies[copy] = (state, StateReason.None);

    /// <summary>Notes a change; false if nothing is to be changed: the copy's state is final.</summary>
    internal bool Change(in EnvelopeId copy, MessageState state, StateReason reason)
    {
        if (IsEnd(_copies[copy].State))
            return false;
        _copies[copy] = (state, reason);
        return true;
    }

    internal static bool IsEnd(MessageState state) => state is MessageState.Delivered or MessageState.Expired or MessageState.Failed;
}
