namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>Why a next hop did not take an envelope: what it answered, or that it did not answer.</summary>
internal enum Refusal : byte
{
    /// <summary>"Later."</summary>
    TooFast,

    NoSpace,

    TooLarge,

    Expired,

    NoWayOn,

    /// <summary>A code that this version does not know.</summary>
    Unknown,

    /// <summary>No answer in time.</summary>
    Silent,
}

/// <summary>
/// Next hops that did not take an envelope are left alone for its destination for a while, whatever they answered: else
/// the best one could hold up everything by never taking anything (docs/reference/protocol.md, section 4.3). "Too fast"
/// is borne a few times, since an honest neighbour takes something in between; "too large" holds for that size and
/// above, so that small envelopes still pass.
/// </summary>
/// <param name="random">Spreads the ends.</param>
/// <param name="capacity">Most records; one more takes the place of another, whose next hop is then tried
/// sooner.</param>
internal sealed class Backoffs(Random random, int capacity)
{
    /// <summary>Pauses in a row without anything taken before "later" counts as a refusal.</summary>
    private const int PausesBorne = 3;

    private const int MaxDoublings = 10;
    private static readonly TimeSpan _shortPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan _first = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(1);

    // To find out costs a long wait each time.
    private static readonly TimeSpan _firstAfterSilence = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _longestAfterSilence = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan _tooLarge = TimeSpan.FromMinutes(10);

    private readonly Slab<Backoff> _backoffs = new();
    private int[] _firstPlusOne = [];
    private int _count;
    private int _hand;

    /// <summary>Records that exist.</summary>
    public int Count => _count;

    /// <summary>True if a next hop was refused something for the destination, whether or not that is over.</summary>
    public bool Any(int destination) => First(destination) != 0;

    /// <summary>Notes that a next hop did not take an envelope.</summary>
    /// <param name="destination">The destination's number.</param>
    /// <param name="link">The next hop.</param>
    /// <param name="epoch">Tells the link from earlier ones of its number.</param>
    /// <param name="refusal">Why.</param>
    /// <param name="size">Header and payload in bytes.</param>
    /// <param name="pauses">How often in a row the link was paused without that anything was taken.</param>
    /// <param name="now">When.</param>
    /// <returns>True if it is left alone for all sizes now, and was not before.</returns>
    public bool Note(int destination, LinkId link, uint epoch, Refusal refusal, int size, int pauses, Instant now)
    {
        ref Backoff backoff = ref Use(destination, link, epoch);
        if (refusal == Refusal.TooLarge)
        {
            backoff.TooLargeFrom = backoff.TooLargeFrom > 0 ? Math.Min(backoff.TooLargeFrom, size) : size;
            backoff.TooLargeUntil = now + Spread(_tooLarge);
            return false;
        }

        // What was under way at the same time says nothing new.
        if (!backoff.Probing && (backoff.Until > now || (refusal == Refusal.TooFast && backoff.PausedUntil > now)))
            return false;
        backoff.Probing = false;
        if (refusal == Refusal.TooFast && Math.Max(backoff.Pauses, pauses - 1) < PausesBorne)
        {
            backoff.PausedUntil = now + _shortPause * (1 << backoff.Pauses);
            backoff.Pauses++;
            return false;
        }

        backoff.Refusal = refusal;
        backoff.Until = now + Spread(WaitAfter(refusal, backoff.Failures));
        if (backoff.Failures < MaxDoublings)
            backoff.Failures++;
        return true;
    }

    /// <summary>
    /// An envelope was sent to a next hop that had refused some: the rest waits for what it answers, or as long as
    /// after the refusal.
    /// </summary>
    public void Probed(int destination, LinkId link, int size, Instant now)
    {
        int at = Find(destination, link);
        if (at < 0)
            return;
        ref Backoff backoff = ref _backoffs[at];
        if (backoff.TooLargeFrom != 0 && size >= backoff.TooLargeFrom)
            backoff.TooLargeUntil = now + Spread(_tooLarge);
        if (backoff.Failures == 0)
            return;
        backoff.Probing = true;
        backoff.Until = now + Spread(WaitAfter(backoff.Refusal, backoff.Failures - 1));
    }

    /// <summary>What was to ask it did not go out after all: it may be asked as before.</summary>
    public void NotProbed(int destination, LinkId link, int size, Instant now)
    {
        int at = Find(destination, link);
        if (at < 0)
            return;
        ref Backoff backoff = ref _backoffs[at];
        if (backoff.TooLargeFrom != 0 && size >= backoff.TooLargeFrom)
            backoff.TooLargeUntil = now;
        if (!backoff.Probing)
            return;
        backoff.Probing = false;
        backoff.Until = now;
    }

