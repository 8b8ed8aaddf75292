namespace QuicProChat.Mesh.Routing;

/// <summary>Tokens that come back at a steady rate up to a limit.</summary>
internal sealed class TokenBucket
{
    private readonly double _perSecond;
    private readonly double _burst;
    private double _tokens;
    private Instant _at;

    /// <summary>A full bucket.</summary>
    public TokenBucket(double perSecond, double burst, Instant now)
    {
        _perSecond = perSecond;
        _burst = burst;
        _tokens = burst;
        _at = now;
    }

    /// <summary>Takes tokens if there are enough; a full bucket is enough for any amount.</summary>
    public bool TryTake(Instant now, double amount)
    {
        if (!Has(now, amount))
            return false;
        _tokens -= amount;
        return true;
    }

    /// <summary>Whether <see cref="TryTake"/> would succeed.</summary>
    public bool Has(Instant now, double amount)
    {
        Refill(now);
        return _tokens >= Math.Min(amount, _burst);
    }

    /// <summary>How many tokens there are.</summary>
    public double Available(Instant now)
    {
        Refill(now);
        return _tokens;
    }

    /// <summary>Takes tokens whether they are there or not: what must be sent is paid for by what may wait.</summary>
    public void Owe(Instant now, double amount)
    {
        Refill(now);
        _tokens -= amount;
    }

    /// <summary>When <see cref="TryTake"/> will succeed, if nothing else is taken before.</summary>
    public Instant WhenAvailable(Instant now, double amount)
    {
        // A little more than computed, so that rounding does not wake anybody in vain.
        Refill(now);
        double missing = Math.Min(amount, _burst) - _tokens;
        return missing <= 0 ? now : now + TimeSpan.FromSeconds(missing / _perSecond) + TimeSpan.FromMilliseconds(1);
    }

    private void Refill(Instant now)
    {
        _tokens = Math.Min(_burst, _tokens + (now - _at).TotalSeconds * _perSecond);
        _at = now;
    }
}
