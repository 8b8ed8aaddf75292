namespace QuicProChat.Mesh.Messaging;

/// <summary>What may still be done of something that costs: full at first, and it comes back steadily.</summary>
/// <param name="full">The most that there is.</param>
/// <param name="refill">How long it takes to come back from nothing.</param>
internal sealed class Allowance(double full, TimeSpan refill)
{
    private double _spent;
    private TimeSpan _at = TimeSpan.MinValue;

    /// <summary>Takes an amount, if there is as much.</summary>
    internal bool TryTake(TimeSpan at, double amount)
    {
        if (!Has(at, amount))
            return false;
        _spent += amount;
        return true;
    }

    /// <summary>Takes an amount for something that was done already; never more than there is.</summary>
    internal void Owe(TimeSpan at, double amount)
    {
        _ = Has(at, amount);
        _spent = Math.Min(full, _spent + amount);
    }

    /// <summary>Whether as much is there.</summary>
    internal bool Has(TimeSpan at, double amount)
    {
        if (_at != TimeSpan.MinValue && at > _at)
            _spent = Math.Max(0, _spent - ((at - _at) / refill * full));
        _at = at;
        return _spent + amount <= full;
    }
}
