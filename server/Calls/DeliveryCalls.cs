using Google.Protobuf;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Federation;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>Inboxes: methods 200 to 205.</summary>
internal sealed class DeliveryCalls(
    IInboxStore inboxes, IChannelStore channels, Deliveries deliveries, RemoteServers remote, InboxWaiters waiters,
    TimeProvider time)
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1000;

    // Arbitrary: what one answer takes of the server's memory; one message may be larger.
    private const int MaxAnswerBytes = 1024 * 1024;

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
        if (!remote.IsElsewhere(request.Domain))
            return await deliveries.StoreAsync(call.Account.Identity, request);
        _ = Deliveries.Read(request);
        return await remote.CallAsync(
            call, request.Domain, RpcMethod.RelayEnqueue,
            new RelayEnqueueRequest { SenderKey = Key(call), Message = request }, EnqueueResponse.Parser);
    }

    private async Task<IMessage> BatchAsync(Call call, BatchEnqueueRequest request)
    {
        if (!remote.IsElsewhere(request.Domain))
            return await deliveries.StoreAsync(
                call.Account.Identity, request, Deliveries.OrderOf(request, call.Account.Identity, remote.Domain));
        Deliveries.Check(request);
        foreach (EnqueueRequest item in request.Items)
            _ = Deliveries.Read(item);
        return await remote.CallAsync(
            call, request.Domain, RpcMethod.RelayBatchEnqueue,
            new RelayBatchEnqueueRequest { SenderKey = Key(call), Batch = request }, BatchEnqueueResponse.Parser);
    }

    private static ByteString Key(Call call) =>
        UnsafeByteOperations.UnsafeWrap(call.Account.Identity.ToArray());

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
        InboxId inbox = Deliveries.ReadInbox(recipient, channel);
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

    private static int Limit(uint asked) => asked == 0 ? DefaultLimit : (int)Math.Min(asked, MaxLimit);

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
