using Google.Protobuf;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Federation;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>The service itself: method 802.</summary>
internal sealed class ServiceCalls(
    ServerKeys keys, RemoteServers remote, RateLimits rates, RandomFill random, TimeProvider time)
{
    internal IEnumerable<CallHandler> Handlers =>
        [CallHandler.ForAll(RpcMethod.Health, HealthRequest.Parser, HealthAsync)];

    private static string Version { get; } = typeof(ServiceCalls).Assembly.GetName().Version?.ToString(3) ?? "";

    private async Task<IMessage> HealthAsync(Call call, HealthRequest request)
    {
        if (!remote.IsElsewhere(request.Domain))
            return new HealthResponse
            {
                Status = "ok",
                ServerKey = ByteString.CopyFrom(keys.Identity.PublicKey.Span),
                TimeMs = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds(),
                Version = Version,
                Domain = remote.Domain,
                Nonce = ByteString.CopyFrom(call.Client.TakeNonce(random)),
            };
        StoredSession account = call.Account;
        call.RequireDevice();
        rates.TakeLookup(account.Identity);
        FederationHealthResponse health = await remote.CallAsync(
            call, request.Domain, RpcMethod.FederationHealth, new FederationHealthRequest(),
            FederationHealthResponse.Parser);
        if (health.Domain != request.Domain || health.ServerKey.Length != IdentityKey.Size)
            throw new CallException(RpcStatus.Unavailable, $"{request.Domain} does not say which key it signs with.");
        return new HealthResponse
        {
            Status = "ok",
            ServerKey = health.ServerKey,
            TimeMs = health.TimeMs,
            Domain = health.Domain,
        };
    }
}
