namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>
/// What pings tell of a link that loses nothing: its usual round trip, and how often and how much longer one takes.
/// A stream over a lossy path turns loss into waiting: most answers come at once, some after one, two or more time-outs
/// of the transport. Those last 0.2 s while they are few, and then double; the mean of such times swings by itself, for
/// they have no useful variance. How often something was sent in vain does.
/// </summary>
internal sealed class StreamQuality
{
    /// <summary>
    /// An answer is late if it took so much longer than twice the usual time: less than any time-out of TCP.
    /// </summary>
    private static readonly TimeSpan _late = TimeSpan.FromMilliseconds(150);

    /// <summary>The first time-out of TCP (Linux: 200 ms at least).</summary>
    private static readonly TimeSpan _timeout = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// So many are as long on a thin stream (Linux, tcp(7), TCP_THIN_LINEAR_TIMEOUTS); each further one is twice as
    /// long.
    /// </summary>
    private const int EqualTimeouts = 7;

    /// <summary>What a link counts for that gave up: a transport does after half a minute.</summary>
    private const double TriesOfBroken = 13;

    // The first few answers count for more, as nothing else is known; later ones are a memory of about sixteen.
    private const int FirstWeight = 2;
    private const int LastWeight = 16;

    /// <summary>
    /// Classes of links: the mean of tries in vain a round trip from which on, and what waiting then costs.
    /// </summary>
    private static readonly double[] _from = [0, 0.3, 1.2, 3.5, 7.0, 11.0];

    /// <summary>
    /// A link with late answers counts as if it lost so much, with the weight of so many answers, until
    /// <see cref="LastWeight"/> have come: a metric once told too low shuts out all other ways, and one that falls
    /// later costs nothing.
    /// </summary>
    private const double TriesFeared = 8;
    private const double WeightOfFear = 2;

    private static readonly TimeSpan[] _waits =
    [
        TimeSpan.Zero, TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(600),
        TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(20),
    ];

    /// <summary>
    /// How far apart writes are on links of these classes. Whatever is written can hold up all that follows, and a
    /// stream is thin only while little is under way: so that what was written before has mostly arrived.
    /// </summary>
    private static readonly TimeSpan[] _paces =
    [
        TimeSpan.Zero, TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1),
        TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(10),
    ];

    /// <summary>How far below its class the mean must fall, as a part of it: more than chance moves it.</summary>
    private const double Inertia = 0.5;

    /// <summary>
    /// From this share of late answers on, and after so many, a link is known to stall; before that a silence is news.
    /// </summary>
    private const double OftenLate = 0.3;
    private const double MostlyLate = 0.8;
    private const int LateToKnow = 4;

    /// <summary>
    /// One late answer alone says nothing of a link: whoever answered was busy, or was just beginning. A busy link is
    /// asked again only minutes later, and everything on it would keep a distance until then.
    /// </summary>
    private const int LateToCount = 2;

    private int _weight = FirstWeight;
    private int _answers;
    private int _class;
    private int _lateAnswers;
    private int _heldUp;

    /// <summary>Smoothed share of late answers, 0..1.</summary>
    public double Late { get; private set; }

    /// <summary>Smoothed number of tries in vain a round trip.</summary>
    public double Tries { get; private set; }

    /// <summary>The usual round trip when the link was last up; null before it was measured.</summary>
    public TimeSpan? Usual { get; set; }

    /// <summary>It stalls so often that a stall is nothing to tell others of.</summary>
    public bool IsOftenLate => Late >= OftenLate && _lateAnswers >= LateToKnow;

    /// <summary>Hardly any answer comes in what is held to be the usual time.</summary>
    public bool IsMostlyLate => Late >= MostlyLate || _heldUp >= LateToKnow;

    /// <summary>Takes in one answer; false if it was late, and says nothing about the usual time.</summary>
    /// <param name="took">From question to answer.</param>
    /// <param name="usual">What it usually takes.</param>
    /// <param name="isOfWay">
    /// Something was sent again meanwhile, or nobody can tell. Else a late answer says nothing of the link: whoever
    /// answered was busy, or this node was; or, if it goes on like that, the way became longer.
    /// </param>
    public bool Answered(TimeSpan took, TimeSpan usual, bool isOfWay = true)
    {
        TimeSpan lateness = took - 2 * usual;
        bool late = lateness > _late;
        if (late && !isOfWay)
        {
            _heldUp = Math.Min(_heldUp + 1, LateToKnow);
            return false;
        }

        _heldUp = 0;
        Count(late ? Math.Min(TriesOf(lateness / _timeout), TriesOfBroken) : 0);
        return !late;
    }

    private static double TriesOf(double timeouts) =>
        timeouts <= EqualTimeouts ? timeouts : EqualTimeouts + Math.Log2(1 + (timeouts - EqualTimeouts) / 2);

    /// <summary>
    /// The link ended with a question unanswered: proof of lateness only if it never answered any in time.
    /// </summary>
    public void Broke()
    {
        if (Late > 0 || _weight == FirstWeight)
            Count(TriesOfBroken);
    }

    private void Count(double tries)
    {
        bool late = tries > 0;
        if (late && _lateAnswers < LateToKnow)
            _lateAnswers++;
        Late += ((late ? 1 : 0) - Late) / _weight;
        Tries += (tries - Tries) / _weight;
        _weight = Math.Min(_weight + 1, LastWeight);
        bool isKnown = _lateAnswers >= LateToCount || tries >= TriesOfBroken;
        bool wasSettled = IsSettled;
        _answers = Math.Min(_answers + 1, LastWeight);

        // By now the first fear is over, and chance has moved nothing yet.
        if (IsSettled && !wasSettled)
            _class = 0;
        double expected = !IsUncertain ? Tries
            : Tries + Math.Max(0, TriesFeared - Tries) * WeightOfFear / (WeightOfFear + _answers);
        while (isKnown && _class < _from.Length - 1 && expected >= _from[_class + 1])
            _class++;
        while (!IsUncertain && _class > 0 && Tries < _from[_class] * (1 - Inertia))
            _class--;
    }

    /// <summary>Answers are late, and too few have come to say what the link is worth.</summary>
    public bool IsUncertain => !IsSettled && _lateAnswers >= LateToCount;

    private bool IsSettled => _answers >= LastWeight;

    /// <summary>What waiting costs: the least that the link costs.</summary>
    public TimeSpan ExpectedWait => _waits[_class];

    /// <summary>How long after a write the next one leaves.</summary>
    public TimeSpan Pace => _paces[_class];

    /// <summary>It hardly stands up: nothing is lost by telling it little.</summary>
    public bool IsHopeless => _class == _from.Length - 1;
}
