namespace QuicProChat.Mesh.Transports;

/// <summary>
/// Paces the handshakes that others begin. Each costs this node some milliseconds of processor time before it knows
/// with whom it speaks, so they are granted at a rate: in all, for each group of sources, and for each host. Whoever
/// comes too fast waits. A turn is asked for when the first bytes have arrived: a connection that says nothing costs
/// nothing.
/// </summary>
internal sealed class HandshakeTurns
{
    // Arbitrary: a village whose power comes back greets a node at once; so does a hostile one, for a few seconds at
    // most.
    private const double Burst = 128;
    private const double GroupShare = 0.5;
    private const double HostShare = 0.25;

    // Arbitrary; some 64 bytes each. The sources beyond share one.
    private const int MaxBuckets = 2048;

    private readonly object _lock = new();
    private readonly LinkedList<Waiter> _waiting = new();
    private readonly Dictionary<UInt128, Bucket> _hosts = [];
    private readonly Dictionary<ulong, Bucket> _groups = [];
    private readonly Bucket _otherHosts;
    private readonly Bucket _otherGroups;
    private readonly Bucket _all;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    /// <summary>Makes the buckets, full.</summary>
    /// <param name="perSecond">Handshakes per second in all.</param>
    /// <param name="time">The clock.</param>
    internal HandshakeTurns(double perSecond, TimeProvider time)
    {
        _time = time;
        long now = time.GetTimestamp();
        _all = new Bucket(Burst, perSecond, now);
        _otherGroups = _all.Part(GroupShare, now);
        _otherHosts = _all.Part(HostShare, now);
        _timer = time.CreateTimer(_ => Grant(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Completes when a source may have its next handshake.</summary>
    /// <exception cref="OperationCanceledException">The connection does not wait any more.</exception>
    internal async ValueTask WaitAsync(LinkSource source, CancellationToken cancellation)
    {
        Waiter waiter = new(source);
        lock (_lock)
            _waiting.AddLast(waiter.Node);
        await using (cancellation.Register(() => Leave(waiter, cancellation)))
        {
            Grant();
            await waiter.Turn.Task;
        }
    }

    /// <summary>Makes a source wait for longer, as if it had made so many handshakes.</summary>
    internal void Charge(in LinkSource source, int handshakes)
    {
        lock (_lock)
        {
            long now = _time.GetTimestamp();
            HostOf(source, now).Take(handshakes);
        }
    }

    private void Leave(Waiter waiter, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (waiter.Node.List is null)
                return;
            _waiting.Remove(waiter.Node);
        }

        waiter.Turn.TrySetCanceled(cancellation);
    }

    private void Grant()
    {
        List<Waiter> granted = [];
        lock (_lock)
        {
            long now = _time.GetTimestamp();
            TimeSpan next = Timeout.InfiniteTimeSpan;
            LinkedListNode<Waiter>? following;
            for (LinkedListNode<Waiter>? node = _waiting.First; node is not null; node = following)
            {
                following = node.Next;
                TimeSpan wait = TryTake(node.Value.Source, now);
                if (wait == TimeSpan.Zero)
                {
                    _waiting.Remove(node);
                    granted.Add(node.Value);
                }
                else if (next == Timeout.InfiniteTimeSpan || wait < next)
                {
                    next = wait;
                }
            }

            _timer.Change(next, Timeout.InfiniteTimeSpan);
        }

        foreach (Waiter waiter in granted)
            waiter.Turn.TrySetResult();
    }

    /// <summary>Takes a turn; otherwise says how long it is until one could be had.</summary>
    private TimeSpan TryTake(in LinkSource source, long now)
    {
        Bucket host = HostOf(source, now), group = GroupOf(source, now);
        _all.Fill(now, _time);
        host.Fill(now, _time);
        group.Fill(now, _time);
        TimeSpan wait = Longer(_all.Wait, Longer(host.Wait, group.Wait));
        if (wait > TimeSpan.Zero)
            return wait;
        _all.Take(1);
        host.Take(1);
        group.Take(1);
        return TimeSpan.Zero;
    }

    private Bucket HostOf(in LinkSource source, long now) =>
        _hosts.TryGetValue(source.Host, out Bucket? bucket) ? bucket : Added(_hosts, source.Host, HostShare, now)
            ?? _otherHosts;

    private Bucket GroupOf(in LinkSource source, long now) =>
        _groups.TryGetValue(source.Group, out Bucket? bucket) ? bucket : Added(_groups, source.Group, GroupShare, now)
            ?? _otherGroups;

    private Bucket? Added<TKey>(Dictionary<TKey, Bucket> buckets, TKey key, double share, long now)
        where TKey : struct
    {
        if (buckets.Count >= MaxBuckets)
        {
            // A full one says nothing that a new one would not.
            foreach ((TKey old, Bucket bucket) in buckets)
            {
                bucket.Fill(now, _time);
                if (bucket.IsFull)
                    buckets.Remove(old);
            }

            if (buckets.Count >= MaxBuckets)
                return null;
        }

        Bucket added = _all.Part(share, now);
        buckets.Add(key, added);
        return added;
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private sealed class Waiter
    {
        internal Waiter(LinkSource source)
        {
            Source = source;
            Node = new LinkedListNode<Waiter>(this);
        }

        internal LinkSource Source { get; }

        internal LinkedListNode<Waiter> Node { get; }

        internal TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>A token bucket; one token is one handshake.</summary>
    private sealed class Bucket
    {
        private readonly double _size;
        private readonly double _perSecond;
        private double _tokens;
        private long _filled;

        internal Bucket(double size, double perSecond, long now)
        {
            _size = size;
            _perSecond = perSecond;
            _tokens = size;
            _filled = now;
        }

        internal bool IsFull => _tokens >= _size;

        /// <summary>How long until there is a token, rounded up to what a timer can tell.</summary>
        internal TimeSpan Wait =>
            _tokens >= 1 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Ceiling((1 - _tokens) / _perSecond * 1000));

        internal Bucket Part(double share, long now) => new(_size * share, _perSecond * share, now);

        internal void Fill(long now, TimeProvider time)
        {
            _tokens = Math.Min(_size, _tokens + time.GetElapsedTime(_filled, now).TotalSeconds * _perSecond);
            _filled = now;
        }

        /// <summary>Takes tokens; there may be fewer than none afterwards, by one fill at most.</summary>
        internal void Take(int count) => _tokens = Math.Max(-_size, _tokens - count);
    }
}
