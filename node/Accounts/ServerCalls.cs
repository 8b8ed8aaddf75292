using Google.Protobuf;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Rpc;

namespace QuicProChat.Mesh.Node.Accounts;

/// <summary>
/// Calls of one account, repeated until the server answers for good. What a server refuses for a time is asked again,
/// later and
/// later; what it says that makes no sense costs it a pause.
/// </summary>
/// <param name="client">The connections.</param>
/// <param name="time">The clock.</param>
/// <param name="ends">Called with the reason where the session has ended.</param>
/// <param name="refuses">Called with the reason where the session is refused for a time, and with null where it is not.
/// </param>
internal sealed class ServerCalls(
    RpcClient client, TimeProvider time, Action<string> ends, Action<string?> refuses)
{
    /// <summary>The first pause after a refusal that may pass, and the longest.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMinutes(1);

    /// <summary>What a call came to.</summary>
    internal readonly record struct Result<T>(ServerStatus Status, T? Value, ulong Epoch);

    /// <summary>Calls until there is an answer.</summary>
    /// <param name="method">The method.</param>
    /// <param name="request">Its request.</param>
    /// <param name="parser">Reads its answer.</param>
    /// <param name="isWhole">Whether an answer has the form that it must have.</param>
    /// <param name="stop">Gives up: then the status is <see cref="ServerStatus.Gone"/>.</param>
    /// <param name="patience">The longest that one answer may take; null for the usual.</param>
    /// <param name="once">Nothing is repeated: what may pass is <see cref="ServerStatus.Gone"/>.</param>
    internal Task<Result<T>> AskAsync<T>(
        RpcMethod method, IMessage request, MessageParser<T> parser, Func<T, bool> isWhole, CancellationToken stop,
        TimeSpan? patience = null, bool once = false)
        where T : class, IMessage<T> =>
        AskAsync(() => client.CallAsync(method, request, parser, stop, patience), isWhole, stop, once);

    /// <summary>The same with a request that is signed for each connection.</summary>
    internal Task<Result<T>> AskProvenAsync<T>(
        RpcMethod method, Func<CallProof, IMessage> request, MessageParser<T> parser, CancellationToken stop)
        where T : class, IMessage<T> => AskAsync(
            () => client.CallProvenAsync(method, request, parser, stop), static _ => true, stop, once: false);

    private async Task<Result<T>> AskAsync<T>(
        Func<Task<T>> call, Func<T, bool> isWhole, CancellationToken stop, bool once)
        where T : class, IMessage<T>
    {
        TimeSpan pause = FirstPause;
        while (true)
        {
            TimeSpan wait = pause;
            try
            {
                T answer = await call().ConfigureAwait(false);
                refuses(null);
                if (isWhole(answer))
                    return new Result<T>(ServerStatus.Done, answer, 0);
            }
            catch (RpcException e) when (e.Status == RpcStatus.Unauthenticated)
            {
                ends("the server has ended the session: log in again");
                return new Result<T>(ServerStatus.Gone, null, 0);
            }
            catch (RpcException e) when (e.IsOfSession && e.Status == RpcStatus.Forbidden)
            {
                // A ban may end.
                refuses(e.Message);
            }
            catch (RpcException e) when (StatusOf(e.Status) is { } status)
            {
                return new Result<T>(status, null, e.Epoch);
            }
            catch (RpcException e)
            {
                wait = TimeSpan.FromTicks(Math.Clamp(e.RetryAfter.Ticks, pause.Ticks, MaxPause.Ticks));
            }
            catch (Exception e) when (e is IOException or TimeoutException or InvalidDataException)
            {
                // The connection has gone, or what came is no answer.
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return new Result<T>(ServerStatus.Gone, null, 0);
            }

            if (once)
                return new Result<T>(ServerStatus.Gone, null, 0);
            await Task.Delay(wait, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested)
                return new Result<T>(ServerStatus.Gone, null, 0);
            pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, MaxPause.Ticks));
        }
    }

    // Null: it may pass.
    private static ServerStatus? StatusOf(RpcStatus status) => status switch
    {
        RpcStatus.NotFound => ServerStatus.NotFound,
        RpcStatus.Forbidden => ServerStatus.Forbidden,
        RpcStatus.Conflict => ServerStatus.Conflict,
        RpcStatus.StaleEpoch => ServerStatus.Stale,
        RpcStatus.TooLarge => ServerStatus.TooLarge,
        RpcStatus.BadRequest => ServerStatus.Refused,
        _ => null,
    };
}
