namespace QuicProChat.Mesh.Rpc.Connections;

/// <summary>What a server answered: a status, and the payload as it came.</summary>
/// <param name="Status">How it went.</param>
/// <param name="Payload">The method's answer, or a <see cref="V1.Failure"/>.</param>
public readonly record struct RpcReply(RpcStatus Status, ReadOnlyMemory<byte> Payload);

/// <summary>One connection to a server, over whatever. Safe for use by several threads at once.</summary>
public interface IRpcConnection : IAsyncDisposable
{
    /// <summary>Ends when the connection does; its result is the reason, in words.</summary>
    Task<string> Closed { get; }

    /// <summary>Sends a request and waits for its answer. Waits before that while too many are on their way.</summary>
    /// <param name="method">What to call.</param>
    /// <param name="payload">At most <see cref="FrameCodec.MaxPayload"/> bytes.</param>
    /// <param name="cancellation">Gives up waiting; the server may do it all the same.</param>
    /// <exception cref="IOException">The connection ended before the answer came.</exception>
    Task<RpcReply> CallAsync(RpcMethod method, ReadOnlyMemory<byte> payload, CancellationToken cancellation);
}
