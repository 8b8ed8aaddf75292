using Google.Protobuf;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>Who may call a method.</summary>
internal enum Callers
{
    /// <summary>Clients.</summary>
    Everybody,

    /// <summary>Clients with a session; of a device, where the account has any.</summary>
    Accounts,

    /// <summary>Clients with a session of any device or none, who sign the call with the account's identity.</summary>
    Owners,

    /// <summary>Other servers, and nobody else.</summary>
    Servers,
}

/// <summary>A method as the server does it.</summary>
/// <param name="Method">Its number.</param>
/// <param name="Callers">Who may call it.</param>
/// <param name="RunAsync">Does it with the bytes of its request.</param>
internal sealed record CallHandler(
    RpcMethod Method, Callers Callers, Func<Call, ReadOnlyMemory<byte>, Task<IMessage>> RunAsync)
{
    /// <summary>A method that only accounts may call.</summary>
    internal static CallHandler For<TRequest>(
        RpcMethod method, MessageParser<TRequest> parser, Func<Call, TRequest, Task<IMessage>> run)
        where TRequest : class, IMessage<TRequest> => new(method, Callers.Accounts, Parsing(parser, run));

    /// <summary>A method that only the owner of an account may call, with a signature of the identity.</summary>
    /// <param name="method">Its number.</param>
    /// <param name="parser">Reads its request.</param>
    /// <param name="proofOf">The signature in a request.</param>
    /// <param name="whatOf">What of a request is signed.</param>
    /// <param name="keys">The server's.</param>
    /// <param name="run">Does it.</param>
    internal static CallHandler ForOwner<TRequest>(
        RpcMethod method, MessageParser<TRequest> parser, Func<TRequest, ByteString> proofOf,
        Func<TRequest, byte[]> whatOf, ServerKeys keys, Func<Call, TRequest, Task<IMessage>> run)
        where TRequest : class, IMessage<TRequest> => new(method, Callers.Owners, Parsing(parser, (call, request) =>
            call.IsProven(proofOf(request), call.Account.Identity.ToArray(), method, whatOf(request), keys)
                ? run(call, request)
                : throw Refusal.Forbidden("identity_proof does not show that you hold the account's identity.")));

    /// <summary>A method that everybody may call.</summary>
    internal static CallHandler ForAll<TRequest>(
        RpcMethod method, MessageParser<TRequest> parser, Func<Call, TRequest, Task<IMessage>> run)
        where TRequest : class, IMessage<TRequest> => new(method, Callers.Everybody, Parsing(parser, run));

    /// <summary>A method that only other servers may call.</summary>
    internal static CallHandler ForServers(
        RpcMethod method, Func<Call, Rpc.V1.FederationRequest, Task<IMessage>> run) =>
        new(method, Callers.Servers, Parsing(Rpc.V1.FederationRequest.Parser, run));

    private static Func<Call, ReadOnlyMemory<byte>, Task<IMessage>> Parsing<TRequest>(
        MessageParser<TRequest> parser, Func<Call, TRequest, Task<IMessage>> run)
        where TRequest : class, IMessage<TRequest> => (call, payload) =>
            Messages.TryParse(parser, payload, out TRequest? request) ? run(call, request)
                : throw Refusal.BadRequest("The request is no message of this method.");
}

/// <summary>Refusals that several methods have in common.</summary>
internal static class Refusal
{
    internal static CallException BadRequest(string message) => new(RpcStatus.BadRequest, message);

    internal static CallException Forbidden(string message) => new(RpcStatus.Forbidden, message);

    internal static CallException NotFound(string message) => new(RpcStatus.NotFound, message);
}
