using Google.Protobuf;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Accounts;

/// <summary>
/// The delivery proofs of what an account sends: by its own server, or by the server of the recipient, whose key is
/// asked for once and kept.
/// </summary>
/// <param name="account">The account.</param>
/// <param name="peers">The keys of other servers.</param>
/// <param name="calls">Asks for them.</param>
/// <param name="warn">Tells the owner what does not mend itself.</param>
internal sealed class ServerProofs(AccountRecord account, PeerKeys peers, ServerCalls calls, Action<string> warn)
{
    private volatile string _ownDomain = "";

    /// <summary>What the account's server is called among servers; empty where it speaks with none.</summary>
    internal string OwnDomain
    {
        get => _ownDomain;
        set => _ownDomain = value;
    }

    /// <summary>What is sent for a message: what its proof is compared with.</summary>
    internal static EnqueueRequest Request(ServerMessage message)
    {
        Span<byte> id = stackalloc byte[EnvelopeId.Size];
        message.Id.Write(id);
        return new EnqueueRequest
        {
            RecipientKey = ByteString.CopyFrom(message.Recipient.Span),
            ChannelId = ByteString.CopyFrom(message.Channel.Span),
            MessageId = ByteString.CopyFrom(id),
            Payload = ByteString.CopyFrom(message.Payload.Span),
            TtlSecs = (uint)Math.Clamp(message.Lifetime.TotalSeconds, 1, uint.MaxValue),
        };
    }

    /// <summary>The key that signs on the server of a domain; null, with the reason, where it is not told.</summary>
    internal async Task<(ServerStatus Status, byte[]? Key)> FindKeyAsync(
        string domain, bool once, CancellationToken stop)
    {
        if (IsOwn(domain))
            return (ServerStatus.Done, account.ServerKey);
        if (peers.Find(domain) is { } pinned)
            return (ServerStatus.Done, pinned);
        ServerCalls.Result<HealthResponse> health = await calls.AskAsync(
            RpcMethod.Health, new HealthRequest { Domain = domain }, HealthResponse.Parser,
            static h => h.ServerKey.Length == Ed25519.PublicKeySize, stop, once: once).ConfigureAwait(false);
        if (health.Value is not { } told)
            return (health.Status, null);
        return (ServerStatus.Done, await peers.AddAsync(domain, told.ServerKey.ToByteArray()).ConfigureAwait(false));
    }

    /// <summary>
    /// Whether an answer has the signed word for each message: without it, what the server has was not told.
    /// </summary>
    internal bool IsProven(byte[] key, BatchEnqueueRequest batch, BatchEnqueueResponse answer)
    {
        if (answer.Results.Count != batch.Items.Count)
            return false;
        for (int i = 0; i < batch.Items.Count; i++)
        {
            if (DeliveryProof.TryVerify(answer.Results[i].DeliveryProof.Span, key, batch.Items[i], out _))
                continue;
            if (!IsOwn(batch.Domain) && peers.MayWarn(batch.Domain))
                warn($"{batch.Domain} does not sign with the key that it had before: what is sent there waits. If its "
                    + $"operator says that the key was replaced, log in at {account.Server} again, with --key");
            return false;
        }

        return true;
    }

    private bool IsOwn(string domain) => domain.Length == 0 || domain == _ownDomain;
}
