using System.Security.Cryptography;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <content>What goes out.</content>
public sealed partial class ServerConversations
{
    /// <summary>Messages that one call stores for one receiver, at most; and their bytes. Arbitrary.</summary>
    private const int MaxBatch = 32;
    private const int MaxBatchBytes = 512 << 10;

    /// <summary>Messages that are no rows and whose receipts are waited for. Arbitrary.</summary>
    private const int MaxUnshown = 1024;

    private static readonly TimeSpan LeaveLifetime = TimeSpan.FromDays(7);

    /// <summary>Receipts are worth something for as long as a message is kept.</summary>
    private static readonly TimeSpan ReceiptLifetime = TimeSpan.FromDays(30);

    /// <summary>Others of a conversation are told the head of the log of keys no more often than this.</summary>
    private static readonly TimeSpan HeadPause = TimeSpan.FromDays(1);

    private readonly Dictionary<EnvelopeId, ConversationId> _unshown = [];

    /// <inheritdoc/>
    public ValueTask<Outgoing?> PrepareAsync(SendRequest request, ICaller caller)
    {
        if (Find(request.To) is not { } id)
        {
            return ServerNames.TryParse(request.To, out _, out _) ? ValueTask.FromResult<Outgoing?>(null)
                : throw new MessagingException(Refusal.UnknownConversation,
                    $"there is no conversation '{request.To}' on a server");
        }

        return _context.Contents.ToSend(id, request.Content).Size > MessageContent.MaxSize
            ? throw Usage($"a message may have {MessageContent.MaxSize} bytes")
            : ValueTask.FromResult<Outgoing?>(new Outgoing(request, caller));
    }

    /// <inheritdoc/>
    public async Task<Outgoing> PrepareLaterAsync(SendRequest request, ICaller caller)
    {
        await BeginAsync(request.To).ConfigureAwait(false);
        return await PrepareAsync(request, caller).ConfigureAwait(false)
            ?? throw Refused($"the conversation with {request.To} is gone again");
    }

    /// <inheritdoc/>
    public void Send(Instant now, Outgoing outgoing, MessageTransaction transaction)
    {
        _now = now;
        SendRequest asked = outgoing.Request;
        ServerEntry entry = Entry(asked.To);
        if (StandingOf(entry) == ServerStanding.Out || entry.IsLeaving)
            throw Refused($"this node is no member of '{entry.Name}' any more");
        MessageContent content = _context.Contents.ToSend(entry.Id, asked.Content);
        if (!entry.Outbox.HasRoomFor(2 * content.Size + MaxOverhead))
            throw Refused($"too much waits for {entry.Server} in '{entry.Name}' already");
        if (!entry.IsDirect && (entry.Ready is not { } ready || OthersIn(entry, ready).Count == 0))
            throw new MessagingException(Refusal.NobodyElse, $"nobody else is in '{entry.Name}' yet");
        EnvelopeId named = Draw();
        EnvelopeId id = ServerIds.Message(ScopeOf(entry), _context.Identity.PublicKey.Span, named);
        DateTimeOffset at = _context.Time.GetUtcNow();
        var message = new ServerOutgoing(id, Draw(), at, now + asked.Lifetime)
        {
            Plain =
            new ServerPayload(named, content).ToBytes()
        };
        List<byte[]> others = entry.PeerKey is { } peer ? [peer] : OthersIn(entry, entry.Ready!);
        EnvelopeId[] copies = entry.IsDirect ? [id] : [.. others.Select(k => ServerIds.Copy(id, k))];
        message.Missing.AddRange(others);
        entry.Outbox.Add(message);
        entry.IsAccepted = true;
        TellHead(now, entry, message.Missing);
        SealWaiting(entry);
        transaction.Touch(entry, spent: true);
        _context.Contents.Send(transaction, new Message(
            id, entry.Id, Outgoing: true, entry.Id.AsPeer, content.Text, MessageState.Queued, StateReason.None, 0,
            asked.Priority, at, at)
        {
            Content = content,
            Protection = Protection.Mls,
        });
        if (content.IsShown && !entry.IsDirect)
        {
            foreach (EnvelopeId copy in copies)
                transaction.Copy(new MessageCopy(copy, id, MessageState.Queued));
        }

        transaction.WhenFailed(
            _ => outgoing.Caller.Refused(Refusal.Refused, "the store is full or failing: nothing was sent"));
        transaction.WhenWritten(then =>
        {
            Counters.Add(ServerCount.Sent);
            if (!content.IsShown && _unshown.Count < MaxUnshown)
                _unshown[id] = entry.Id;
            _context.Deliveries.Await(id, copies, outgoing);
            Advance(then, entry);
        }, _ => _context.Deliveries.Forsake(id, outgoing.Caller));
    }

