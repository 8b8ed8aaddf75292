using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// What is proven about a message, from what is proven about each of its copies. Nothing is claimed that is not true of
/// all of them: a message has the state of its least advanced copy, and is delivered when every receipt came.
/// </summary>
/// <param name="message">The message's id.</param>
public sealed class Delivery(EnvelopeId message)
{
    private readonly Dictionary<EnvelopeId, (MessageState State, StateReason Reason)> _copies = [];

    /// <summary>The message.</summary>
    public EnvelopeId Message { get; } = message;

    /// <summary>It has one copy, which is no row beside it: the message's state is all that is kept.</summary>
    public bool IsWithMessage { get; init; }

    /// <summary>The envelopes that carry it.</summary>
    public IReadOnlyCollection<EnvelopeId> Copies => _copies.Keys;

    /// <summary>Copies whose receipt came.</summary>
    public int DeliveredTo
    {
        get
        {
            int count = 0;
            foreach ((MessageState state, _) in _copies.Values)
                count += state == MessageState.Delivered ? 1 : 0;
            return count;
        }
    }

    /// <summary>Copies in all.</summary>
    public int Recipients => _copies.Count;

    /// <summary>No copy is under way any more.</summary>
    public bool IsOver
    {
        get
        {
            foreach ((MessageState state, _) in _copies.Values)
            {
                if (!MessageProgress.IsEnd(state))
                    return false;
            }

            return true;
        }
    }

    /// <summary>
    /// The state of the whole and why. While a copy is under way, those that ended do not count; afterwards one that
    /// was not delivered makes it expired or failed.
    /// </summary>
    public (MessageState State, StateReason Reason) Whole
    {
        get
        {
            bool isOver = IsOver;
            (MessageState State, StateReason Reason)? least = null;
            foreach ((MessageState State, StateReason Reason) copy in _copies.Values)
            {
                if (!isOver && MessageProgress.IsEnd(copy.State))
                    continue;
                if (least is not { } before || IsLess(copy, before, isOver))
                    least = copy;
            }

            return least ?? (MessageState.Queued, StateReason.None);
        }
    }

    private static bool IsLess(
        (MessageState State, StateReason Reason) a, (MessageState State, StateReason Reason) b, bool isOver) =>
        isOver
            ? a.State != b.State
                && (b.State == MessageState.Delivered || (a.State != MessageState.Delivered && a.State < b.State))
            : a.State < b.State || (a.State == b.State && a.Reason > b.Reason);

    /// <summary>Adds a copy.</summary>
    public void Add(in EnvelopeId copy, MessageState state) => _copies[copy] = (state, StateReason.None);

    /// <summary>Notes a change; false if nothing is to be changed: the copy's state is final.</summary>
    public bool Change(in EnvelopeId copy, MessageState state, StateReason reason)
    {
        if (MessageProgress.IsEnd(_copies[copy].State))
            return false;
        _copies[copy] = (state, reason);
        return true;
    }
}
