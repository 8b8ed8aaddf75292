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

    internal int DeliveredTo
    {
        get
        {
            int count = 0;
            foreach ((MessageState state, _) in _copies.Values)
                count += state == MessageState.Delivered ? 1 : 0;
            return count;
        }
    }

    internal int Recipients => _copies.Count;

    /// <summary>No copy is under way any more.</summary>
    internal bool IsOver
    {
        get
        {
            foreach ((MessageState state, _) in _copies.Values)
            {
                if (!IsEnd(state))
                    return false;
            }

            return true;
        }
    }

    /// <summary>
    /// The state of the whole and why. While a copy is under way, those that ended do not count; afterwards one that
    /// was not delivered makes it expired or failed.
    /// </summary>
    internal (MessageState State, StateReason Reason) Whole
    {
        get
        {
            bool isOver = IsOver;
            (MessageState State, StateReason Reason)? least = null;
            foreach ((MessageState State, StateReason Reason) copy in _copies.Values)
            {
                if ((isOver || !IsEnd(copy.State)) && (least is not { } before || IsLess(copy, before, isOver)))
                    least = copy;
            }

            return least ?? (MessageState.Queued, StateReason.None);
        }
    }

    private static bool IsLess((MessageState State, StateReason Reason) a, (MessageState State, StateReason Reason) b, bool isOver) =>
        isOver
            ? a.State != b.State && (b.State == MessageState.Delivered || (a.State != MessageState.Delivered && a.State < b.State))
            : a.State < b.State || (a.State == b.State && a.Reason > b.Reason);

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