    /// <summary>
    /// Tells the others which head of the server's log of keys this node was shown, so that a server that shows each
    /// another log is found out: once a day, with a text of the owner's.
    /// </summary>
    private void TellHead(Instant now, ServerEntry entry, List<byte[]> others)
    {
        byte[] head = now < entry.TellHeadAt ? [] : _port.HeadOf(entry.Server);
        // People of other servers are shown other logs.
        others = [.. others.Where(k => entry.DomainOf(k).Length == 0)];
        if (head.Length == 0 || others.Count == 0 || !entry.Outbox.HasRoomFor((2 * head.Length) + MaxOverhead))
            return;
        entry.TellHeadAt = now + HeadPause;
        var message = new ServerOutgoing(Draw(), Draw(), _context.Time.GetUtcNow(), now + LeaveLifetime)
        {
            Plain = ServerPayload.OfHead(head),
        };
        message.Missing.AddRange(others);
        entry.Outbox.Add(message);
    }

    // What MLS and this protocol put around a content, at most.
    private const int MaxOverhead = 1024;

    /// <summary>Seals what waited for a key. Own other devices get it too.</summary>
    private void SealWaiting(ServerEntry entry)
    {
        if (entry.Ready is not { } group)
            return;
        byte[] own = OwnIn(entry);
        bool hasOthers = ServerOutbox.Contains(ServerEntry.Others(group), own);
        foreach (ServerOutgoing message in entry.Outbox.Messages.Where(m => m.Sealed.Length == 0))
        {
            if (!group.Encrypt(message.Plain).TryGet(out byte[]? encrypted))
                return;
            message.Sealed = encrypted;
            if (hasOthers && !ServerOutbox.Contains(message.Missing, own))
                message.Missing.Add(own);
            CryptographicOperations.ZeroMemory(message.Plain);
            message.Plain = [];
        }
    }

    /// <summary>Sends what waits, to each receiver in order.</summary>
    private void Deliver(ServerEntry entry)
    {
        foreach (byte[] receiver in entry.Outbox.Receivers(entry.PersonOf))
        {
            string lane = Convert.ToHexString(receiver);
            if (entry.Lanes.Contains(lane))
                continue;
            bool isSingle = entry.Single.Contains(lane);
            List<ServerOutgoing> messages = entry.Outbox.Next(receiver, isSingle ? 1 : MaxBatch, MaxBatchBytes);
            List<(byte[] To, EnvelopeId Message)> receipts = isSingle && messages.Count > 0 ? []
                : [.. entry.Outbox.Receipts.Where(r => entry.PersonOf(r.To).AsSpan().SequenceEqual(receiver))
                    .Take(ServerReceipt.MaxProofs)];
            if (messages.Count == 0 && receipts.Count == 0)
                continue;
            entry.Lanes.Add(lane);
            string domain = messages.Find(m => m.Domain.Length > 0)?.Domain ?? entry.DomainOf(receiver);
            Run(() => DeliverAsync(entry, receiver, domain, messages, receipts));
        }
    }

    private async Task DeliverAsync(
        ServerEntry entry, byte[] receiver, string domain, List<ServerOutgoing> messages,
        List<(byte[] To, EnvelopeId Message)> receipts)
    {
        bool goesOn = false;
        try
        {
            List<ServerMessage> stored = [.. messages.Select(m => new ServerMessage(
                receiver, entry.Channel, ServerIds.Uuid(m.At, m.Secret, receiver, 0), m.Sealed, ReceiptLifetime)
            {
                Domain = domain,
            })];
            if (receipts.Count > 0)
                stored.Add(Receipt(entry, receiver, receipts) with { Domain = domain });
            StoredAnswer answer = await _port.StoreAsync(entry.Server, stored, null).ConfigureAwait(false);
            if (answer.Status == ServerStatus.Gone)
                return;
            goesOn = await DoAsync((_, transaction) => Stored(
                entry, receiver, messages, receipts, answer.Status, transaction)).ConfigureAwait(false);
        }
        finally
        {
            await _context.Loop.PostAsync(now =>
            {
                entry.Lanes.Remove(Convert.ToHexString(receiver));
                if (goesOn)
                {
                    // The server answers: the next failure is a first one again.
                    entry.Failures = 0;
                    Advance(now, entry);
                }
                else
                {
                    PutOff(now, entry);
                }
            }).ConfigureAwait(false);
        }
    }

