using QuicProChat.Mesh.Rpc;

namespace QuicProChat.Mesh.Server.Limits;

/// <summary>A call is refused; what it says goes to the client.</summary>
internal sealed class CallException(RpcStatus status, string message) : Exception(message)
{
    internal RpcStatus Status { get; } = status;

    /// <summary>With <see cref="RpcStatus.RateLimited"/>: when to try again.</summary>
    internal TimeSpan RetryAfter { get; init; }

    /// <summary>With <see cref="RpcStatus.StaleEpoch"/>: the number that the group waits for.</summary>
    internal ulong Epoch { get; init; }
}
