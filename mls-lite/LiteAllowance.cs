namespace QuicProChat.Mesh.MlsLite;

/// <summary>
/// What may still be done of something that costs: a full purse at first, which fills again steadily.
/// </summary>
internal sealed class LiteAllowance
{
    private readonly double _full;
    private readonly double _perSecond;
    private double _left;
    private TimeSpan _at;

    /// <summary>A full purse.</summary>
    /// <param name="full">What is in it at most.</param>
    /// <param name="refill">How long an empty one takes to fill.</param>
    public LiteAllowance(double full, TimeSpan refill)
    {
        _full = full;
        _perSecond = full / refill.TotalSeconds;
        _left = full;
    }

    /// <summary>Takes an amount out if there is as much.</summary>
    /// <param name="now">A running time; one that goes back fills nothing.</param>
    /// <param name="amount">At most a full purse.</param>
    public bool TryTake(TimeSpan now, double amount = 1)
    {
        if (!Has(now, amount))
            return false;
        _left -= amount;
        return true;
    }

    /// <summary>Tells whether an amount is there, and takes nothing.</summary>
    public bool Has(TimeSpan now, double amount = 1)
    {
        if (now > _at)
            _left = Math.Min(_full, _left + ((now - _at).TotalSeconds * _perSecond));
        _at = now;
        return _left >= amount;
    }

    /// <summary>Takes an amount out for something that was done already; never more than there is.</summary>
    public void Owe(TimeSpan now, double amount)
    {
        _ = Has(now, amount);
        _left = Math.Max(0, _left - amount);
    }
}
