using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>
/// Who waits for messages. A waiter is registered, then reads, then waits: what arrives after the reading finds it
/// registered, what arrived before is read. Where other processes store too, who waits also reads at times.
/// </summary>
/// <param name="pollEvery">How often; null for never.</param>
internal sealed class InboxWaiters(TimeSpan? pollEvery = null)
{
    // What timers do not measure is no time.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<InboxHash, List<TaskCompletionSource>> _waiting = [];
    private bool _ended;

    /// <summary>Waiters that are registered.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
                return _waiting.Values.Sum(w => w.Count);
        }
    }

    /// <summary>Wakes whoever waits for an inbox.</summary>
    internal void Wake(InboxId inbox) => Wake(InboxHash.Of(inbox));

    /// <summary>Wakes whoever waits for an inbox with this number.</summary>
    internal void Wake(InboxHash inbox)
    {
        List<TaskCompletionSource>? woken;
        lock (_lock)
        {
            if (!_waiting.Remove(inbox, out woken))
                return;
        }

        foreach (TaskCompletionSource waiter in woken)
            waiter.TrySetResult();
    }

    /// <summary>Wakes everybody, to read again.</summary>
    internal void WakeAll() => WakeAll(end: false);

    /// <summary>Wakes everybody, and lets nobody wait any more.</summary>
    internal void End() => WakeAll(end: true);

    private void WakeAll(bool end)
    {
        List<TaskCompletionSource> woken;
        lock (_lock)
        {
            _ended |= end;
            woken = [.. _waiting.Values.SelectMany(w => w)];
            _waiting.Clear();
        }

        foreach (TaskCompletionSource waiter in woken)
            waiter.TrySetResult();
    }

    /// <summary>
    /// Reads, and where there is nothing waits and reads again, until there is something or the time is over.
    /// </summary>
    /// <param name="inbox">Which.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="gone">The client is gone.</param>
    internal async Task<InboxContent> ReadAsync(
        InboxId inbox, Func<Task<InboxContent>> read, TimeSpan patience, TimeProvider time, CancellationToken gone)
    {
        long start = time.GetTimestamp();
        InboxHash hash = InboxHash.Of(inbox);
        while (true)
        {
            TaskCompletionSource waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
            bool registered = Register(hash, waiter);
            try
            {
                InboxContent content = await read();
                TimeSpan left = patience - time.GetElapsedTime(start);
                if (content.Messages.Count > 0 || !registered || left < Shortest)
                    return content;
                await waiter.Task.WaitAsync(pollEvery < left ? pollEvery.Value : left, time, gone);
            }
            catch (TimeoutException)
            {
                // It is read once more, and returned if that was all of the time.
            }
            finally
            {
                Unregister(hash, waiter);
            }
        }
    }

    private bool Register(InboxHash inbox, TaskCompletionSource waiter)
    {
        lock (_lock)
        {
            if (_ended)
                return false;
            if (!_waiting.TryGetValue(inbox, out List<TaskCompletionSource>? waiters))
                _waiting[inbox] = waiters = [];
            waiters.Add(waiter);
            return true;
        }
    }

    private void Unregister(InboxHash inbox, TaskCompletionSource waiter)
    {
        lock (_lock)
        {
            if (_waiting.TryGetValue(inbox, out List<TaskCompletionSource>? waiters) && waiters.Remove(waiter)
                && waiters.Count == 0)
                _waiting.Remove(inbox);
        }
    }
}
