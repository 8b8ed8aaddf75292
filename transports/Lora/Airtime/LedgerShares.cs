namespace QuicProChat.Mesh.Transports.Lora.Airtime;

/// <summary>
/// How the legal airtime is divided. Each class may raise the total use only up to its ceiling, in thousandths of the
/// budget, so what lies above a ceiling is kept for the classes beyond it; routing has a share of its own as well.
/// </summary>
/// <param name="RoutingOwn">Most that routing may use by itself, whatever messages use.</param>
/// <param name="MessageCeiling">Total use up to which messages and routing are granted.</param>
/// <param name="ControlCeiling">Total use up to which acknowledgements are granted; the rest is for
/// emergencies.</param>
/// <param name="RoutingIdle">What routing may use by itself while the total stays below
/// <paramref name="IdleCeiling"/>.</param>
/// <param name="IdleCeiling">Total use up to which routing may borrow what messages leave.</param>
public sealed record LedgerShares(
    int RoutingOwn = 100, int MessageCeiling = 800, int ControlCeiling = 900, int RoutingIdle = 300,
    int IdleCeiling = 500)
{
    /// <summary>The ceiling of a class in thousandths of the budget.</summary>
    public int CeilingOf(TrafficClass trafficClass) => trafficClass switch
    {
        TrafficClass.Emergency => 1000,
        TrafficClass.Control => ControlCeiling,
        _ => MessageCeiling,
    };

    /// <summary>The most a class may use by itself, in thousandths of the budget.</summary>
    public int OwnLimitOf(TrafficClass trafficClass) =>
        trafficClass == TrafficClass.Routing ? RoutingOwn : CeilingOf(trafficClass);
}
