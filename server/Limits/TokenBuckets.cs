namespace QuicProChat.Mesh.Server.Limits;

/// <summary>How often something may be done.</summary>
/// <param name="Burst">At once.</param>
/// <param name="PerSecond">In the long run.</param>
internal readonly record struct Rate(double Burst, double PerSecond);

/// <summary>
/// A token bucket for each key, in bounded memory: two generations of a table. A key that was not used while a whole
/// generation passed begins anew, so the keys must be such that strangers cannot make more of them for nothing.
/// </summary>
/// <param name="rate">The rate of each.</param>
/// <param name="maxKeys">Keys that are remembered.</param>
/// <param name="time">The clock.</param>
internal sealed class TokenBuckets<TKey>(Rate rate, int maxKeys, TimeProvider time)
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private Dictionary<TKey, (double Tokens, long At)> _young = [];
    private Dictionary<TKey, (double Tokens, long At)> _old = [];

    /// <summary>Keys that are remembered now.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
                return _young.Count + _old.Count;
        }
    }

    /// <summary>Takes a token.</summary>
    /// <param name="key">Whose.</param>
    /// <param name="wait">Where there is none: when there will be one.</param>
    internal bool TryTake(TKey key, out TimeSpan wait)
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            if (!_young.TryGetValue(key, out (double Tokens, long At) bucket) && !_old.TryGetValue(key, out bucket))
                bucket = (rate.Burst, now);
            double tokens = Math.Min(rate.Burst, bucket.Tokens
                + (time.GetElapsedTime(bucket.At, now).TotalSeconds * rate.PerSecond));
            bool taken = tokens >= 1;
            wait = taken ? TimeSpan.Zero : TimeSpan.FromSeconds((1 - tokens) / rate.PerSecond);
            if (!_young.ContainsKey(key) && _young.Count >= maxKeys / 2)
                (_old, _young) = (_young, []);
            _young[key] = (taken ? tokens - 1 : tokens, now);
            return taken;
        }
    }
}
