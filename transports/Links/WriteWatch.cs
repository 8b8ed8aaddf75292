using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// Ends a link whose peer takes nothing for too long. Its timer runs only from a write that had to wait for the network
/// until it finds none under way: an idle link wakes nobody.
/// </summary>
internal sealed class WriteWatch : IDisposable
{
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly Action<LinkEnd> _end;
    private readonly ITimer _timer;
    private long _started;
    private int _armed;

    internal WriteWatch(TimeSpan timeout, TimeProvider time, Action<LinkEnd> end)
    {
        _timeout = timeout;
        _time = time;
        _end = end;
        _timer = time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A write has to wait.</summary>
    internal void Begin()
    {
        Volatile.Write(ref _started, _time.GetTimestamp());
        if (Interlocked.Exchange(ref _armed, 1) == 0)
            _timer.Change(_timeout / 2, Timeout.InfiniteTimeSpan);
    }

    /// <summary>It waits no more.</summary>
    internal void Done() => Volatile.Write(ref _started, 0);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        // With a fence: a write that begins now finds the timer not set, or is found here.
        Interlocked.Exchange(ref _armed, 0);
        long started = Volatile.Read(ref _started);
        if (started == 0)
            return;
        if (_time.GetElapsedTime(started) >= _timeout)
            _end(new LinkEnd(LinkEndCode.Dead, Detail: $"it took nothing for {_timeout.TotalSeconds:0} s"));
        if (Interlocked.Exchange(ref _armed, 1) == 0)
            _timer.Change(_timeout / 2, Timeout.InfiniteTimeSpan);
    }
}
