using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Node.Loop;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Storage;

/// <summary>
/// Collects what a batch of events wants written and commits it as one transaction. Two kinds of writes: operations,
/// whose outcome somebody waits for, and afterthoughts (states, forgotten envelopes, seen ids), which ride along with
/// the next transaction or go by themselves a moment later, and which keep only the newest value for an id.
/// Where a commit waits for the disk (durability full), a thread of its own does it, so that the loop goes on; all
/// batches that gathered meanwhile become its next transaction. Otherwise the loop commits itself, which is quicker
/// than waking a thread.
/// </summary>
internal sealed class StoreWriter : IAsyncDisposable
{
    /// <summary>How long an afterthought may wait for company.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    /// <summary>After a failed commit: how long until afterthoughts are tried again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Afterthoughts that may gather before they are written without waiting.</summary>
    private const int MostAfterthoughts = 4096;

    /// <summary>
    /// Afterthoughts in one transaction after a failed commit: what piled up meanwhile may be more than a disk that is
    /// nearly full takes at once, and must not take what somebody waits for down with it. Arbitrary.
    /// </summary>
    private const int CatchUp = 256;

    /// <summary>
    /// Operations of a failed transaction that may fail one after the other when they are tried by themselves, before
    /// the rest is given up too: then it is not one of them, but the disk. Arbitrary.
    /// </summary>
    private const int MaxFailuresInRow = 3;

    /// <summary>
    /// How often the running time by which held envelopes age is saved where nothing else is written.
    /// </summary>
    private static readonly TimeSpan TimeKept = TimeSpan.FromMinutes(10);

    private readonly MeshStore _store;
    private readonly NodeLoop _loop;
    private readonly ILogger _log;
    private readonly Channel<Batch>? _queue;
    private readonly Task _writing;
    private List<StoreOperation> _operations = [];
    private Afterthoughts _afterthoughts = new();
    private Instant _due = Instant.Never;
    private Instant _keepTime;
    private bool _failing;
    private bool _tight;
    private bool _unsynced;
    private bool _catchingUp;

    internal StoreWriter(MeshStore store, NodeLoop loop, bool ownThread, Instant now, ILogger log)
    {
        _keepTime = now + TimeKept;
        _store = store;
        _loop = loop;
        _log = log;
        _queue = ownThread ? Channel.CreateUnbounded<Batch>(new UnboundedChannelOptions { SingleReader = true }) : null;
        _writing = _queue is null
            ? Task.CompletedTask
            : Task.Factory.StartNew(WriteQueued, CancellationToken.None, TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
    }

    /// <summary>When <see cref="EndBatch"/> has something to write by itself.</summary>
    internal Instant NextDue => _operations.Count > 0 ? default : Instant.Min(_due, _keepTime);

    /// <summary>Transactions committed.</summary>
    internal long Commits { get; private set; }

    /// <summary>Transactions that failed.</summary>
    internal long Failures { get; private set; }

    /// <summary>
    /// The last commit failed, most likely for want of space, or there is none for what others send, or what was
    /// committed may not survive a power cut.
    /// </summary>
    internal bool Failing => _failing || _tight || _unsynced;

    /// <summary>Adds an operation to the batch.</summary>
    internal void Add(StoreOperation operation) => _operations.Add(operation);

    /// <summary>What may be written later.</summary>
    internal Afterthoughts Later(Instant now)
    {
        if (_due == Instant.Never)
            _due = now + Patience;
        return _afterthoughts;
    }

    /// <summary>
    /// Commits what was collected, or hands it to the writing thread. Outcomes may come before this returns.
    /// </summary>
    /// <returns>True if outcomes were told: the router may have something to say.</returns>
    internal bool EndBatch(Instant now)
    {
        bool many = !_catchingUp && _afterthoughts.Count >= MostAfterthoughts;
        bool keepTime = now >= _keepTime;
        if (_operations.Count == 0 && now < _due && !many && !keepTime)
            return false;
        if (keepTime)
            _keepTime = now + TimeKept;
        var batch = new Batch(_operations, TakeAfterthoughts(), keepTime);
        _operations = [];
        _due = _afterthoughts.Count > 0 ? now + Patience : Instant.Never;
        if (_queue is not null)
        {
            _ = _queue.Writer.TryWrite(batch);
            return false;
        }

        Commit([batch]);
        Finish(now, [batch]);
        return batch.Operations.Count > 0;
    }

    /// <summary>Writes what is left; the loop has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue?.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
        if (_operations.Count > 0 || _afterthoughts.Count > 0)
            Commit([new Batch(_operations, _afterthoughts, KeepTime: false)]);
    }

    private Afterthoughts TakeAfterthoughts()
    {
        if (_catchingUp && _afterthoughts.Count > CatchUp)
            return _afterthoughts.Take(CatchUp);
        Afterthoughts all = _afterthoughts;
        _afterthoughts = new Afterthoughts();
        _catchingUp = false;
        return all;
    }

