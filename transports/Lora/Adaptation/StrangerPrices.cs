namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>
/// Who pays for what this station does because of a frame that does not prove that its sender is there now.
/// </summary>
internal enum StrangerPurse
{
    /// <summary>Somebody who is not known.</summary>
    Strangers = 0,

    /// <summary>Somebody in the name of a station that proved itself before: anybody can use a name.</summary>
    Names = 1,

    /// <summary>A station that proved itself before, by a MAC that it made at some time.</summary>
    Neighbours = 2,
}

/// <summary>
/// What frames that prove nothing can make this station spend: airtime and key agreements, in all and for each two-byte
/// id (docs/reference/lora.md, section 5). The purses are as large as each other, and none can be emptied by who pays
/// from another.
/// </summary>
internal sealed class StrangerPrices
{
    private const int Ids = 256, Purses = 3;

    private readonly TokenBucket[] _airtime = new TokenBucket[Purses];
    private readonly TokenBucket[] _agreements = new TokenBucket[Purses];
    private readonly TokenBucket?[] _ids = new TokenBucket?[Ids];
    private readonly double _unit;

    /// <summary>Fills the purses.</summary>
    /// <param name="unit">Airtime of the longest frame that a stranger causes: a greeting with the key.</param>
    /// <param name="duty">Share of all time that this radio may transmit, above 0 and at most 1.</param>
    internal StrangerPrices(TimeSpan unit, double duty)
    {
        _unit = unit.TotalSeconds;
        for (int purse = 0; purse < Purses; purse++)
        {
            _airtime[purse] =
                new TokenBucket(RadioTuning.StrangerBurst * _unit, RadioTuning.StrangerShare / Purses * duty);
            _agreements[purse] = new TokenBucket(RadioTuning.AgreementBurst, RadioTuning.AgreementsPerSecond);
        }
    }

    /// <summary>Pays for a frame that something unproven asks for; false: it is not sent.</summary>
    /// <param name="id">In whose name.</param>
    /// <param name="purse">Who pays.</param>
    /// <param name="airtime">Of our frame.</param>
    /// <param name="now">Monotonic time.</param>
    internal bool TryPayAirtime(ushort id, StrangerPurse purse, TimeSpan airtime, TimeSpan now)
    {
        double amount = airtime.TotalSeconds;
        if (purse == StrangerPurse.Neighbours)
            return _airtime[(int)purse].TryTake(amount, now);
        TokenBucket one =
            _ids[id % Ids] ??= new TokenBucket(RadioTuning.IdBurst
                * _unit, _unit / RadioTuning.IdInterval.TotalSeconds);
        return one.Has(amount, now) && _airtime[(int)purse].TryTake(amount, now) && one.TryTake(amount, now);
    }

    /// <summary>Pays for a key agreement.</summary>
    internal bool TryPayAgreement(StrangerPurse purse, TimeSpan now) => _agreements[(int)purse].TryTake(1, now);
}
