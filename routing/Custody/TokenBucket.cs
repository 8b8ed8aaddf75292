using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>So many a second on average, so many at once above that.</summary>
internal struct TokenBucket(int perSecond, int burst, Instant now)
{
    private readonly long _ticksPerToken = Math.Max(1, TimeSpan.TicksPerSecond / perSecond);
    private readonly long _depth = Math.Max(1, TimeSpan.TicksPerSecond / perSecond) * burst;
    private long _emptyAt = now.Ticks - Math.Max(1, TimeSpan.TicksPerSecond / perSecond) * burst;

    /// <summary>Takes a token; false if there is none.</summary>
    public bool TryTake(Instant now)
    {
        long start = Math.Max(_emptyAt, now.Ticks - _depth);
        if (start > now.Ticks)
            return false;
        _emptyAt = start + _ticksPerToken;
        return true;
    }
}
