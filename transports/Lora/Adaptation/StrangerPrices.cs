namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>
/// What frames that prove nothing can make this station spend: airtime and key agreements, in all and for each two-byte id
/// (docs/lora.md, section 5). What comes in the name of stations that proved themselves before has a purse of its own, so
/// strangers leave that alone.
/// </summary>
internal sealed class StrangerPrices
{
    private const int Ids = 256;

    private readonly TokenBucket[] _airtime = new TokenBucket[2];
    private readonly TokenBucket[] _agreements = new TokenBucket[2];
    private readonly TokenBucket?[] _ids = new TokenBucket?[Ids];
    private readonly double _unit;

    /// <summary>Fills the purses.</summary>
    /// <param name="unit">Airtime of the longest frame that a stranger causes: a greeting with the key.</param>
    /// <param name="duty">Share of all time that this radio may transmit, above 0 and at most 1.</param>
    internal StrangerPrices(TimeSpan unit, double duty)
    {
        _unit = unit.TotalSeconds;
        for (int known = 0; known < _airtime.Length; known++)
        {
            _airtime[known] = new TokenBucket(RadioTuning.StrangerBurst * _unit, RadioTuning.StrangerShare / 2 * duty);
            _agreements[known] = new TokenBucket(RadioTuning.AgreementBurst, RadioTuning.AgreementsPerSecond);
        }
    }

    /// <summary>Pays for a frame that something unproven asks for; false: it is not sent.</summary>
    /// <param name="id">In whose name.</param>
    /// <param name="known">A station of that name proved itself before.</param>
    /// <param name="airtime">Of our frame.</param>
    /// <param name="now">Monotonic time.</param>
    internal bool TryPayAirtime(ushort id, bool known, TimeSpan airtime, TimeSpan now)
    {
        double amount = airtime.TotalSeconds;
        TokenBucket one = _ids[id % Ids] ??= new TokenBucket(RadioTuning.IdBurst * _unit, _unit / RadioTuning.IdInterval.TotalSeconds);
        return one.Has(amount, now) && _airtime[known ? 1 : 0].TryTake(amount, now) && one.TryTake(amount, now);
    }

    /// <summary>Pays for a key agreement.</summary>
    internal bool TryPayAgreement(bool known, TimeSpan now) => _agreements[known ? 1 : 0].TryTake(1, now);
}
