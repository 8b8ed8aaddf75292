using Google.Protobuf;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Federation;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>Messages into inboxes of this server, whoever sends them: from requests to what is stored, and to
/// proofs.</summary>
internal sealed class Deliveries(IInboxStore inboxes, ServerKeys keys)
{
    // Arbitrary: a batch is a commit and Welcomes for the members of a group.
    private const int MaxBatch = 1024;

    // Arbitrary: members on other servers that a commit names.
    private const int MaxElsewhere = 256;

    private const int MaxGroupId = 64;

    // What a message may have, so that it fits into an answer with what stands beside it.
    private const int MaxMessage = FrameCodec.MaxPayload - 1024;

    // docs/reference/client-server.md: 30 days at most, and by default.
    private const uint MaxLifetimeSeconds = 30 * 24 * 3600;

    /// <summary>Stores a message.</summary>
    internal async Task<EnqueueResponse> StoreAsync(IdentityKey sender, EnqueueRequest request)
    {
        EnqueueOutcome outcome = await inboxes.EnqueueAsync(sender, [Read(request)], order: null);
        Require(outcome);
        return Answer(request, outcome.Messages[0]);
    }

    /// <summary>Stores the messages of a batch, or none.</summary>
    internal async Task<BatchEnqueueResponse> StoreAsync(
        IdentityKey sender, BatchEnqueueRequest request, CommitOrder? order)
    {
        Check(request);
        EnqueueOutcome outcome = await inboxes.EnqueueAsync(sender, [.. request.Items.Select(Read)], order);
        Require(outcome);
        BatchEnqueueResponse response = new();
        for (int i = 0; i < outcome.Messages.Length; i++)
            response.Results.Add(Answer(request.Items[i], outcome.Messages[i]));
        return response;
    }

    /// <summary>Refuses a batch that is none.</summary>
    internal static void Check(BatchEnqueueRequest request)
    {
        if (request.Items.Count is 0 or > MaxBatch)
            throw Refusal.BadRequest($"A batch has 1 to {MaxBatch} messages.");
        if (request.Elsewhere.Count > MaxElsewhere)
            throw Refusal.BadRequest($"A batch names at most {MaxElsewhere} members on other servers.");
        if (request.GroupId.Length > MaxGroupId)
            throw Refusal.BadRequest($"group_id has at most {MaxGroupId} bytes.");
    }

    /// <summary>The place that a batch asks for among the commits of its group; null where it asks for none.</summary>
    /// <param name="request">The batch.</param>
    /// <param name="committer">Who commits, as members are called here.</param>
    /// <param name="own">What this server is called among servers; empty where it speaks with none.</param>
    internal static CommitOrder? OrderOf(BatchEnqueueRequest request, IdentityKey committer, string own) =>
        request.GroupId.IsEmpty ? null : new CommitOrder(request.GroupId.Memory, request.Epoch)
        {
            Committer = committer,
            Elsewhere = [.. request.Elsewhere.Select(m => MemberKey.Of(m.Domain, ReadKey(m.IdentityKey), own))],
        };

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
                throw new CallException(RpcStatus.Unavailable, "The inbox, your share of it, or the number of your groups is full.");
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

    /// <summary>A message of a request.</summary>
    internal static NewMessage Read(EnqueueRequest request)
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

    /// <summary>The inbox of a request.</summary>
    internal static InboxId ReadInbox(ByteString recipient, ByteString channel)
    {
        IdentityKey key = ReadKey(recipient);
        return ChannelId.TryRead(channel.Span, out ChannelId id) ? new InboxId(key, id)
            : throw Refusal.BadRequest($"channel_id has {ChannelId.Size} bytes, or none.");
    }

    /// <summary>An identity key of a request.</summary>
    internal static IdentityKey ReadKey(ByteString bytes) => IdentityKey.TryRead(bytes.Span, out IdentityKey key) ? key
        : throw Refusal.BadRequest($"A key has {IdentityKey.Size} bytes.");
}
