using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Lite;

/// <content>What faults of this program cost, and who is told of them.</content>
internal sealed partial class LiteConversations
{
    /// <summary>Does one of the things that follow a transaction; a fault in it costs that one.</summary>
    internal void Contain(Instant now, Action<Instant> then, Action<Instant>? onFault)
    {
        try
        {
            then(now);
        }
        catch (Exception e)
        {
            Counters.Add(LiteEvent.Failed);
            _faults.Note(now, e);
            if (onFault is not null)
                Contain(now, onFault, null);
        }
    }

    /// <summary>A fault over the state of a message: whoever waits for that state is told. False if it is no copy of a message to a group.</summary>
    internal bool Forsake(in EnvelopeId copy)
    {
        if (!_deliveries.TryGetValue(copy, out Delivery? delivery))
            return false;
        if (_waitingFor.Remove(delivery.Message, out LiteOutgoing? asked))
            Refuse(asked, Faults.Answer);
        return true;
    }

    /// <summary>The daemon stops: whoever waits for a state learns how far the message is.</summary>
    internal void AnswerWaiting()
    {
        foreach (IGrouping<EnvelopeId, Delivery> deliveries in _deliveries.Values.Distinct().GroupBy(d => d.Message))
        {
            if (_waitingFor.Remove(deliveries.Key, out LiteOutgoing? asked))
                Refuse(asked, Conversations.Conversations.StopsAt(deliveries.Key, deliveries.First().Whole.State));
        }

        foreach (ControlSession session in _answered)
            session.Flush();
        _answered.Clear();
    }
}
