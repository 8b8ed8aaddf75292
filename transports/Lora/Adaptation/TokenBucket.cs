namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>So much at once, and so much a second after that.</summary>
/// <param name="capacity">Most that can be taken at once; the bucket begins full.</param>
/// <param name="perSecond">How much comes back in a second.</param>
internal sealed class TokenBucket(double capacity, double perSecond)
{
    private double _missing;
    private TimeSpan _at = TimeSpan.MinValue;

    /// <summary>Takes an amount, or nothing.</summary>
    internal bool TryTake(double amount, TimeSpan now)
    {
        if (!Has(amount, now))
            return false;
        _missing += amount;
        return true;
    }

    /// <summary>Whether an amount is there.</summary>
    internal bool Has(double amount, TimeSpan now)
    {
        if (_at == TimeSpan.MinValue)
            _at = now;
        if (now > _at)
        {
            _missing = Math.Max(0, _missing - ((now - _at).TotalSeconds * perSecond));
            _at = now;
        }
        return capacity - _missing >= amount;
    }
}
