namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>
/// When this node speaks of itself on one link: twice at the start, and when it is asked, once in a second at most,
/// whatever is asked (RFC 6762, sections 6 and 8.3). Always to everybody: there is no answer to one asker alone, whose
/// address could be another's.
/// </summary>
internal sealed class Responder
{
    /// <summary>How often a change is announced: RFC 6762, section 8.3.</summary>
    private const int Announcements = 2;

    /// <summary>Between two messages: RFC 6762, section 6.</summary>
    internal static readonly TimeSpan LeastGap = TimeSpan.FromSeconds(1);

    // RFC 6762, section 6: others may answer too.
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MoreDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>Nodes that power brings back together do not all speak at once. Arbitrary.</summary>
    private static readonly TimeSpan StartSpread = TimeSpan.FromMilliseconds(100);

    private readonly Random _random;
    private TimeSpan? _last;
    private int _left;

    internal Responder(Random random) => _random = random;

    /// <summary>When it is to speak; null for not before it is asked.</summary>
    internal TimeSpan? Due { get; private set; }

    /// <summary>Something is new.</summary>
    internal void Announce(TimeSpan now)
    {
        _left = Announcements;
        Due = NotBefore(now + StartSpread * _random.NextDouble());
    }

    /// <summary>Somebody asks.</summary>
    internal void Asked(TimeSpan now) => Due ??= NotBefore(now + FirstDelay + MoreDelay * _random.NextDouble());

    /// <summary>It spoke.</summary>
    internal void Sent(TimeSpan now)
    {
        _last = now;
        _left = Math.Max(0, _left - 1);
        Due = _left > 0 ? now + LeastGap : null;
    }

    private TimeSpan NotBefore(TimeSpan time) => _last is { } last && last + LeastGap > time ? last + LeastGap : time;
}
