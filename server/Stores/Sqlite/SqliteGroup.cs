using System.Threading.Channels;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>
/// The one writer of the database, on a thread of its own. What arrives while the disk is busy becomes one transaction
/// with one fsync (group commit); each piece of work returns when that transaction is on the disk.
/// </summary>
internal sealed class SqliteGroup : IAsyncDisposable
{
    // Arbitrary. The first bounds memory: whoever comes later waits. The second bounds how long one transaction takes.
    private const int MaxWaiting = 16_384;
    private const int MaxGroup = 2048;

    private readonly Channel<Work> _waiting =
        Channel.CreateBounded<Work>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly Database _database;
    private readonly Statement _begin;
    private readonly Statement _commit;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal SqliteGroup(Database database)
    {
        _database = database;
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        _thread = new Thread(Loop) { IsBackground = true, Name = "store" };
    }

    /// <summary>Called within each transaction, before it is committed.</summary>
    internal Action BeforeCommit { get; set; } = () => { };

    /// <summary>Called where a transaction came to nothing: what was remembered of it is wrong.</summary>
    internal Action AfterRollback { get; set; } = () => { };

    /// <summary>Begins to work.</summary>
    internal void Start() => _thread.Start();

    /// <summary>Does something in a transaction.</summary>
    /// <param name="work">What, on the writer's thread; it may be done again, if other work of its transaction
    /// failed.</param>
    /// <param name="committed">What to do when it is on the disk, on the writer's thread; must not wait.</param>
    /// <exception cref="StoreException">The disk does not take it; nothing of it was stored.</exception>
    internal async Task<T> RunAsync<T>(Func<T> work, Action<T>? committed = null)
    {
        Work<T> entry = new(work, committed);
        try
        {
            await _waiting.Writer.WriteAsync(entry);
        }
        catch (ChannelClosedException e)
        {
            throw new StoreException(StoreError.Io, "The store is closed.", e);
        }

        return await entry.Task;
    }

    /// <summary>Does what is waiting, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        if (_thread.IsAlive)
            await _ended.Task;
        _database.Dispose();
    }

    private void Loop()
    {
        List<Work> group = [];
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (group.Count < MaxGroup && _waiting.Reader.TryRead(out Work? next))
                group.Add(next);
            if (!TryRun(group, out _))
            {
                // One of them fails: each alone, so that it costs nobody else anything.
                foreach (Work alone in group)
                {
                    if (!TryRun([alone], out Exception? fault))
                        alone.Fail(fault!);
                }
            }

            group.Clear();
        }

        _ended.SetResult();
    }

    // One bad event costs that event: whatever it throws is handed to whoever asked.
    private bool TryRun(List<Work> group, out Exception? fault)
    {
        try
        {
            _begin.Run();
            foreach (Work work in group)
                work.Execute();
            BeforeCommit();
            _commit.Run();
        }
        catch (Exception e)
        {
            fault = e;
            RollBack();
            return false;
        }

        foreach (Work work in group)
            work.Complete();
        fault = null;
        return true;
    }

    private void RollBack()
    {
        AfterRollback();
        if (_database.IsIdle)
            return;
        try
        {
            _database.Execute("ROLLBACK");
        }
        catch (StoreException)
        {
            // The transaction's own fault is the one that is told; the next BEGIN fails if this one did not end.
        }
    }

    private abstract class Work
    {
        internal abstract void Execute();

        internal abstract void Complete();

        internal abstract void Fail(Exception fault);
    }

    private sealed class Work<T>(Func<T> work, Action<T>? committed) : Work
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;

        internal Task<T> Task => _done.Task;

        internal override void Execute() => _result = work();

        internal override void Complete()
        {
            committed?.Invoke(_result);
            _done.SetResult(_result);
        }

        internal override void Fail(Exception fault) => _done.SetException(fault);
    }
}
