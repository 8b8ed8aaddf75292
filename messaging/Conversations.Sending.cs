using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

// Texts that go out.
public sealed partial class Conversations
{
    /// <summary>
    /// Takes the texts of one client, in order: checks them, and seals those that need no state, here on the client's
    /// thread.
    /// They go to the loop some at a time, so that the first are on their way while the next are sealed.
    /// </summary>
    public async ValueTask SendAsync(IReadOnlyList<(SendRequest Request, ICaller Caller)> texts)
    {
        var ready = new List<Outgoing>();
        int isSealed = 0;
        foreach ((SendRequest request, ICaller caller) in texts)
        {
            try
            {
                IConversationKind kind = KindOf(request.Kind);
                if (await kind.PrepareAsync(request, caller).ConfigureAwait(false) is not { } outgoing)
                {
                    _ = SendLaterAsync(kind, request, caller);
                    continue;
                }

                ready.Add(outgoing);
                isSealed += kind.IsStateless ? 1 : 0;
                if (isSealed < SealedTogether)
                    continue;
                await PostAsync(ready).ConfigureAwait(false);
                (ready, isSealed) = ([], 0);
            }
            catch (MessagingException e)
            {
                caller.Refused(e.Why, e.Message);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                _context.Loop.Failed(e);
                caller.Refused(Refusal.Refused, Deliveries.Fault);
            }
        }

        if (ready.Count > 0)
            await PostAsync(ready).ConfigureAwait(false);
    }

    private IConversationKind KindOf(EnvelopeKind kind) =>
        _table[(int)kind]?.Kind ?? throw new MessagingException(Refusal.Usage, $"no text can be sent as {kind}");

    private async Task SendLaterAsync(IConversationKind kind, SendRequest request, ICaller caller)
    {
        try
        {
            Outgoing outgoing = await kind.PrepareLaterAsync(request, caller).ConfigureAwait(false);
            await PostAsync([outgoing]).ConfigureAwait(false);
        }
        catch (MessagingException e)
        {
            // On the loop, so that the answer is sent with others at the end of a batch.
            await _context.Loop.PostAsync(_ => caller.Refused(e.Why, e.Message)).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The daemon has stopped, and the client's session with it.
        }
        catch (Exception e)
        {
            // Nobody awaits this.
            _context.Loop.Failed(e);
            caller.Refused(Refusal.Refused, Deliveries.Fault);
        }
    }

    private async ValueTask PostAsync(List<Outgoing> ready)
    {
        int sent = 0;
        await _context.Loop.PostAsync(
            now =>
            {
                while (sent < ready.Count)
                    Send(now, ready[sent++]);
            },
            _ =>
            {
                while (sent < ready.Count)
                    ready[sent++].Caller.Refused(Refusal.Refused, Deliveries.Fault);
            }).ConfigureAwait(false);
    }

    private void Send(Instant now, Outgoing outgoing)
    {
        Entry entry = _table[(int)outgoing.Kind]!;
        if (entry.Serial is { } serial)
            serial.Add(new SendWork(entry.Kind, outgoing));
        else
            SendAlone(now, entry.Kind, outgoing);
    }

    /// <summary>A transaction of its own: a fault of this program over it costs this text.</summary>
    private void SendAlone(Instant now, IConversationKind kind, Outgoing outgoing)
    {
        var transaction = new MessageTransaction(kind);
        var work = new SendWork(kind, outgoing);
        try
        {
            work.Run(now, transaction);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            kind.Faulted(e);
            transaction = new MessageTransaction(kind);
            work.Failed(now, transaction);
        }

        if (transaction.HasWrites)
            _context.Store.Commit(transaction);
        else
            transaction.Done(now, written: true);
    }

    private sealed class SendWork(IConversationKind kind, Outgoing outgoing) : IMessagingWork
    {
        public void Run(Instant now, MessageTransaction transaction)
        {
            try
            {
                kind.Send(now, outgoing, transaction);
            }
            catch (MessagingException e)
            {
                // In its turn among the answers.
                transaction.WhenOver(_ => outgoing.Caller.Refused(e.Why, e.Message));
            }
        }

        public void Failed(Instant now, MessageTransaction transaction) =>
            transaction.WhenOver(_ => outgoing.Caller.Refused(Refusal.Refused, Deliveries.Fault));
    }
}
