namespace QuicProChat.Mesh.Transports.Lora.Airtime;

/// <summary>
/// Leave to transmit for a time, already booked. Only <see cref="DutyLedger"/> makes one, and a modem takes no
/// frame without one: that is why nothing can transmit more than the law allows.
/// </summary>
public sealed class AirtimeGrant
{
    private bool _spent;

    internal AirtimeGrant(TimeSpan airtime, TrafficClass trafficClass)
    {
        Airtime = airtime;
        Class = trafficClass;
    }

    /// <summary>Airtime booked.</summary>
    public TimeSpan Airtime { get; }

    /// <summary>On whose share it was booked.</summary>
    public TrafficClass Class { get; }

    /// <summary>Uses the grant up. False when it was used before or is too small.</summary>
    internal bool TrySpend(TimeSpan airtime)
    {
        if (_spent || airtime > Airtime)
            return false;
        _spent = true;
        return true;
    }
}
