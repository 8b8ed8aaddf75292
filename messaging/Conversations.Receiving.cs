using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

// Envelopes that come in.
public sealed partial class Conversations
{
    /// <summary>
    /// An envelope for this node; what can be opened without a state is opened at the end of the batch.
    /// </summary>
    public void Deliver(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload)
    {
        Entry? entry = _table[(int)header.Kind];
        Arrival arrival = entry is null
            ? new Arrival(token, id, header, default) : entry.Kind.Take(token, id, header, payload);
        if (entry?.Serial is { } serial)
            serial.Add(new ArrivalWork(this, entry.Kind, arrival));
        else
            _arrived.Add((entry, arrival));
    }

    /// <summary>
    /// Opens what arrived: a few here, many on another thread, so that the loop keeps forwarding for others meanwhile.
    /// One such job at a time keeps the order.
    /// </summary>
    public void OpenArrived(Instant now)
    {
        if (_arrived.Count == 0 || _opening)
            return;
        List<(Entry? Entry, Arrival Arrival)> arrived = _arrived;
        _arrived = [];
        if (arrived.Count > MaxOpenedInline)
        {
            _opening = true;
            _context.Loop.RunAside(() => Open(arrived), then =>
            {
                if (!_opening)
                    return;
                _opening = false;
                Opened(then, arrived);
            });
            return;
        }

        Open(arrived);
        Opened(now, arrived);
    }

    /// <summary>Begins the transactions of kinds with states that have something to do.</summary>
    public void Pump(Instant now)
    {
        foreach (Entry entry in _entries)
            entry.Serial?.Pump(now);
        _disappearing.Pump(now);
    }

    private void Open(List<(Entry? Entry, Arrival Arrival)> arrived)
    {
        DateTimeOffset at = _context.Time.GetUtcNow();
        foreach ((_, Arrival arrival) in arrived)
        {
            try
            {
                _context.Loop.Reach(MessagingPlace.Open);
                arrival.Open(at);
            }
            catch (Exception e)
            {
                // It is rejected like any other that does not open; on another thread nobody else would catch this.
                _context.Loop.Failed(e);
            }
        }
    }

    private void Opened(Instant now, List<(Entry? Entry, Arrival Arrival)> opened)
    {
        foreach ((Entry? entry, Arrival arrival) in opened)
        {
            try
            {
                if (entry is null)
                {
                    OfNoKind++;
                    Reject(now, arrival);
                    continue;
                }

                var transaction = new MessageTransaction(entry.Kind);
                entry.Kind.Received(now, arrival, transaction);
                if (transaction.HasWrites)
                    _context.Store.Commit(transaction);
                else
                    transaction.Done(now, written: true);
            }
            catch (Exception e)
            {
                _context.Loop.Failed(e);
            }
        }
    }

    private void Reject(Instant now, Arrival arrival)
    {
        _context.Loop.Reach(MessagingPlace.Rejected);
        _context.Router.DeliveryDone(now, arrival.Token, DeliveryOutcome.Rejected, default, default);
    }

    private sealed class ArrivalWork(Conversations owner, IConversationKind kind, Arrival arrival) : IMessagingWork
    {
        public void Run(Instant now, MessageTransaction transaction) => kind.Received(now, arrival, transaction);

        public void Failed(Instant now, MessageTransaction transaction) =>
            transaction.WhenOver(at => owner.Reject(at, arrival));
    }
}
