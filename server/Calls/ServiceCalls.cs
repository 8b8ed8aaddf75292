using Google.Protobuf;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Hosting;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>The service itself: method 802.</summary>
internal sealed class ServiceCalls(ServerKeys keys, TimeProvider time)
{
    internal IEnumerable<CallHandler> Handlers =>
        [CallHandler.ForAll(RpcMethod.Health, HealthRequest.Parser, HealthAsync)];

    private static string Version { get; } = typeof(ServiceCalls).Assembly.GetName().Version?.ToString(3) ?? "";

    private Task<IMessage> HealthAsync(Call call, HealthRequest request) => Task.FromResult<IMessage>(new HealthResponse
    {
        Status = "ok",
        ServerKey = ByteString.CopyFrom(keys.Identity.PublicKey.Span),
        TimeMs = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds(),
        Version = Version,
    });
}
