using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Loop;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Conversations;

/// <content>Messages that come in.</content>
internal sealed partial class Conversations
{
    /// <summary>An envelope for this node; it is opened at the end of the batch.</summary>
    internal void Deliver(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Kind == EnvelopeKind.MlsLite)
            Lite.Deliver(token, id, header, payload);
        else
            _arrived.Add(new IncomingMessage(this, token, id, header, payload));
    }

    /// <summary>
    /// Opens what arrived: a few here, many on another thread, so that the loop keeps forwarding for others meanwhile.
    /// One such job at a time keeps the order.
    /// </summary>
    /// <returns>True if the router was told of an outcome.</returns>
    internal bool OpenArrived(Instant now)
    {
        if (_arrived.Count == 0 || _opening)
            return false;
        List<IncomingMessage> arrived = _arrived;
        _arrived = [];
        if (arrived.Count > MostOpenedInline)
        {
            _opening = true;
            ThreadPool.UnsafeQueueUserWorkItem(new OpeningJob(this, arrived), preferLocal: false);
            return false;
        }

        Open(arrived);
        return Opened(now, arrived);
    }

    /// <summary>It is on disk, or could not be written.</summary>
    internal void Stored(Instant now, IncomingMessage message, bool written)
    {
        if (!written || message.Outcome == Inserted.NoRoom)
        {
            _router.DeliveryDone(now, message.Token, DeliveryOutcome.StoreFull, message.Sender, default);
            return;
        }

        if (message.Outcome == Inserted.NotKept)
        {
            // Its relay is free of it; its sender learns nothing.
            NotKept++;
            _router.DeliveryDone(now, message.Token, DeliveryOutcome.Rejected, default, default);
            return;
        }

        bool isNew = message.Outcome != Inserted.AlreadyThere;
        _router.DeliveryDone(
            now, message.Token, isNew ? DeliveryOutcome.Accepted : DeliveryOutcome.AlreadyHave, message.Sender,
            Receipts.Allows(message.Standing) ? message.Proof : default);
        if (!isNew)
            return;
        Accepted++;
        if (_events.HasListeners)
            _events.Publish(new EventInfo("message", message.At) { Message = _views.Of(message.ToStored(), null) });
    }

    private void Open(List<IncomingMessage> arrived)
    {
        DateTimeOffset at = _time.GetUtcNow();
        foreach (IncomingMessage message in arrived)
        {
            try
            {
                _loop.Faults.At(FaultPlace.Open);
                message.Open(_sealer, at);
            }
            catch (Exception e)
            {
                // It is rejected like any other that does not open; on a thread of the pool nobody else would catch this.
                _loop.Faults.Note(FaultSeam.Message, e);
            }
        }
    }

    private bool Opened(Instant now, List<IncomingMessage> opened)
    {
        bool told = false;
        foreach (IncomingMessage message in opened)
        {
            if (message.Text is not null)
            {
                _writer.Add(message);
                continue;
            }

            Rejected++;
            told = true;
            try
            {
                _loop.Faults.At(FaultPlace.Rejected);
                _router.DeliveryDone(now, message.Token, DeliveryOutcome.Rejected, default, default);
            }
            catch (Exception e)
            {
                _loop.Faults.Note(FaultSeam.Message, e);
            }
        }

        return told;
    }

    /// <summary>Opens on a pool thread, then comes back to the loop.</summary>
    private sealed class OpeningJob(Conversations owner, List<IncomingMessage> arrived) : IThreadPoolWorkItem, ILoopWork
    {
        public void Execute()
        {
            owner.Open(arrived);
            owner._loop.Post(this);
        }

        public void Run(Instant now)
        {
            owner._opening = false;
            owner.Opened(now, arrived);
        }

        public void Failed(Instant now, Exception fault)
        {
            if (owner._opening)
                Run(now);
        }
    }
}
