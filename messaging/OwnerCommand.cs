using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// What the owner wants done to conversations of a kind: a piece of their work, whose caller is answered when its
/// effect is on disk.
/// </summary>
public sealed class OwnerCommand<T>(Func<Instant, MessageTransaction, T> act) : IMessagingWork
{
    private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Hands it to a kind, and waits.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="queue">Where the kind takes work.</param>
    /// <param name="act">What to do, within a transaction.</param>
    /// <exception cref="MessagingException">It was not done.</exception>
    public static async Task<T> RunAsync(
        IMessagingLoop loop, Action<IMessagingWork> queue, Func<Instant, MessageTransaction, T> act)
    {
        var command = new OwnerCommand<T>(act);
        await loop.PostAsync(_ => queue(command), _ => command.Failed()).ConfigureAwait(false);
        return await command._result.Task.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Failed(Instant now, MessageTransaction transaction) => Failed();

    /// <inheritdoc/>
    public void Run(Instant now, MessageTransaction transaction)
    {
        try
        {
            T result = act(now, transaction);
            transaction.WhenWritten(_ => _result.TrySetResult(result), _ => Failed());
            transaction.WhenFailed(_ => Refuse("the store is full or failing"));
        }
        catch (MessagingException e)
        {
            _result.TrySetException(e);
        }
    }

    private void Failed() => Refuse(Deliveries.Fault);

    private void Refuse(string why) => _result.TrySetException(new MessagingException(Refusal.Refused, why));
}
