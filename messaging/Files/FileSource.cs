using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Files;

/// <summary>How this node stands to a member of whom it fetches a file.</summary>
internal enum SourceState
{
    /// <summary>It is asked when its time has come.</summary>
    Idle,

    /// <summary>It was asked what it has.</summary>
    Asked,

    /// <summary>It has something of the file, and sends it.</summary>
    Ready,
}

/// <summary>
/// A member that a file is fetched from: what it has, and how much of it may be on the way at a time. The window grows
/// and shrinks like that of TCP (RFC 5681, RFC 6298): a relay that drops pieces is full.
/// </summary>
internal sealed class FileSource(NodeAddress peer)
{
    /// <summary>Pieces on the way at first: two chunks. Arbitrary.</summary>
    private const double FirstWindow = 16;

    private static readonly TimeSpan LeastTimeout = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan FirstTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostTimeout = TimeSpan.FromHours(2);

    /// <summary>Doublings of the timeout at most. Arbitrary.</summary>
    private const int MostDoublings = 6;

    /// <summary>Timeouts in a row after which it counts as silent. Arbitrary.</summary>
    private const int MostTimeouts = 4;

    /// <summary>Chunks that do not fit their hash, after which it is left alone. Arbitrary.</summary>
    private const int MostWrong = 3;

    /// <summary>
    /// How long it is left alone at first, where it does not answer and where it sends what is wrong. Arbitrary.
    /// </summary>
    private static readonly TimeSpan PauseOfSilent = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PauseOfLiar = TimeSpan.FromMinutes(10);
    /// <summary>How soon one is asked again that had only what this node has. Arbitrary.</summary>
    private static readonly TimeSpan RestOfPart = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    /// <summary>Pieces on the way at least: enough that the loss of one shows by those behind it. Arbitrary.</summary>
    private const double LeastWindow = 4;

    private double _least = LeastWindow;
    private double _window = FirstWindow;
    private double _threshold = double.MaxValue;
    private TimeSpan _roundTrip;
    private TimeSpan _deviation;
    private TimeSpan _leastTimeout = FirstTimeout;
    private Instant _shrunkAt = new(long.MinValue / 2);
    private int _doublings;
    private int _pauses;
    private int _wrong;

    internal NodeAddress Peer { get; } = peer;

    internal SourceState State { get; set; }

    /// <summary>When it is asked, or given up.</summary>
    internal Instant NextTry { get; set; }

    /// <summary>What its answer said.</summary>
    internal ulong Session { get; set; }

    /// <summary>The last request.</summary>
    internal uint Number { get; set; }

    /// <summary>What its pieces have to say.</summary>
    internal ulong Ticket { get; set; }

    /// <summary>The chunks that it has; null for all.</summary>
    internal ChunkSet? Have { get; set; }

    /// <summary>Pieces that were asked for and have not come.</summary>
    internal int InFlight { get; set; }

    /// <summary>Why it sends nothing, in a few words; null where that is not known.</summary>
    internal string? Obstacle { get; set; }

    /// <summary>Pieces that may be asked for now.</summary>
    internal int Room => Math.Max(0, (int)_window - InFlight);

    /// <summary>How many may be on the way.</summary>
    internal int Window => (int)_window;

    /// <summary>How long something may take to come.</summary>
    internal TimeSpan Timeout
    {
        get
        {
            TimeSpan usual = _roundTrip == default ? _leastTimeout : _roundTrip + 4 * _deviation;
            if (usual < (_roundTrip == default ? _leastTimeout : LeastTimeout))
                usual = LeastTimeout;
            TimeSpan doubled = usual * (1 << _doublings);
            return doubled < MostTimeout ? doubled : MostTimeout;
        }
    }

    /// <summary>It has a chunk.</summary>
    internal bool Has(int chunk) => Have is null || Have[chunk];

    /// <summary>It answered: pieces may be asked of it.</summary>
    /// <param name="ofPiece">How long a piece takes by what the route says, where that is slow; else null.</param>
    internal void Begin(TimeSpan? ofPiece)
    {
        State = SourceState.Ready;
        Obstacle = null;
        _pauses = _doublings = 0;
        _least = ofPiece is null ? LeastWindow : 1;
        if (ofPiece is not { } slow)
            return;
        // One at a time: what is on a radio's way cannot be called back.
        (_window, _threshold) = (1, 2);
        _leastTimeout = FirstTimeout + 4 * slow;
    }

    /// <summary>A piece came.</summary>
    /// <param name="roundTrip">Since it was asked for; null where it was asked for more than once.</param>
    internal void Came(TimeSpan? roundTrip)
    {
        InFlight--;
        _doublings = 0;
        _window += _window < _threshold ? 1 : 1 / _window;
        if (roundTrip is not { } sample)
            return;
        if (_roundTrip == default)
        {
            (_roundTrip, _deviation) = (sample, sample / 2);
            return;
        }

        // RFC 6298, section 2.
        _deviation = 0.75 * _deviation + 0.25 * (_roundTrip - sample).Duration();
        _roundTrip = 0.875 * _roundTrip + 0.125 * sample;
    }

    /// <summary>The window is as large as it ever needs to be.</summary>
    internal void Limit(int pieces) => _window = Math.Min(_window, Math.Max(1, pieces));

    /// <summary>Pieces did not come in time; false if it has been silent for too long.</summary>
    internal bool Missed(Instant now, int pieces)
    {
        if (Lost(now, pieces))
            _doublings = Math.Min(_doublings + 1, MostDoublings);
        return _doublings < MostTimeouts;
    }

    /// <summary>
    /// Pieces are lost: what was asked for later came. False if that is one loss with the one before.
    /// </summary>
    internal bool Lost(Instant now, int pieces)
    {
        InFlight -= pieces;
        if (now - _shrunkAt < (_roundTrip == default ? LeastTimeout : _roundTrip))
            return false;
        _shrunkAt = now;
        _threshold = Math.Max(_least, _window / 2);
        _window = _threshold;
        return true;
    }

    /// <summary>A chunk of it did not fit its hash; false if it is left alone for that.</summary>
    internal bool WasWrong() => ++_wrong < MostWrong;

    /// <summary>It has nothing that this node lacks: it is asked again later.</summary>
    internal void Rest(Instant now) =>
        (State, Have, Ticket, InFlight, Obstacle, NextTry) =
            (SourceState.Idle, null, 0, 0, "has no more of it", now + RestOfPart);

    /// <summary>It is left alone for a while, each time for longer.</summary>
    internal void Pause(Instant now, string why, bool isLiar)
    {
        (State, Have, Ticket, InFlight, Obstacle) = (SourceState.Idle, null, 0, 0, why);
        TimeSpan pause = isLiar ? PauseOfLiar * (1 << Math.Min(_pauses, MostDoublings))
            : PauseOfSilent * (1 << Math.Min(_pauses, 2 * MostDoublings));
        if (!isLiar && pause > LongestPause)
            pause = LongestPause;
        _pauses++;
        (_window, _threshold, _doublings, _wrong) = (FirstWindow, double.MaxValue, 0, 0);
        NextTry = now + pause;
    }
}
