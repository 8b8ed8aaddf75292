using System.Security.Cryptography;
using Google.Protobuf;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Rpc;

namespace QuicProChat.Mesh.Node.Accounts;

/// <content>Calls over the accounts of this node.</content>
internal sealed partial class AccountHost
{
    /// <summary>Calls a method for somebody who waits, and says in one sentence what is wrong.</summary>
    internal Task<T> CallAsync<T>(
        string server, string user, RpcMethod method, IMessage request, MessageParser<T> parser,
        CancellationToken cancellation)
        where T : class, IMessage<T> => WaitingAsync(
            server, user, (link, token) => link.CallAsync(method, request, parser, token), cancellation);

    /// <summary>The same with a request that this node signs.</summary>
    internal Task<T> CallProvenAsync<T>(
        string server, string user, RpcMethod method, Func<CallProof, IMessage> request, MessageParser<T> parser,
        CancellationToken cancellation)
        where T : class, IMessage<T> => WaitingAsync(
            server, user, (link, token) => link.CallProvenAsync(method, request, parser, token), cancellation);

    /// <inheritdoc/>
    public Task<T> CallAsync<T>(
        string server, RpcMethod method, IMessage request, MessageParser<T> parser, CancellationToken cancellation)
        where T : class, IMessage<T> => LinkOf(server) is { } link
            ? link.CallAsync(method, request, parser, cancellation)
            : throw new IOException($"this node is not logged in at {server}");

    /// <summary>Asks the server of an account; it gives up after some seconds.</summary>
    internal Task<ServerAnswer<TResult>> AskAsync<T, TResult>(
        string server, RpcMethod method, IMessage request, MessageParser<T> parser, Func<T, TResult?> read)
        where T : class, IMessage<T>
        where TResult : class =>
        LinkOf(server) is { } link ? link.AskAsync(method, request, parser, read)
            : Task.FromResult(new ServerAnswer<TResult>(ServerStatus.Gone, null));

    /// <summary>The same with a request that this node signs.</summary>
    private Task<ServerAnswer<T>> AskProvenAsync<T>(
        string server, RpcMethod method, Func<CallProof, IMessage> request, MessageParser<T> parser)
        where T : class, IMessage<T> => LinkOf(server) is { } link ? link.AskProvenAsync(method, request, parser)
            : Task.FromResult(new ServerAnswer<T>(ServerStatus.Gone, null));

    private async Task<T> WaitingAsync<T>(
        string server, string user, Func<ServerLink, CancellationToken, Task<T>> call, CancellationToken cancellation)
        where T : class
    {
        Account account = Require(server, user);
        if (account.Link is null)
            throw ControlException.Refused($"this node is not logged in as {user} at {server}");
        using var limit = new CancellationTokenSource(AskPatience, place.Time);
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation, _ending.Token);
        T answer = null!;
        await RefusingAsync(async () => answer = await call(account.Link, either.Token).ConfigureAwait(false))
            .ConfigureAwait(false);
        return answer;
    }

    /// <summary>Does something that a server or the network may refuse, and says so in one sentence.</summary>
    private static async Task RefusingAsync(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception e) when (
            e is RpcException or IOException or TimeoutException or InvalidDataException or CryptographicException)
        {
            throw ControlException.Refused(FaultText.Of(e).TrimEnd('.'));
        }
        catch (OperationCanceledException)
        {
            throw ControlException.Refused("the server did not answer in time");
        }
    }
}