    /// <summary>Whether a next hop is left alone for an envelope now, and why.</summary>
    public bool IsLeftAlone(int destination, LinkId link, uint epoch, int size, Instant now, out Refusal refusal)
    {
        refusal = default;
        int at = Find(destination, link);
        if (at < 0 || _backoffs[at].Epoch != epoch)
            return false;
        ref Backoff backoff = ref _backoffs[at];
        bool tooLarge = backoff.TooLargeUntil > now && size >= backoff.TooLargeFrom;
        refusal = backoff.Until > now ? backoff.Refusal : Refusal.TooLarge;
        return tooLarge || backoff.Until > now;
    }

    /// <summary>
    /// The next hop took an envelope for the destination. True if it may be offered more than before.
    /// </summary>
    public bool Forget(int destination, LinkId link, int size)
    {
        if (First(destination) == 0)
            return false;
        int at = Find(destination, link);
        if (at < 0)
            return false;
        ref Backoff backoff = ref _backoffs[at];
        bool gained = backoff.Failures > 0 || size >= backoff.TooLargeFrom;
        if (size >= backoff.TooLargeFrom)
            Remove(at);
        else
            (backoff.Failures, backoff.Pauses, backoff.Probing, backoff.Until) = (0, 0, false, default);
        return gained;
    }

    /// <summary>Forgets what was noted for a destination: nothing is held for it any more.</summary>
    public void Clear(int destination)
    {
        while (First(destination) != 0)
            Remove(First(destination) - 1);
    }

    /// <summary>When the first next hop of a destination is tried again; never if none is left alone.</summary>
    public Instant EarliestRetry(int destination, Instant now)
    {
        Instant earliest = Instant.Never;
        for (int next = First(destination); next != 0; next = _backoffs[next - 1].NextPlusOne)
        {
            ref Backoff backoff = ref _backoffs[next - 1];
            if (backoff.Until > now)
                earliest = Instant.Min(earliest, backoff.Until);
            if (backoff.TooLargeUntil > now)
                earliest = Instant.Min(earliest, backoff.TooLargeUntil);
        }

        return earliest;
    }

    /// <summary>How often in a row a next hop took nothing for a destination, pauses between.</summary>
    public int FailuresOf(int destination, LinkId link) =>
        Find(destination, link) is var at and >= 0 ? _backoffs[at].Failures : 0;

    /// <summary>The wait after one more failure.</summary>
    internal static TimeSpan WaitAfter(Refusal refusal, int failures)
    {
        (TimeSpan first, TimeSpan longest) = refusal == Refusal.Silent ? (_firstAfterSilence, _longestAfterSilence)
            : (_first, _longest);
        TimeSpan wait = first * (1 << failures);
        return wait < longest ? wait : longest;
    }

    // All who were refused together are not to come back together.
    private TimeSpan Spread(TimeSpan wait) => wait + new TimeSpan(random.NextInt64(wait.Ticks / 8 + 1));

    private int First(int destination) => destination < _firstPlusOne.Length ? _firstPlusOne[destination] : 0;

    private int Find(int destination, LinkId link)
    {
        for (int next = First(destination); next != 0; next = _backoffs[next - 1].NextPlusOne)
        {
            if (_backoffs[next - 1].Link == link.Value)
                return next - 1;
        }

        return -1;
    }

    private ref Backoff Use(int destination, LinkId link, uint epoch)
    {
        int at = Find(destination, link);
        if (at >= 0 && _backoffs[at].Epoch == epoch)
            return ref _backoffs[at];
        if (at >= 0)
            Remove(at);
        if (_count == capacity)
            Recycle();
        at = _backoffs.Allocate();
        _count++;
        if (destination >= _firstPlusOne.Length)
            Array.Resize(ref _firstPlusOne, Math.Max(16, Math.Max(destination + 1, _firstPlusOne.Length * 2)));
        ref Backoff made = ref _backoffs[at];
        made.Destination = destination;
        made.Link = link.Value;
        made.Epoch = epoch;
        made.NextPlusOne = _firstPlusOne[destination];
        _firstPlusOne[destination] = at + 1;
        return ref made;
    }

    // Round robin over the slots: all of them are in use.
    private void Recycle()
    {
        _hand = _hand + 1 < _backoffs.Limit ? _hand + 1 : 0;
        Remove(_hand);
    }

    private void Remove(int at)
    {
        ref int place = ref _firstPlusOne[_backoffs[at].Destination];
        while (place != at + 1)
            place = ref _backoffs[place - 1].NextPlusOne;
        place = _backoffs[at].NextPlusOne;
        _backoffs.Free(at);
        _count--;
    }

    private struct Backoff
    {
        public Instant Until;
        public Instant PausedUntil;
        public Instant TooLargeUntil;
        public int TooLargeFrom;
        public int Destination;
        public int Link;
        public uint Epoch;
        public int NextPlusOne;
        public Refusal Refusal;
        public byte Failures;
        public byte Pauses;
        public bool Probing;
    }
}
