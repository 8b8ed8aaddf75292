namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>
/// What pings tell of a link that loses nothing: its usual round trip, and how often one takes much longer.
/// A stream over a lossy path turns loss into waiting: most answers come at once, some after 0.2 s, 0.6 s, 1.4 s and so
/// on, the time-outs of the transport. The mean of such times swings by itself, for they have no useful variance; the
/// share of late answers does not, and it says the same.
/// </summary>
internal sealed class StreamQuality
{
    /// <summary>An answer is late if it took so much longer than twice the usual time: less than any time-out of TCP.</summary>
    private static readonly TimeSpan _late = TimeSpan.FromMilliseconds(150);

    // The first few answers count for more, as nothing else is known; later ones are a memory of about sixteen.
    private const int FirstWeight = 2;
    private const int LastWeight = 16;

    /// <summary>Four classes of links: the share of late answers from which on, and what waiting then costs on average.</summary>
    private static readonly double[] _from = [0, 0.2, 0.5, 0.8];
    private static readonly TimeSpan[] _waits =
        [TimeSpan.Zero, TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(1000)];

    /// <summary>How far below its class the share must fall: more than chance moves it.</summary>
    private const double Inertia = 0.15;

    /// <summary>From this share on, and after so many late answers, a link is known to stall; before that a silence is news.</summary>
    private const double OftenLate = 0.3;
    private const int LateToKnow = 4;

    private int _weight = FirstWeight;
    private int _class;
    private int _lateAnswers;

    /// <summary>Smoothed share of late answers, 0..1.</summary>
    public double Late { get; private set; }

    /// <summary>The usual round trip when the link was last up; null before it was measured.</summary>
    public TimeSpan? Usual { get; set; }

    /// <summary>It stalls so often that a stall is nothing to tell others of.</summary>
    public bool IsOftenLate => Late >= OftenLate && _lateAnswers >= LateToKnow;

    /// <summary>Hardly any answer comes in what is held to be the usual time.</summary>
    public bool IsMostlyLate => Late >= _from[^1];

    /// <summary>Takes in one answer; false if it was late, and says nothing about the usual time.</summary>
    public bool Answered(TimeSpan took, TimeSpan usual)
    {
        bool late = took > 2 * usual + _late;
        Count(late);
        return !late;
    }

    /// <summary>The link ended with a question unanswered: proof of lateness only if it never answered any in time.</summary>
    public void Broke()
    {
        if (Late > 0 || _weight == FirstWeight)
            Count(late: true);
    }

    private void Count(bool late)
    {
        if (late && _lateAnswers < LateToKnow)
            _lateAnswers++;
        Late += ((late ? 1 : 0) - Late) / _weight;
        _weight = Math.Min(_weight + 1, LastWeight);
        while (_class < _from.Length - 1 && Late >= _from[_class + 1])
            _class++;
        while (_class > 0 && Late < _from[_class] - Inertia)
            _class--;
    }

    /// <summary>What waiting costs: the least that the link costs.</summary>
    public TimeSpan ExpectedWait => _waits[_class];
}
