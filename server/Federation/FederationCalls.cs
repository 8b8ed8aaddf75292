using Google.Protobuf;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Federation;

/// <summary>
/// What other servers ask for: methods 900 to 902, 904 and 905. Nothing of it goes on to a third server.
/// <code>
///  origin in the certificate? --> destination this server? --> time --> rates --> signature --> what is asked
/// </code>
/// </summary>
internal sealed class FederationCalls(
    FederationOptions options, IServerStore store, Deliveries deliveries, ServerKeys keys, PeerLimits limits,
    TimeProvider time, ILogger logger)
{
    // Arbitrary: how far the clocks of two servers may be apart.
    private static readonly TimeSpan MaxClockDifference = TimeSpan.FromMinutes(5);

    // Arbitrary: what a commit to all members of a group, and the Welcomes, are.
    private const int MaxBatch = 256;

    internal IEnumerable<CallHandler> Handlers =>
    [
        Handler(RpcMethod.RelayEnqueue, RelayEnqueueRequest.Parser, RelayAsync),
        Handler(RpcMethod.RelayBatchEnqueue, RelayBatchEnqueueRequest.Parser, RelayBatchAsync),
        Handler(RpcMethod.ProxyFetchKeyPackage, ProxyFetchKeyPackageRequest.Parser, FetchKeyPackageAsync),
        Handler(RpcMethod.ProxyResolveUser, ProxyResolveUserRequest.Parser, ResolveAsync),
        Handler(RpcMethod.FederationHealth, FederationHealthRequest.Parser, HealthAsync),
    ];

    private CallHandler Handler<T>(RpcMethod method, MessageParser<T> parser, Func<string, T, Task<IMessage>> run)
        where T : class, IMessage<T> => CallHandler.ForServers(method, async (call, request) =>
        {
            string origin = Verify(method, call.Client.Peer!, request);
            return Messages.TryParse(parser, request.Body.Memory, out T? body) ? await run(origin, body)
                : throw Refusal.BadRequest("body is no message of this method.");
        });

    /// <summary>Who calls: all of it is known before anything is looked up.</summary>
    private string Verify(RpcMethod method, Peer peer, FederationRequest request)
    {
        if (!peer.Domains.Contains(request.Origin))
            throw Refuse(peer, "origin is no name in your certificate that this server speaks with.");
        if (request.Destination != options.Domain)
            throw Refuse(peer, "destination is another server.");
        if (Math.Abs((double)request.TimeMs - time.GetUtcNow().ToUnixTimeMilliseconds())
            > MaxClockDifference.TotalMilliseconds)
            throw Refuse(peer, $"time_ms is more than {MaxClockDifference.TotalMinutes} minutes off.");
        limits.TakeCall(request.Origin);
        return SignedCall.Verify(method, request, peer.Certificate) ? request.Origin
            : throw Refuse(peer, "signature is not by your certificate's key, or of another call.");
    }

    private CallException Refuse(Peer peer, string reason)
    {
        if (limits.MayTell())
            Log.PeerRefused(logger, peer.Domains[0], reason);
        return Refusal.Forbidden(reason);
    }

    private async Task<IMessage> RelayAsync(string origin, RelayEnqueueRequest request)
    {
        EnqueueRequest message = request.Message ?? throw Refusal.BadRequest("message is missing.");
        IdentityKey sender = Deliveries.ReadKey(request.SenderKey);
        CheckIsHere(message.Domain);
        CheckInbox(message);
        await RefuseBannedAsync(sender);
        return await deliveries.StoreAsync(SenderOf(origin), message);
    }

    private async Task<IMessage> RelayBatchAsync(string origin, RelayBatchEnqueueRequest request)
    {
        BatchEnqueueRequest batch = request.Batch ?? throw Refusal.BadRequest("batch is missing.");
        IdentityKey sender = Deliveries.ReadKey(request.SenderKey);
        CheckIsHere(batch.Domain);
        Deliveries.Check(batch);
        if (batch.Items.Count > MaxBatch)
            throw Refusal.BadRequest($"A batch of another server has at most {MaxBatch} messages.");
        foreach (EnqueueRequest message in batch.Items)
        {
            CheckIsHere(message.Domain);
            CheckInbox(message);
        }

        await RefuseBannedAsync(sender);
        return await deliveries.StoreAsync(
            SenderOf(origin), batch,
            Deliveries.OrderOf(batch, MemberKey.Of(origin, sender, options.Domain), options.Domain));
    }

    private async Task<IMessage> FetchKeyPackageAsync(string origin, ProxyFetchKeyPackageRequest request)
    {
        IdentityKey owner = Deliveries.ReadKey(request.IdentityKey);
        limits.TakeKeyPackage(origin, SenderOf(origin), owner);
        if (request.OfEach)
            return await KeyPackageCalls.TakeOfEachAsync(store.KeyPackages, owner, isMeant: null);
        (byte[] package, bool lastResort) = await store.KeyPackages.TakeAsync(owner)
            ?? throw Refusal.NotFound("There is no KeyPackage of this key.");
        return new FetchKeyPackageResponse
        {
            Package = UnsafeByteOperations.UnsafeWrap(package),
            LastResort = lastResort,
        };
    }

    private async Task<IMessage> ResolveAsync(string origin, ProxyResolveUserRequest request)
    {
        limits.TakeLookup(origin);
        StoredAccount? account = request.IdentityKey.IsEmpty ? await store.Accounts.FindAsync(request.Username)
            : await store.Accounts.FindAsync(Deliveries.ReadKey(request.IdentityKey));
        return account is null ? throw Refusal.NotFound("Nobody here has this name or key.")
            : new ProxyResolveUserResponse
            {
                Username = account.Username,
                IdentityKey = UnsafeByteOperations.UnsafeWrap(account.Identity.ToArray()),
            };
    }

    private Task<IMessage> HealthAsync(string origin, FederationHealthRequest request) =>
        Task.FromResult<IMessage>(new FederationHealthResponse
        {
            Domain = options.Domain,
            ServerKey = ByteString.CopyFrom(keys.Identity.PublicKey.Span),
            TimeMs = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds(),
        });

    // A ban is of a key, wherever its account is: the other server says who sends.
    private async Task RefuseBannedAsync(IdentityKey sender)
    {
        if (await store.Moderation.FindBanAsync(sender) is { } ban)
            throw ModerationCalls.Banned(ban);
    }

    private void CheckIsHere(string domain)
    {
        if (domain.Length > 0 && domain != options.Domain)
            throw Refusal.Forbidden("The recipient is on another server, and this one relays to none.");
    }

    // Channels are between two users of this server.
    private static void CheckInbox(EnqueueRequest message)
    {
        if (!message.ChannelId.IsEmpty)
            throw Refusal.Forbidden("Only users of this server are members of its channels.");
    }

    private IdentityKey SenderOf(string origin) =>
        MemberKey.SenderOf(origin, options.Peers.ContainsKey(origin), keys.Hash);
}
