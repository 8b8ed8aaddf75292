namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>
/// When this node asks on one link: at the start, then ever less often (RFC 6762, section 5.2), and not where another
/// has just asked the same (section 7.3).
/// </summary>
internal sealed class Querier
{
    // RFC 6762, section 5.2: 20 to 120 ms, then 1 s, doubled, and an hour at most. A third of that asks twice for a
    // pointer between the half and the end of its life.
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MoreDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan FirstInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(20);

    private readonly Random _random;
    private TimeSpan _interval = FirstInterval;
    private TimeSpan? _last;

    internal Querier(Random random, TimeSpan now)
    {
        _random = random;
        Due = now + FirstDelay + MoreDelay * random.NextDouble();
    }

    /// <summary>When it is to ask.</summary>
    internal TimeSpan Due { get; private set; }

    /// <summary>It asked.</summary>
    internal void Sent(TimeSpan now) => Next(now);

    /// <summary>Another asked, and knew nothing that this node does not know.</summary>
    internal void Heard(TimeSpan now)
    {
        if (_last is not null)
            Next(now);
    }

    /// <summary>
    /// Something that was found lacks what has to be asked for: soon, but no two questions within a second.
    /// </summary>
    internal void Hurry(TimeSpan now)
    {
        TimeSpan soon = now + FirstDelay + MoreDelay * _random.NextDouble();
        if (_last is { } last && last + FirstInterval > soon)
            soon = last + FirstInterval;
        if (soon < Due)
            Due = soon;
    }

    private void Next(TimeSpan now)
    {
        _last = now;
        // Some of those on a link ask a little earlier, and spare the others the question.
        Due = now + _interval * (0.9 + 0.1 * _random.NextDouble());
        _interval = _interval * 2 < LongestInterval ? _interval * 2 : LongestInterval;
    }
}
