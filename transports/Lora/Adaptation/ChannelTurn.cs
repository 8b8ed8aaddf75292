namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>
/// Whose turn it is on the channel: this station is silent while it waits for an acknowledgement, or overheard that
/// somebody does; and a modem that does not listen before it talks waits at random before each run (ALOHA).
/// </summary>
/// <param name="random">For jitter and back-off.</param>
internal sealed class ChannelTurn(Random random)
{
    private RadioSession? _listeningTo;
    private TimeSpan _listenUntil;
    private TimeSpan _quietUntil;
    private TimeSpan _holdUntil;
    private TimeSpan _latest;
    private bool _held;
    private int _inModem;

    /// <summary>
    /// Frames for others are not proven: they may silence this station half of the time, and not long at once.
    /// </summary>
    private readonly TokenBucket _quiet = new(RadioTuning.QuietBurst, 0.5);

    /// <summary>Airtime of the last frame that left.</summary>
    internal TimeSpan LastAirtime { get; private set; }

    /// <summary>Whether this station should be silent.</summary>
    internal bool IsSilent(TimeSpan now) => _listeningTo is not null || now < _quietUntil;

    /// <summary>The modem came or went: it holds nothing.</summary>
    internal void Reset() => _inModem = 0;

    /// <summary>The modem took a frame.</summary>
    internal void Sent(TimeSpan airtime)
    {
        _inModem++;
        LastAirtime = airtime;
    }

    /// <summary>
    /// A frame left. The session whose acknowledgement is awaited from now on; null: none, or more will leave.
    /// </summary>
    internal RadioSession? Departed()
    {
        _inModem = Math.Max(0, _inModem - 1);
        return _inModem == 0 && _listeningTo is { } session && session.AckOverdue != TimeSpan.MaxValue ? session : null;
    }

    /// <summary>Waits for an acknowledgement.</summary>
    /// <param name="session">Whose.</param>
    /// <param name="from">When the frame that asks has left.</param>
    /// <param name="ackTime">The shortest wait.</param>
    /// <param name="spread">How much longer an early repeat may wait, at random.</param>
    internal void Listen(RadioSession session, TimeSpan from, TimeSpan ackTime, TimeSpan spread)
    {
        // Slow at first, because a lost frame is mostly just that; then fast, because it may be collisions.
        TimeSpan backOff = ackTime * RadioTuning.BackOff[Math.Min(session.Timeouts, RadioTuning.BackOff.Length - 1)];
        session.AckOverdue = from + backOff + ((session.Timeouts < 2 ? spread : backOff) * random.NextDouble());
        _listeningTo = session;
        _listenUntil = from + ackTime;
        _latest = session.AckOverdue + (2 * ackTime);
    }

    /// <summary>Waits no more, if it is for that session.</summary>
    internal void StopListening(RadioSession session)
    {
        if (_listeningTo == session)
            _listeningTo = null;
    }

    /// <summary>Time has passed.</summary>
    internal void CheckTime(TimeSpan now)
    {
        if (_listeningTo is not null && now >= _listenUntil)
            _listeningTo = null;
    }

    /// <summary>
    /// The channel is in use: an acknowledgement takes a little longer. Whoever uses it may be no friend.
    /// </summary>
    internal void ExtendWait(TimeSpan until)
    {
        until = until < _latest ? until : _latest;
        if (_listeningTo is { } session && session.AckOverdue != TimeSpan.MaxValue && until > session.AckOverdue)
            session.AckOverdue = until;
    }

    /// <summary>Somebody listens to a station that may be out of our range.</summary>
    internal void BeQuiet(TimeSpan until, TimeSpan now)
    {
        TimeSpan more = until - (now > _quietUntil ? now : _quietUntil);
        if (more > TimeSpan.Zero && _quiet.TryTake(more.TotalSeconds, now))
            _quietUntil = until;
    }

    /// <summary>Whether a modem without carrier sense may begin; the first time it is asked it draws a wait.</summary>
    internal bool MayBegin(TimeSpan most, TimeSpan now)
    {
        if (!_held)
        {
            _held = true;
            _holdUntil = now + (most * random.NextDouble());
        }
        if (now < _holdUntil)
            return false;
        _held = false;
        return true;
    }

    /// <summary>There is nothing to wait for.</summary>
    internal void LetGo() => _held = false;

    /// <summary>The next moment at which something changes; MaxValue: none.</summary>
    internal TimeSpan NextAfter(TimeSpan now)
    {
        TimeSpan next = TimeSpan.MaxValue;
        foreach (TimeSpan at in (ReadOnlySpan<TimeSpan>)[
            _listeningTo is null ? TimeSpan.MaxValue : _listenUntil, _held ? _holdUntil : TimeSpan.MaxValue,
            _quietUntil])
            next = at > now && at < next ? at : next;
        return next;
    }
}
