using Google.Protobuf;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>Inboxes: methods 200 to 205.</summary>
internal sealed class DeliveryCalls(
    IInboxStore inboxes, IChannelStore channels, InboxWaiters waiters, ServerKeys keys, TimeProvider time)
{
    // Arbitrary: a batch is a commit and Welcomes for the members of a group.
    private const int MaxBatch = 1024;

    private const int MaxGroupId = 64;
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1000;

    // Arbitrary: what one answer takes of the server's memory; one message may be larger.
    private const int MaxAnswerBytes = 1024 * 1024;

    // What a message may have, so that it fits into an answer with what stands beside it.
    private const int MaxMessage = FrameCodec.MaxPayload - 1024;

    // docs/reference/client-server.md: 30 days at most, and by default.
    private const uint MaxLifetimeSeconds = 30 * 24 * 3600;

    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);

    internal IEnumerable<CallHandler> Handlers =>
    [
        CallHandler.For(RpcMethod.Enqueue, EnqueueRequest.Parser, EnqueueAsync),
        CallHandler.For(RpcMethod.BatchEnqueue, BatchEnqueueRequest.Parser, BatchAsync),
        CallHandler.For(RpcMethod.Fetch, FetchRequest.Parser, FetchAsync),
        CallHandler.For(RpcMethod.Peek, FetchRequest.Parser, FetchAsync),
        CallHandler.For(RpcMethod.FetchWait, FetchWaitRequest.Parser, FetchWaitAsync),
        CallHandler.For(RpcMethod.Ack, AckRequest.Parser, AckAsync),
    ];

    private async Task<IMessage> EnqueueAsync(Call call, EnqueueRequest request)
    {
        EnqueueOutcome outcome = await inboxes.EnqueueAsync(call.Account.Identity, [Read(request)], order: null);
        Require(outcome);
        return Answer(request, outcome.Messages[0]);
    }

    private async Task<IMessage> BatchAsync(Call call, BatchEnqueueRequest request)
    {
        if (request.Items.Count is 0 or > MaxBatch)
            throw Refusal.BadRequest($"A batch has 1 to {MaxBatch} messages.");
        if (request.GroupId.Length > MaxGroupId)
            throw Refusal.BadRequest($"group_id has at most {MaxGroupId} bytes.");
        CommitOrder? order = request.GroupId.IsEmpty ? null : new CommitOrder(request.GroupId.Memory, request.Epoch);
        EnqueueOutcome outcome =
            await inboxes.EnqueueAsync(call.Account.Identity, [.. request.Items.Select(Read)], order);
        Require(outcome);
        BatchEnqueueResponse response = new();
        for (int i = 0; i < outcome.Messages.Length; i++)
            response.Results.Add(Answer(request.Items[i], outcome.Messages[i]));
        return response;
    }

    private async Task<IMessage> FetchAsync(Call call, FetchRequest request)
    {
        (InboxId inbox, DeviceId device) =
            await OwnAsync(call, request.RecipientKey, request.ChannelId, request.DeviceId);
        return Answer(call, await inboxes.ReadAsync(inbox, device, Limit(request.Limit), MaxAnswerBytes));
    }

    private async Task<IMessage> FetchWaitAsync(Call call, FetchWaitRequest request)
    {
        (InboxId inbox, DeviceId device) =
            await OwnAsync(call, request.RecipientKey, request.ChannelId, request.DeviceId);
        TimeSpan patience = TimeSpan.FromMilliseconds(Math.Min(request.TimeoutMs, (ulong)MaxWait.TotalMilliseconds));
        return Answer(call, await waiters.ReadAsync(
            inbox, () => inboxes.ReadAsync(inbox, device, Limit(request.Limit), MaxAnswerBytes), patience, time,
            call.Gone));
    }

    private async Task<IMessage> AckAsync(Call call, AckRequest request)
    {
        (InboxId inbox, DeviceId device) =
            await OwnAsync(call, request.RecipientKey, request.ChannelId, request.DeviceId);
        await inboxes.AcknowledgeAsync(inbox, device, (long)Math.Min(request.SeqUpTo, long.MaxValue));
        return new AckResponse();
    }

    /// <summary>The inbox of a request, if it is the caller's, and the device it is read for.</summary>
    private async Task<(InboxId Inbox, DeviceId Device)> OwnAsync(Call call, ByteString recipient, ByteString channel,
        ByteString device)
    {
        InboxId inbox = ReadInbox(recipient, channel);
        StoredSession account = call.Account;
        if (inbox.Recipient != account.Identity)
            throw Refusal.Forbidden("This is not your inbox.");
        if (!inbox.Channel.IsNone && !await channels.IsMemberAsync(inbox.Channel, account.Identity))
            throw Refusal.Forbidden("You are not a member of this channel.");
        if (!DeviceId.TryRead(device.Span, out DeviceId named))
            throw Refusal.BadRequest("device_id has 16 bytes, or none.");
        // A session speaks for its own device: no other's messages are acknowledged by it.
        if (named != default && named != account.Device)
            throw Refusal.Forbidden("This session is not that device's.");
        return (inbox, account.Device);
    }

    private static NewMessage Read(EnqueueRequest request)
    {
        if (!MessageId.TryRead(request.MessageId.Span, out MessageId id))
            throw Refusal.BadRequest($"message_id has {MessageId.Size} bytes.");
        if (request.Payload.IsEmpty)
            throw Refusal.BadRequest("payload is empty.");
        if (request.Payload.Length > MaxMessage)
            throw new CallException(RpcStatus.TooLarge, $"A message may have {MaxMessage} bytes.");
        uint seconds = request.TtlSecs == 0 ? MaxLifetimeSeconds : Math.Min(request.TtlSecs, MaxLifetimeSeconds);
        return new NewMessage(ReadInbox(request.RecipientKey, request.ChannelId), id, request.Payload.Memory,
            seconds * 1000L);
    }

    private static InboxId ReadInbox(ByteString recipient, ByteString channel)
    {
        if (!IdentityKey.TryRead(recipient.Span, out IdentityKey key))
            throw Refusal.BadRequest($"recipient_key has {IdentityKey.Size} bytes.");
        return ChannelId.TryRead(channel.Span, out ChannelId id) ? new InboxId(key, id)
            : throw Refusal.BadRequest($"channel_id has {ChannelId.Size} bytes, or none.");
    }

    private static int Limit(uint asked) => asked == 0 ? DefaultLimit : (int)Math.Min(asked, MaxLimit);

    private static void Require(EnqueueOutcome outcome)
    {
        switch (outcome.Result)
        {
            case EnqueueResult.Stored:
                return;
            case EnqueueResult.NoRecipient:
                throw Refusal.NotFound("The recipient has no account here.");
            case EnqueueResult.Forbidden:
                throw Refusal.Forbidden("You are not a member of this channel or group.");
            case EnqueueResult.Conflict:
                throw new CallException(RpcStatus.Conflict, "Something else was stored under this message_id.");
            case EnqueueResult.Full:
                throw new CallException(RpcStatus.Unavailable, "The inbox, or your share of it, is full.");
            case EnqueueResult.StaleEpoch:
                throw new CallException(
                    RpcStatus.StaleEpoch, "Another commit of this epoch came first.")
                { Epoch = outcome.Epoch };
            default:
                throw new InvalidOperationException("A result that does not exist.");
        }
    }

    private EnqueueResponse Answer(EnqueueRequest request, StoredMessage stored) => new()
    {
        Seq = (ulong)stored.Sequence,
        DeliveryProof = UnsafeByteOperations.UnsafeWrap(
            DeliveryProof.Sign(keys.Identity, request, (ulong)stored.Sequence, (ulong)stored.TimeMs)),
        Duplicate = stored.Duplicate,
    };

    private static FetchResponse Answer(Call call, InboxContent content)
    {
        call.Charge(content.Messages.Sum(m => (long)m.Payload.Length));
        FetchResponse response =
            new() { OldestSeq = (ulong)content.OldestSequence, NewestSeq = (ulong)content.NewestSequence };
        foreach (InboxMessage message in content.Messages)
        {
            response.Payloads.Add(new Envelope
            {
                Seq = (ulong)message.Sequence,
                Data = UnsafeByteOperations.UnsafeWrap(message.Payload),
                MessageId = UnsafeByteOperations.UnsafeWrap(message.Id.ToArray()),
                TimeMs = (ulong)message.TimeMs,
            });
        }

        return response;
    }
}
