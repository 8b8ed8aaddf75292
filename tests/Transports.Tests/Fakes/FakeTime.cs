namespace QuicProChat.Mesh.Transports.Tests.Fakes;

/// <summary>
/// A clock that stands still until a test advances it; timers fire in order, on the test's own stack.
/// </summary>
public sealed class FakeTime : TimeProvider
{
    private readonly object _lock = new();
    private readonly List<Timer> _timers = [];
    private readonly List<TaskCompletionSource> _waiters = [];
    private TimeSpan _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>One for each time that somebody looked at the clock.</summary>
    public SemaphoreSlim Looks { get; } = new(0);

    public override long GetTimestamp()
    {
        Looks.Release();
        lock (_lock)
            return _now.Ticks + 1;
    }

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + new TimeSpan(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Timer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Waits until somebody waits for the clock with a timer of at most the given length.</summary>
    public async Task<TimeSpan> NextTimerAsync(TimeSpan atMost)
    {
        while (true)
        {
            TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_lock)
            {
                Timer? first = _timers.Where(t => t.Due - _now <= atMost).MinBy(t => t.Due);
                if (first is not null)
                    return first.Due - _now;
                _waiters.Add(changed);
            }

            await changed.Task.WaitAsync(TimeSpan.FromSeconds(10));
        }
    }

    public void Advance(TimeSpan by)
    {
        TimeSpan end;
        lock (_lock)
            end = _now + by;
        while (true)
        {
            Timer? due;
            lock (_lock)
            {
                due = _timers.Where(t => t.Due <= end).MinBy(t => t.Due);
                _now = due is null ? end : due.Due > _now ? due.Due : _now;
                if (due is null)
                    return;
                due.Fired();
            }

            due.Call();
        }
    }

    private void Changed()
    {
        List<TaskCompletionSource> waiters;
        lock (_lock)
        {
            waiters = [.. _waiters];
            _waiters.Clear();
        }

        waiters.ForEach(w => w.TrySetResult());
    }

    private sealed class Timer(FakeTime owner, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        internal TimeSpan Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._lock)
            {
                owner._timers.Remove(this);
                _period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = owner._now + dueTime;
                    owner._timers.Add(this);
                }
            }

            owner.Changed();
            return true;
        }

        internal void Fired()
        {
            if (_period > TimeSpan.Zero)
                Due += _period;
            else
                owner._timers.Remove(this);
        }

        internal void Call() => callback(state);

        public void Dispose()
        {
            lock (owner._lock)
                owner._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
