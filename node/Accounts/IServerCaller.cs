using Google.Protobuf;
using QuicProChat.Mesh.Rpc;

namespace QuicProChat.Mesh.Node.Accounts;

/// <summary>Calls over the accounts of this node, each within its session. Any thread.</summary>
internal interface IServerCaller
{
    /// <summary>Calls a method of a server.</summary>
    /// <exception cref="RpcException">The server refused.</exception>
    /// <exception cref="IOException">There is no session, or no connection.</exception>
    /// <exception cref="TimeoutException">There was no answer.</exception>
    /// <exception cref="InvalidDataException">The answer is none.</exception>
    /// <exception cref="OperationCanceledException">It was given up, or the account ended.</exception>
    Task<T> CallAsync<T>(
        string server, RpcMethod method, IMessage request, MessageParser<T> parser, CancellationToken cancellation)
        where T : class, IMessage<T>;
}
