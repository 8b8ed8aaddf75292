using System.Threading.Channels;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>Messages on their way into the database, and their outcome.</summary>
internal sealed class PostgresWork(
    IdentityKey sender, IReadOnlyList<NewMessage> messages, byte[][] digests, CommitOrder? order)
{
    private readonly TaskCompletionSource<EnqueueOutcome> _done =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal IdentityKey Sender { get; } = sender;

    internal IReadOnlyList<NewMessage> Messages { get; } = messages;

    /// <summary>SHA-256 of each payload.</summary>
    internal byte[][] Digests { get; } = digests;

    internal CommitOrder? Order { get; } = order;

    /// <summary>How it ended, once its transaction is committed.</summary>
    internal EnqueueOutcome? Outcome { get; set; }

    internal Task<EnqueueOutcome> Task => _done.Task;

    internal long Bytes => Messages.Sum(m => (long)m.Payload.Length);

    internal void Complete() => _done.SetResult(Outcome!);

    internal void Fail(Exception fault) => _done.SetException(fault);
}

/// <summary>
/// One of the connections that store. What arrives while a transaction runs is the next transaction (group commit). A
/// commit of a group has a transaction of its own: no transaction holds the rows of two groups.
/// </summary>
internal sealed class PostgresLane : IAsyncDisposable
{
    // Arbitrary. The first bounds memory: whoever comes later waits. The others bound what one transaction takes.
    private const int MaxWaiting = 4096;
    private const int MaxGroup = 256;
    private const long MaxGroupBytes = 8 * 1024 * 1024;

    private readonly Channel<PostgresWork> _waiting =
        Channel.CreateBounded<PostgresWork>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly PostgresDatabase _database;
    private readonly PostgresEnqueue _enqueue;
    private readonly Action<InboxId> _arrived;
    private readonly Task _loop;

    internal PostgresLane(PostgresDatabase database, PostgresEnqueue enqueue, Action<InboxId> arrived)
    {
        _database = database;
        _enqueue = enqueue;
        _arrived = arrived;
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>Stores all messages of a batch, or none.</summary>
    /// <exception cref="StoreException">The database does not take it. If the connection broke while it was committed,
    /// it may be stored: who tries again under the same ids learns it.</exception>
    internal async Task<EnqueueOutcome> RunAsync(PostgresWork work)
    {
        try
        {
            await _waiting.Writer.WriteAsync(work);
        }
        catch (ChannelClosedException e)
        {
            throw new StoreException(StoreError.Io, "The store is closed.", e);
        }

        return await work.Task;
    }

    /// <summary>Does what is waiting, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _loop;
    }

    private async Task LoopAsync()
    {
        List<PostgresWork> group = [];
        while (await _waiting.Reader.WaitToReadAsync())
        {
            Collect(group);
            if (await TryRunAsync(group) is { } fault)
            {
                // A statement failed: each alone, so that it costs nobody else anything. Without a connection all fail.
                bool alone = fault is not StoreException || PostgresFaults.IsOfStatement(fault.InnerException);
                foreach (PostgresWork work in group)
                {
                    if (!alone || group.Count == 1)
                        work.Fail(fault);
                    else if (await TryRunAsync([work]) is { } own)
                        work.Fail(own);
                }
            }

            group.Clear();
        }
    }

    private void Collect(List<PostgresWork> group)
    {
        long bytes = 0;
        while (group.Count < MaxGroup && _waiting.Reader.TryPeek(out PostgresWork? next)
            && (group.Count == 0 || (next.Order is null && bytes + next.Bytes <= MaxGroupBytes)))
        {
            if (!_waiting.Reader.TryRead(out next))
                return;
            group.Add(next);
            bytes += next.Bytes;
            if (next.Order is not null)
                return;
        }
    }

    // One bad event costs that event: whatever it throws is handed to whoever asked.
    private async Task<Exception?> TryRunAsync(List<PostgresWork> group)
    {
        try
        {
            await _enqueue.RunAsync(_database, group);
        }
        catch (Exception e)
        {
            return e;
        }

        foreach (PostgresWork work in group)
        {
            EnqueueOutcome outcome = work.Outcome!;
            for (int i = 0; i < outcome.Messages.Length; i++)
            {
                if (!outcome.Messages[i].Duplicate)
                    _arrived(work.Messages[i].Inbox);
            }

            work.Complete();
        }

        return null;
    }
}
