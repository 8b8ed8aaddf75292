using System.Runtime.CompilerServices;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Custody;
using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <summary>
/// Bulk frames: forwarded at once in the class below all messages, or dropped. Nothing is kept, written or answered, so
/// they cost a relay one lookup and one copy. Whoever wants them asks again for what was lost (docs/reference/files.md,
/// section 5).
/// </summary>
internal sealed class BulkForwarder(
    RouterOptions options, NodeAddress self, IRoutes routes, CustodyEngine custody, IRouterActions actions,
    RouterCounters counters)
{
    /// <summary>
    /// Links below this rate are radios for bulk. Arbitrary: between the fastest LoRa radio (some 20 kbit/s) and what
    /// carries a megabyte within minutes.
    /// </summary>
    private const long SlowBitsPerSecond = 64_000;

    /// <summary>
    /// A path on which 256 bytes take as long as this is as slow as if it crossed a radio: 4 kbit/s. Arbitrary; streams
    /// over the worst of lossy paths count as such too.
    /// </summary>
    private static readonly TimeSpan SlowPath = TimeSpan.FromMilliseconds(500);

    private const double SecondsPerUnit = 100e-6;

    private readonly byte[] _frame = new byte[1 + BulkFrame.SizeOf(BulkFrame.MaxPayload)];

    /// <summary>Forwards, delivers or drops a frame; false if it does not parse.</summary>
    internal bool Receive(Instant now, LinkId link, ReadOnlySpan<byte> body)
    {
        counters.Add(RouterCounter.BulkReceived);
        if (!BulkFrame.TryRead(body, out BulkFrame frame))
        {
            counters.Add(RouterCounter.BulkMalformed);
            return false;
        }

        Source source = custody.LinkOf(link)!.Source;
        if (!source.Rate.TryTake(now, 1))
            counters.Add(RouterCounter.BulkTooFast);
        else if (frame.Destination == self)
        {
            counters.Add(RouterCounter.BulkDelivered);
            actions.DeliverBulk(source.Group, frame.OverRadio, frame.Payload);
        }
        else
            Forward(now, link, frame, body);
        return true;
    }

    internal BulkResult Originate(Instant now, in NodeAddress destination, bool overRadio, ReadOnlySpan<byte> payload)
    {
        _frame[0] = (byte)FrameKind.Bulk;
        int size = 1 + BulkFrame.Write(_frame.AsSpan(1), overRadio, options.HopLimit, destination, payload);
        BulkResult result = Send(now, LinkId.None, destination, overRadio, size);
        if (result == BulkResult.Sent)
            counters.Add(RouterCounter.BulkOriginated);
        return result;
    }

    internal BulkWay WayOf(Instant now, in NodeAddress destination)
    {
        Span<NextHop> best = stackalloc NextHop[1];
        if (routes.FindNextHops(now, destination, best) == 0 || custody.LinkOf(best[0].Link) is not { } link)
            return default;
        TimeSpan time = TimeSpan.FromSeconds(best[0].Metric.Units * SecondsPerUnit);
        return new BulkWay(true, IsRadio(link) || time >= SlowPath, time);
    }

    private void Forward(Instant now, LinkId from, in BulkFrame frame, ReadOnlySpan<byte> body)
    {
        ushort hops = Math.Min(frame.HopsLeft, options.HopLimit);
        if (hops == 0)
        {
            counters.Add(RouterCounter.BulkHopLimit);
            return;
        }

        _frame[0] = (byte)FrameKind.Bulk;
        body.CopyTo(_frame.AsSpan(1));
        BulkFrame.SetHops(_frame.AsSpan(1), (ushort)(hops - 1));
        BulkResult result = options.Relays
            ? Send(now, from, frame.Destination, frame.OverRadio, 1 + body.Length) : BulkResult.NoRoute;
        counters.Add(result switch
        {
            BulkResult.Sent => RouterCounter.BulkForwarded,
            BulkResult.NoRoom or BulkResult.TooLarge => RouterCounter.BulkNoRoom,
            BulkResult.NoRoute => RouterCounter.BulkNoWayOn,
            BulkResult.NotOverRadio => RouterCounter.BulkNotOverRadio,
            _ => throw new ArgumentOutOfRangeException(nameof(frame)),
        });
    }

    /// <summary>Hands the frame to the best next hop that takes it, and never back to whom it came from.</summary>
    [SkipLocalsInit]
    private BulkResult Send(Instant now, LinkId from, in NodeAddress destination, bool overRadio, int size)
    {
        Span<NextHop> hops = stackalloc NextHop[CustodyEngine.MaxNextHops];
        int count = routes.FindNextHops(now, destination, hops);
        var result = BulkResult.NoRoute;
        for (int i = 0; i < count; i++)
        {
            if (hops[i].Link == from || custody.LinkOf(hops[i].Link) is not { } link)
                continue;
            if (size > link.Properties.Mtu)
                result = BulkResult.TooLarge;
            else if (!overRadio && IsRadio(link))
                result = BulkResult.NotOverRadio;
            else
            {
                // A full queue says that this way is busy: another one would bring the pieces out of order, and no
                // faster.
                return actions.Send(hops[i].Link, FrameClass.Bulk, _frame.AsSpan(0, size)) ? BulkResult.Sent
                    : BulkResult.NoRoom;
            }
        }

        return result;
    }

    private static bool IsRadio(LinkState link) => link.Properties.BitsPerSecond is > 0 and < SlowBitsPerSecond;
}
