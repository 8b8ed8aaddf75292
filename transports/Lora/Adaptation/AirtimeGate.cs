using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>Which classes have airtime now, so that one without any holds nothing up.</summary>
/// <param name="ledger">The law.</param>
/// <param name="slot">What a wait is rounded up by.</param>
internal sealed class AirtimeGate(DutyLedger ledger, TimeSpan slot)
{
    private readonly TimeSpan[] _blockedUntil = new TimeSpan[4];

    /// <summary>Sends that were put off.</summary>
    internal long Deferred { get; private set; }

    /// <summary>Share of all time that may be spent transmitting.</summary>
    internal double Duty => ledger.Band.Budget / ledger.Band.Window;

    /// <summary>Whether a class waits for airtime.</summary>
    internal bool IsBlocked(FrameClass frameClass, TimeSpan now) => now < _blockedUntil[(int)ClassOf(frameClass)];

    /// <summary>The most urgent class that waits in a queue and is not known to lack airtime.</summary>
    internal FrameClass? FirstOpen(RadioQueue queue, TimeSpan now)
    {
        for (FrameClass c = FrameClass.Emergency; c <= FrameClass.Low; c++)
        {
            if (queue.Peek(c) is not null && !IsBlocked(c, now))
                return c;
        }
        return null;
    }

    /// <summary>
    /// The same, and certain: a frame that has its number and cannot go would hold up all that come after it.
    /// </summary>
    /// <param name="queue">What waits.</param>
    /// <param name="airtime">Of the longest frame.</param>
    /// <param name="now">Monotonic time.</param>
    internal FrameClass? FirstWithAirtime(RadioQueue queue, TimeSpan airtime, TimeSpan now)
    {
        while (FirstOpen(queue, now) is { } open)
        {
            TrafficClass trafficClass = ClassOf(open);
            TimeSpan longest = ledger.LongestFrame(trafficClass);
            TimeSpan wait = ledger.WaitFor(trafficClass, airtime < longest ? airtime : longest, now)
                ?? ledger.Band.Window;
            if (wait == TimeSpan.Zero)
                return open;
            Deferred++;
            _blockedUntil[(int)trafficClass] = now + wait + slot;
        }
        return null;
    }

    /// <summary>How long until a frame of a class has airtime; zero: it has.</summary>
    internal TimeSpan WaitFor(FrameClass frameClass, TimeSpan airtime, TimeSpan now) =>
        ledger.WaitFor(ClassOf(frameClass), airtime, now) ?? ledger.Band.Window;

    /// <summary>Books airtime.</summary>
    internal bool TryReserve(
        TrafficClass trafficClass, TimeSpan airtime, TimeSpan now, [NotNullWhen(true)] out AirtimeGrant? grant)
    {
        if (ledger.TryReserve(trafficClass, airtime, now, out grant, out _))
            return true;
        Deferred++;
        TimeSpan wait = ledger.WaitFor(trafficClass, airtime, now) ?? ledger.Band.Window;
        _blockedUntil[(int)trafficClass] = now + wait + slot;
        return false;
    }

    /// <summary>
    /// At the slowest rates an identity is longer than routing's whole share; without it there is no link at all.
    /// </summary>
    internal TrafficClass ClassOfDiscovery(TimeSpan airtime) =>
        airtime > ledger.LongestFrame(TrafficClass.Routing) ? TrafficClass.Control : TrafficClass.Routing;

    /// <summary>The next moment at which a class has airtime again; MaxValue: none waits.</summary>
    internal TimeSpan NextAfter(TimeSpan now)
    {
        TimeSpan next = TimeSpan.MaxValue;
        foreach (TimeSpan at in _blockedUntil)
            next = at > now && at < next ? at : next;
        return next;
    }

    /// <summary>On whose share a frame of the router goes.</summary>
    internal static TrafficClass ClassOf(FrameClass frameClass) => frameClass switch
    {
        FrameClass.Emergency => TrafficClass.Emergency,
        FrameClass.Control => TrafficClass.Control,
        FrameClass.Routing => TrafficClass.Routing,
        FrameClass.High or FrameClass.Normal or FrameClass.Low or FrameClass.Bulk => TrafficClass.Message,
        _ => throw new System.Diagnostics.UnreachableException($"frame class {frameClass}"),
    };
}
