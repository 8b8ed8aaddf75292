using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

// Which classes have airtime now.
public sealed partial class RadioMedium
{
    /// <summary>The most urgent class that waits and has airtime: routing without any holds nothing up.</summary>
    private FrameClass? FirstOpen(RadioQueue queue)
    {
        for (FrameClass c = FrameClass.Emergency; c <= FrameClass.Low; c++)
        {
            if (queue.Peek(c) is not null && !IsBlocked(c))
                return c;
        }
        return null;
    }

    /// <summary>
    /// The same, and certain: a frame that has its number and cannot go would hold up all that come after it.
    /// </summary>
    private FrameClass? FirstWithAirtime(ILoraModem modem, RadioQueue queue)
    {
        while (FirstOpen(queue) is { } open)
        {
            TrafficClass trafficClass = TrafficClassOf(open);
            TimeSpan longest = _ledger.LongestFrame(trafficClass);
            TimeSpan airtime = modem.Airtime(_frameLimit);
            TimeSpan wait = _ledger.WaitFor(trafficClass, airtime < longest ? airtime : longest, _now) ?? _ledger.Band.Window;
            if (wait == TimeSpan.Zero)
                return open;
            Counters.Deferred++;
            _blockedUntil[(int)trafficClass] = _now + wait + _slot;
        }
        return null;
    }

    private bool IsBlocked(FrameClass frameClass) => _now < _blockedUntil[(int)TrafficClassOf(frameClass)];

    private static TrafficClass TrafficClassOf(FrameClass frameClass) => frameClass switch
    {
        FrameClass.Emergency => TrafficClass.Emergency,
        FrameClass.Control => TrafficClass.Control,
        FrameClass.Routing => TrafficClass.Routing,
        _ => TrafficClass.Message,
    };
}
