using System.Net;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tcp;

/// <summary>
/// The largest TCP segment for each remote address. Some paths carry less than their ends believe and say nothing about
/// it (RFC 2923, section 2.1): everything small passes, everything large is lost, and one long message would stop a
/// link for ever. The usual size passes wherever IPv6 does. Where a connection stands still even so, the next one to
/// that address gets a smaller size; it holds in both directions, because the side that dials announces it in its SYN.
/// Safe for threads.
/// </summary>
internal sealed class SegmentSizes(TimeProvider time)
{
    /// <summary>
    /// The smallest MTU of IPv6 (RFC 8200, section 5) without the headers of IPv6 and TCP. Against the 1,460 of
    /// Ethernet it costs half a percent.
    /// </summary>
    internal const int Usual = 1280 - 40 - 20;

    // 536: what every IPv4 path carries (RFC 9293, section 3.7.1). 256: what tunnels within radios have left.
    private static readonly int[] Sizes = [Usual, 536, 256];

    // Arbitrary; an attacker can cause no entries, because this node chooses whom it dials.
    private const int MaxEntries = 256;

    /// <summary>After this time a larger size is tried again: paths change.</summary>
    private static readonly TimeSpan HoldsFor = TimeSpan.FromHours(1);

    /// <summary>So soon after another failure it is the same one.</summary>
    private static readonly TimeSpan LooksFor = TimeSpan.FromMinutes(3);

    private readonly object _lock = new();
    private readonly Dictionary<IPAddress, (int Step, long Since)> _entries = [];

    /// <summary>The size for the next connection.</summary>
    internal int For(IPAddress remote)
    {
        lock (_lock)
            return Sizes[StepOf(remote)];
    }

    /// <summary>
    /// A connection that this node had dialled ended. Whoever ends a link in order says so with a Bye, which is small;
    /// a link that broke without one, or stood still, may have been stopped by a large segment.
    /// </summary>
    internal void Ended(IPAddress remote, LinkEnd reason)
    {
        bool suspicious = reason.Code is LinkEndCode.TransportFailed or LinkEndCode.HandshakeTimeout
            or LinkEndCode.Dead;
        if (!suspicious)
            return;
        lock (_lock)
        {
            int step = StepOf(remote);
            // A link that broke long after the size was lowered broke over something else.
            if (step == 0 || time.GetElapsedTime(_entries[remote].Since) < LooksFor)
                step = Math.Min(step + 1, Sizes.Length - 1);
            if (_entries.Count >= MaxEntries && !_entries.ContainsKey(remote))
                _entries.Remove(_entries.MinBy(e => e.Value.Since).Key);
            _entries[remote] = (step, time.GetTimestamp());
        }
    }

    private int StepOf(IPAddress remote)
    {
        if (!_entries.TryGetValue(remote, out (int Step, long Since) entry))
            return 0;
        if (time.GetElapsedTime(entry.Since) < HoldsFor)
            return entry.Step;
        _entries.Remove(remote);
        return 0;
    }
}