    private ServerMessage Receipt(
        ServerEntry entry, byte[] receiver, List<(byte[] To, EnvelopeId Message)> receipts)
    {
        List<(EnvelopeId, byte[])> proofs = [];
        foreach ((byte[] to, EnvelopeId message) in receipts)
        {
            byte[] proof = new byte[Wire.Receipt.ProofSize];
            if (_receipts.TryProve(to, message, proof))
                proofs.Add((message, proof));
        }

        byte[] payload = new ServerReceipt(_context.Identity.Address, proofs).ToBytes();
        var named = EnvelopeId.Read(SHA256.HashData(payload));
        return new ServerMessage(
            receiver, entry.Channel, ServerIds.Uuid(_context.Time.GetUtcNow(), named, receiver, 1), payload,
                ReceiptLifetime);
    }

    /// <summary>The server answered about messages for one receiver.</summary>
    private bool Stored(
        ServerEntry entry, byte[] receiver, List<ServerOutgoing> messages,
        List<(byte[] To, EnvelopeId Message)> receipts, ServerStatus status, MessageTransaction transaction)
    {
        if (!_entries.ContainsKey(entry.Id))
            return false;
        if (status != ServerStatus.Done && messages.Count + (receipts.Count > 0 ? 1 : 0) > 1)
        {
            // One of them may be the reason: they go one by one.
            entry.Single.Add(Convert.ToHexString(receiver));
            return true;
        }

        entry.Outbox.RemoveReceipts(receipts);
        bool isOwn = receiver.AsSpan().SequenceEqual(OwnIn(entry));
        if (status == ServerStatus.NotFound)
            _ = entry.TryNoteAbsent([receiver]);
        else if (status == ServerStatus.Done)
            entry.IsBack(receiver);
        foreach (ServerOutgoing message in messages)
        {
            if (entry.Outbox.Find(message.Message) is not { } waiting)
                continue;
            waiting.Missing.RemoveAll(k => k.AsSpan().SequenceEqual(receiver));
            if (waiting.Missing.Count == 0)
                entry.Outbox.Remove(waiting);
            if (isOwn)
                continue;
            EnvelopeId copy = entry.IsDirect ? message.Message : ServerIds.Copy(message.Message, receiver);
            transaction.WhenWritten(at => Tell(at, entry, message.Message, copy, status));
        }

        if (entry.Outbox.Messages.Count == 0)
            entry.Single.Clear();
        transaction.Touch(entry, spent: false);
        if (entry.IsLeaving && entry.Outbox.Messages.Count == 0)
            Forget(entry, transaction);
        return true;
    }

    private void Tell(Instant now, ServerEntry entry, in EnvelopeId message, in EnvelopeId copy, ServerStatus status)
    {
        // Its receipt may have come before the answer of the server.
        if (entry.IsDirect && _context.Store.FindMessage(message) is { } stored && MessageProgress.IsEnd(stored.State))
            return;
        (MessageState state, StateReason reason) = status switch
        {
            ServerStatus.Done => (MessageState.Forwarded, StateReason.None),
            ServerStatus.NotFound => (MessageState.Failed, StateReason.NoRoute),
            ServerStatus.TooLarge => (MessageState.Failed, StateReason.TooLarge),
            _ => (MessageState.Failed, StateReason.None),
        };
        _context.Deliveries.StateChanged(now, copy, state, reason, 0);
    }

    /// <summary>Gives up what was tried for long enough.</summary>
    private void Expire(Instant now, ServerEntry entry, MessageTransaction transaction)
    {
        if (entry.Outbox.NextExpiry > now)
            return;
        foreach (ServerOutgoing message in entry.Outbox.Messages.Where(m => m.Expires <= now).ToArray())
        {
            entry.Outbox.Remove(message);
            foreach (byte[] receiver in message.Missing.Where(r => !r.AsSpan().SequenceEqual(OwnIn(entry))))
            {
                EnvelopeId copy = entry.IsDirect ? message.Message : ServerIds.Copy(message.Message, receiver);
                transaction.WhenWritten(at => _context.Deliveries.StateChanged(
                    at, copy, MessageState.Expired, StateReason.LifetimeOver, 0));
            }
        }

        transaction.Touch(entry, spent: false);
    }

    /// <summary>Does something that waits for a server, off the loop.</summary>
    private void Run(Func<Task> work) => _ = ContainAsync(work);

    private async Task ContainAsync(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
        catch (MessagingException)
        {
            // The disk is full or fails: what was done at the server is done again, which changes nothing there.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Nobody awaits this.
            _context.Loop.Failed(e);
        }
    }
}
