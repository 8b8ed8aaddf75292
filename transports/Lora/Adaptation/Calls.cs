namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>
/// When this station says who it is: to everyone, twice after its start and ever more seldom while it is alone; and to
/// a station that was heard and is not known.
/// </summary>
/// <param name="random">For jitter.</param>
internal sealed class Calls(Random random)
{
    /// <summary>Arbitrary: more stations that are not known wait until they are heard again.</summary>
    internal const int MaxWanted = 16;

    private readonly Dictionary<ushort, TimeSpan> _wanted = [];
    private TimeSpan _roundAt = TimeSpan.MaxValue;
    private int _rounds;

    /// <summary>When something has to be said; MaxValue: nothing.</summary>
    internal TimeSpan Next
    {
        get
        {
            TimeSpan next = _roundAt;
            foreach (TimeSpan at in _wanted.Values)
                next = at < next ? at : next;
            return next;
        }
    }

    /// <summary>The radio came on.</summary>
    internal void Start(TimeSpan now)
    {
        _rounds = 0;
        _roundAt = now + RadioTuning.FirstCall + (RadioTuning.FirstCallSpread * random.NextDouble());
    }

    /// <summary>The last neighbour is gone.</summary>
    internal void Resume(TimeSpan unit, TimeSpan now)
    {
        if (_roundAt == TimeSpan.MaxValue)
            Plan(unit, now);
    }

    /// <summary>Says who we are to a station of that id, before long.</summary>
    internal void Want(ushort id, TimeSpan at)
    {
        if (_wanted.Count < MaxWanted)
            _wanted.TryAdd(id, at);
    }

    /// <summary>Whether a station of that id is going to be told.</summary>
    internal bool IsWanted(ushort id) => _wanted.ContainsKey(id);

    /// <summary>The station is known by now.</summary>
    internal void Drop(ushort id) => _wanted.Remove(id);

    /// <summary>To whom something has to be said now; null: to nobody.</summary>
    /// <param name="alone">There is no neighbour.</param>
    /// <param name="now">Monotonic time.</param>
    internal ushort? Due(bool alone, TimeSpan now)
    {
        if (now >= _roundAt && !alone && _rounds >= RadioTuning.CallsAtLeast)
            _roundAt = TimeSpan.MaxValue;
        if (now >= _roundAt)
            return RadioFrame.Everyone;
        foreach ((ushort id, TimeSpan at) in _wanted)
        {
            if (now >= at)
                return id;
        }
        return null;
    }

    /// <summary>It was said.</summary>
    /// <param name="to">To whom.</param>
    /// <param name="unit">Airtime of an identity.</param>
    /// <param name="now">Monotonic time.</param>
    internal void Said(ushort to, TimeSpan unit, TimeSpan now)
    {
        if (to != RadioFrame.Everyone)
        {
            _wanted.Remove(to);
            return;
        }
        _rounds++;
        Plan(unit, now);
    }

    /// <summary>The shortest wait between two calls to everyone.</summary>
    /// <param name="unit">Airtime of an identity.</param>
    internal static TimeSpan Interval(TimeSpan unit)
    {
        TimeSpan interval = RadioTuning.CallUnits * unit;
        return interval > RadioTuning.ShortestCallInterval ? interval : RadioTuning.ShortestCallInterval;
    }

    private void Plan(TimeSpan unit, TimeSpan now)
    {
        double wait = (1 << Math.Min(Math.Max(0, _rounds - 1), RadioTuning.CallDoublings))
            * (0.75 + (random.NextDouble() / 2));
        _roundAt = now + (Interval(unit) * wait);
    }
}
