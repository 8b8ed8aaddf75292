namespace QuicProChat.Mesh.Node.Control;

/// <summary>
/// Requests of one client that are unanswered. A few are every client's own, so that others cannot keep it from asking;
/// more come from what all clients share.
/// </summary>
internal sealed class RequestWindow(RequestWindow.Pool pool)
{
    /// <summary>Requests that every client may have under way, whatever others do. Arbitrary.</summary>
    internal const int Own = 16;

    /// <summary>Requests of one client under way at most; more are not read meanwhile.</summary>
    internal const int Max = 1024;

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    private readonly Lock _guard = new();
    private int _count;
    private TaskCompletionSource? _left;
    private TaskCompletionSource? _empty;

    internal int Count
    {
        get
        {
            lock (_guard)
                return _count;
        }
    }

    /// <summary>Counts one more request if there is room for it.</summary>
    internal bool TryEnter()
    {
        lock (_guard)
        {
            if (_count >= Max || (_count >= Own && !pool.TryTake()))
                return false;
            _count++;
            return true;
        }
    }

    /// <summary>Counts one more request, waiting for room.</summary>
    internal async ValueTask EnterAsync(CancellationToken cancellation)
    {
        while (!TryEnter())
        {
            // One of this client's own, or one of somebody else's that was shared.
            using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(LookAgain);
            await OneLeft().WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>One request was answered.</summary>
    internal void Leave()
    {
        lock (_guard)
        {
            if (_count == 0)
                return;
            if (_count-- > Own)
                pool.Return();
            _left?.TrySetResult();
            _left = null;
            if (_count == 0)
            {
                _empty?.TrySetResult();
                _empty = null;
            }
        }
    }

    /// <summary>Forgets all: their answers have nobody to go to.</summary>
    internal void Clear()
    {
        while (Count > 0)
            Leave();
    }

    /// <summary>Completes when nothing is under way.</summary>
    internal Task WhenEmpty()
    {
        lock (_guard)
        {
            if (_count == 0)
                return Task.CompletedTask;
            return (_empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private Task OneLeft()
    {
        lock (_guard)
            return (_left ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    /// <summary>What all clients share.</summary>
    internal sealed class Pool(int size)
    {
        private int _left = size;

        internal bool TryTake()
        {
            if (Interlocked.Decrement(ref _left) >= 0)
                return true;
            Interlocked.Increment(ref _left);
            return false;
        }

        internal void Return() => Interlocked.Increment(ref _left);
    }
}