    private void WriteQueued()
    {
        ChannelReader<Batch> queue = _queue!.Reader;
        while (queue.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            var together = new List<Batch>();
            while (queue.TryRead(out Batch? batch))
                together.Add(batch);
            Commit(together);
            try
            {
                _loop.PostAsync(new Outcome(this, together)).AsTask().GetAwaiter().GetResult();
            }
            catch (ChannelClosedException)
            {
                // The loop has ended: nobody waits for the outcome any more.
            }
        }
    }

    private void Commit(List<Batch> batches)
    {
        bool written = TryWrite(store =>
        {
            foreach (Batch batch in batches)
            {
                foreach (StoreOperation operation in batch.Operations)
                    operation.Write(store);
                batch.Afterthoughts.Write(store);
            }
        });
        if (!written)
            WriteEach(batches);
        else if (batches.Exists(static batch => batch.KeepTime))
            KeepTime();
    }

    // What others send must not take down what shared a transaction with it, nor one damaged row the rest.
    private void WriteEach(List<Batch> batches)
    {
        // One alone has been tried; and where there is none, the afterthoughts have.
        int failures = batches.Sum(static batch => batch.Operations.Count) > 1 ? 0 : MaxFailuresInRow + 1;
        foreach (Batch batch in batches)
        {
            foreach (StoreOperation operation in batch.Operations)
            {
                if (failures <= MaxFailuresInRow && TryWrite(operation.Write))
                {
                    failures = 0;
                    continue;
                }

                failures++;
                batch.Failed.Add(operation);
            }

            batch.IsDeferred = failures > MaxFailuresInRow || !TryWrite(batch.Afterthoughts.Write);
        }
    }

    private void Tell(Instant now, StoreOperation operation, bool written)
    {
        try
        {
            _loop.Faults.At(written ? FaultPlace.Stored : FaultPlace.NotStored);
            operation.Done(now, written);
        }
        catch (Exception e)
        {
            _loop.Faults.Note(FaultSeam.Store, e);
            TellOfFault(now, operation, written);
        }
    }

    private void TellOfFault(Instant now, StoreOperation operation, bool written)
    {
        try
        {
            operation.Failed(now, written);
        }
        catch (Exception e)
        {
            _loop.Faults.Note(FaultSeam.Store, e);
        }
    }

    private bool TryWrite(Action<MeshStore> write)
    {
        try
        {
            _loop.Faults.At(FaultPlace.Write);
            _store.Begin();
            write(_store);
            _store.Commit();
            return true;
        }
        catch (StoreException e)
        {
            _store.Rollback();
            if (!_failing)
                _log.StoreFailed(e.Message);
            return false;
        }
        catch (Exception e)
        {
            // A fault in what was to be written; the others of its transaction are tried without it.
            _loop.Faults.Note(FaultSeam.Store, e);
            _store.Rollback();
            return false;
        }
    }

    // What the batch asked for is on disk already: this failure changes nothing about that.
    private void KeepTime()
    {
        try
        {
            _store.KeepTime();
        }
        catch (StoreException e)
        {
            _store.Rollback();
            if (!_failing)
                _log.StoreFailed(e.Message);
        }
    }

    private void Finish(Instant now, List<Batch> batches)
    {
        bool written = batches.TrueForAll(static batch => !batch.IsDeferred && batch.Failed.Count == 0);
        if (written)
            Commits++;
        else
            Failures++;
        if (written && _failing)
            _log.StoreRecovered();
        _failing = !written;
        if (written && _store.IsFullForOthers != _tight)
        {
            _tight = !_tight;
            if (_tight)
                _log.StoreTight();
            else
                _log.StoreRecovered();
        }

        if (written && (_store.SyncFault is not null) != _unsynced)
        {
            _unsynced = !_unsynced;
            if (_store.SyncFault is { } fault)
                _log.StoreNotSynced(fault.Message);
            else
                _log.StoreRecovered();
        }

        foreach (Batch batch in batches)
        {
            if (batch.IsDeferred)
            {
                // Nothing in there may be lost, and nobody waits for it: the next transaction tries again.
                _afterthoughts.AddOlder(batch.Afterthoughts);
                _catchingUp = true;
            }

            batch.Tell(operation => Tell(now, operation, !batch.Failed.Contains(operation)));
        }

        if (_catchingUp && _afterthoughts.Count > 0)
            _due = written ? now : now + Pause;
    }

    private sealed record Batch(List<StoreOperation> Operations, Afterthoughts Afterthoughts, bool KeepTime)
    {
        /// <summary>Operations that are not on disk.</summary>
        internal HashSet<StoreOperation> Failed { get; } = [];

        /// <summary>The afterthoughts are not on disk.</summary>
        internal bool IsDeferred { get; set; }

        private int _told;

        /// <summary>Tells those operations that have not been told.</summary>
        internal void Tell(Action<StoreOperation> tell)
        {
            while (_told < Operations.Count)
                tell(Operations[_told++]);
        }
    }

    private sealed class Outcome(StoreWriter writer, List<Batch> batches) : ILoopWork
    {
        public void Run(Instant now) => writer.Finish(now, batches);

        public void Failed(Instant now, Exception fault) => writer.Finish(now, batches);
    }
}
