using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>
/// Who waits for messages. A waiter is registered, then reads, then waits: what arrives after the reading finds it
/// registered, what arrived before is read.
/// </summary>
internal sealed class InboxWaiters
{
    private readonly Lock _lock = new();
    private readonly Dictionary<InboxId, List<TaskCompletionSource>> _waiting = [];
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
    internal void Wake(InboxId inbox)
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

    /// <summary>Wakes everybody, and lets nobody wait any more.</summary>
    internal void End()
    {
        List<TaskCompletionSource> woken;
        lock (_lock)
        {
            _ended = true;
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
        while (true)
        {
            TaskCompletionSource waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
            bool registered = Register(inbox, waiter);
            try
            {
                InboxContent content = await read();
                TimeSpan left = patience - time.GetElapsedTime(start);
                if (content.Messages.Count > 0 || !registered || left <= TimeSpan.Zero)
                    return content;
                await waiter.Task.WaitAsync(left, time, gone);
            }
            catch (TimeoutException)
            {
                return await read();
            }
            finally
            {
                Unregister(inbox, waiter);
            }
        }
    }

    private bool Register(InboxId inbox, TaskCompletionSource waiter)
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

    private void Unregister(InboxId inbox, TaskCompletionSource waiter)
    {
        lock (_lock)
        {
            if (_waiting.TryGetValue(inbox, out List<TaskCompletionSource>? waiters) && waiters.Remove(waiter)
                && waiters.Count == 0)
                _waiting.Remove(inbox);
        }
    }
}
