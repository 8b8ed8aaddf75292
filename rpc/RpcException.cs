namespace QuicProChat.Mesh.Rpc;

/// <summary>A server answered something other than "ok".</summary>
/// <param name="status">What it answered.</param>
/// <param name="message">Its words, or ours where it had none.</param>
public sealed class RpcException(RpcStatus status, string message) : Exception(message)
{
    /// <summary>What the server answered.</summary>
    public RpcStatus Status { get; } = status;

    /// <summary>With <see cref="RpcStatus.RateLimited"/>: when to try again.</summary>
    public TimeSpan RetryAfter { get; init; }

    /// <summary>It is the session that was refused, whatever was called: the account is banned, for one.</summary>
    public bool IsOfSession { get; init; }

    /// <summary>With <see cref="RpcStatus.StaleEpoch"/>: the epoch that the group is in.</summary>
    public ulong Epoch { get; init; }
}
