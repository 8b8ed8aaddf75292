using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

// Pings: only where nothing else shows that the neighbour is there.
internal sealed partial class RouteProtocol
{
    // A ping on a slow medium costs airtime: at most a thousandth of it.
    private const double PingShare = 0.001;

    // A silence is as old as this many pings are apart.
    private const int CalmPerPing = 20;

    private static readonly TimeSpan _slowestRepeat = TimeSpan.FromSeconds(1);

    // A stream on which most of what is sent gets lost answers one ping at once now and then, but not three.
    private const int AnswersBeforeUse = 4;

    // Less than a transport takes for a link that was good for something, and dials again at once.
    private static readonly TimeSpan _unmeasuredPatience = TimeSpan.FromSeconds(20);

    private const int SilencesBeforeHoldOff = 2;
    private const int MaxHoldOffDoublings = 10;

    private Instant _lastSilence = new(long.MinValue / 2);

    private static readonly LinkEnd _silent = new(LinkEndCode.Dead, Detail: "no answer to pings");

    /// <inheritdoc/>
    public void Heard(Instant now, LinkId link)
    {
        _now = now;
        if (Find(link) is { } neighbour)
            Alive(neighbour);
    }

    /// <inheritdoc/>
    public void Unanswered(Instant now, LinkId link)
    {
        _now = now;
        if (Find(link) is { Pings.Unanswered: 0 } neighbour)
            SendPing(neighbour);
    }

    /// <inheritdoc/>
    public TimeSpan PaceOf(LinkId link) => Find(link) is { Properties.Reliable: true } neighbour
        ? neighbour.Quality.Pace : TimeSpan.Zero;

    private void Alive(Neighbour neighbour)
    {
        neighbour.LastHeard = _now;
        neighbour.Pings.Unanswered = 0;
        if (neighbour.IsStalled)
        {
            neighbour.IsStalled = false;
            FlushLater(neighbour, _now);
        }

        if (!neighbour.IsSuspect)
            return;
        neighbour.IsSuspect = false;
        HoldOffAfterSilence(neighbour);
        EvaluateAll(neighbour);
    }

    /// <summary>
    /// A link that falls silent again and again is the last resort for ever longer, so that not all routes swing with
    /// it.
    /// </summary>
    private void HoldOffAfterSilence(Neighbour neighbour)
    {
        if (_now - neighbour.Pings.LastSilence > FlapMemory)
            neighbour.Pings.Silences = 0;
        neighbour.Pings.LastSilence = _now;
        if (++neighbour.Pings.Silences < SilencesBeforeHoldOff)
            return;
        TimeSpan hold = TimeSpan.FromSeconds(1 << Math.Min(neighbour.Pings.Silences, MaxHoldOffDoublings));
        _trust.Hold(neighbour, _now + (hold < FlapMemory ? hold : FlapMemory));
    }

    private void SendPing(Neighbour neighbour)
    {
        // On a stream a second ping would wait behind the first, and be one more segment that can get lost.
        bool isRepeat = neighbour.Pings.Unanswered > 0 && neighbour.Pings.SentAt is not null;
        if (isRepeat && neighbour.Properties.Reliable)
        {
            neighbour.Pings.Unanswered++;
            neighbour.Pings.Next = _now + UntilNextPing(neighbour);
            Schedule(neighbour.Pings.Next);
            return;
        }

        ++neighbour.Pings.Number;
        if (neighbour.Pings.Unanswered++ == 0)
        {
            neighbour.Pings.FirstUnansweredAt = _now;
            neighbour.Pings.FirstUnanswered = neighbour.Pings.Number;
        }

        neighbour.Pings.Next = _now + UntilNextPing(neighbour);
        Schedule(neighbour.Pings.Next);
        new Ping(neighbour.Pings.Number).Write(Body);
        bool sent = SendFrame(neighbour, FrameKind.Ping, FrameClass.Control, Ping.Size);
        neighbour.Pings.SentAt = sent ? _now : null;
        if (!sent)
            return;

        // Other frames may come while the answer to an earlier one is under way on a long way: that one is measured.
        if (neighbour.Properties.Reliable
            && (neighbour.Pings.MeasuringSince is not { } since || _now - since > _options.LongestPatience))
        {
            (neighbour.Pings.Measuring, neighbour.Pings.MeasuringSince) = (neighbour.Pings.Number, _now);
            neighbour.Pings.RepeatsBefore = _actions.Repeats(neighbour.Link);
        }

        neighbour.Budget?.Owe(_now, 1 + Ping.Size);
        Counters.Add(RouteCounter.PingsSent);
    }

    /// <summary>
    /// On a stream a further ping waits behind the first; it only sets the rhythm in which silence is looked at.
    /// </summary>
    private TimeSpan UntilNextPing(Neighbour neighbour)
    {
        TimeSpan timeout = PingTimeout(neighbour);
        if (!neighbour.Properties.Reliable || neighbour.Pings.Unanswered <= _options.PingsBeforeSuspect)
            return timeout;
        TimeSpan slower = (_now - neighbour.Pings.FirstUnansweredAt) / 2;
        slower = slower < _slowestRepeat ? slower : _slowestRepeat;
        return slower > timeout ? slower : timeout;
    }

    private TimeSpan PingTimeout(Neighbour neighbour) => AnswerTime(neighbour, _options.PingRetry);

    private TimeSpan AckTimeout(Neighbour neighbour) => AnswerTime(neighbour, _options.AckPatience);

    private static TimeSpan AnswerTime(Neighbour neighbour, TimeSpan least)
    {
        double seconds = least.TotalSeconds + 2 * (neighbour.Measured.RoundTrip ?? TimeSpan.Zero).TotalSeconds
            + 4 * neighbour.Measured.Variation.TotalSeconds;
        if (neighbour.Properties.BitsPerSecond > 0)
            seconds += 8.0 * 8 * ReferenceBytes / neighbour.Properties.BitsPerSecond;
        return TimeSpan.FromSeconds(seconds);
    }

    private TimeSpan IdleTime(Neighbour neighbour)
    {
        if (neighbour.Properties.BitsPerSecond == 0)
        {
            // A ping too may hold up what follows, or be what the link breaks of; and it is late often: that says
            // nothing new.
            if (neighbour.Quality.IsHopeless)
                return _options.PingBusy;
            if (neighbour.Quality.IsUncertain)
                return _options.PingUneasy + neighbour.Quality.Pace;
            if (neighbour.Quality.IsOftenLate)
                return _options.PingIdle;

            // Where a neighbour went silent others may: the more recent that is, the closer the watch.
            TimeSpan calm = (_now - _lastSilence) / CalmPerPing;
            return calm >= _options.PingIdle ? _options.PingIdle : calm > _options.PingUneasy ? calm
                : _options.PingUneasy;
        }

        double seconds = (Ping.Size + FrameOverhead) * 8.0 / neighbour.Properties.BitsPerSecond / PingShare;
        return TimeSpan.FromSeconds(Math.Max(seconds, _options.PingIdle.TotalSeconds));
    }

    private void CheckAlive(Neighbour neighbour)
    {
        // Each way out sets it; whatever fails before is not tried again at once.
        neighbour.Pings.Next = _now + _options.PingIdle;
        if (neighbour.Pings.Unanswered == 0)
        {
            TimeSpan idle = IdleTime(neighbour);
            bool measured = _now - neighbour.Measured.Last < _options.PingBusy;
            if (_now - neighbour.LastHeard < idle * 0.75 && measured)
            {
                neighbour.Pings.Next = neighbour.LastHeard + Jittered(idle);
                return;
            }
        }

        if (neighbour.Pings.Unanswered > 0 && !neighbour.Properties.Reliable)
        {
            neighbour.Measured.Arrival *= 15 / 16.0;
            Measured(neighbour);
        }

        if (neighbour.Pings.Unanswered > 0 && _now - neighbour.Pings.FirstUnansweredAt >= DeadAfter(neighbour))
        {
            neighbour.Pings.Next = Instant.Never;
            Counters.Add(RouteCounter.LinksDead);
            _actions.CloseLink(neighbour.Link, _silent);
            return;
        }

        int suspicious = neighbour.Properties.Reliable ? _options.PingsBeforeSuspect : 2 * _options.PingsBeforeSuspect;
        if (neighbour.Pings.Unanswered >= suspicious)
            Silent(neighbour);
        SendPing(neighbour);
    }

    /// <summary>
    /// A neighbour is silent. Where that is usual nobody else hears of it for as long as it usually lasts: only what
    /// waits here goes other ways, if there are any.
    /// </summary>
    private void Silent(Neighbour neighbour)
    {
        if (neighbour.IsSuspect)
            return;
        if (_now - neighbour.Pings.FirstUnansweredAt < Patience(neighbour))
        {
            if (neighbour.IsStalled)
                return;
            neighbour.IsStalled = true;
            _events.LinkStalled(neighbour.Link);
            return;
        }

        neighbour.IsSuspect = true;
        LingerAll(neighbour);
        EvaluateAll(neighbour);
        _events.LinkSilent(neighbour.Link);
        if (!neighbour.Quality.IsOftenLate)
            Watch();
    }

    private TimeSpan Patience(Neighbour neighbour) =>
        neighbour.Properties.Reliable && neighbour.Quality.IsOftenLate ? _options.LongestPatience : TimeSpan.Zero;

    /// <summary>A neighbour went silent: the others are looked after sooner.</summary>
    private void Watch()
    {
        _lastSilence = _now;
        foreach (Neighbour neighbour in _neighbours)
        {
            if (neighbour.Properties.BitsPerSecond != 0 || neighbour.Pings.Unanswered > 0
                || neighbour.Quality.IsOftenLate)
                continue;
            neighbour.Pings.Next = Instant.Min(neighbour.Pings.Next, _now + Jittered(_options.PingUneasy));
            Schedule(neighbour.Pings.Next);
        }
    }

    private TimeSpan DeadAfter(Neighbour neighbour)
    {
        TimeSpan least = PingTimeout(neighbour) * (2 * _options.PingsBeforeSuspect);
        TimeSpan patience = 2 * Patience(neighbour);
        // Nothing depends on a link that was not measured yet, and one over which little comes through needs its time.
        if (neighbour.Properties.Reliable && neighbour.Cost.IsInfinite)
            patience = _unmeasuredPatience;
        least = least > patience ? least : patience;
        return least > _options.DeadAfter ? least : _options.DeadAfter;
    }

    private bool ReceivePing(Neighbour neighbour, ReadOnlySpan<byte> body)
    {
        if (!Ping.TryRead(body, out Ping ping))
            return Malformed();
        if (!neighbour.Pings.Rate.TryTake(_now, 1))
        {
            Counters.Add(RouteCounter.DropPingRate);
            return true;
        }

        new Pong(ping.Number).Write(Body);
        if (SendFrame(neighbour, FrameKind.Pong, FrameClass.Control, Pong.Size))
            neighbour.Budget?.Owe(_now, 1 + Pong.Size);
        return true;
    }

    private bool ReceivePong(Neighbour neighbour, ReadOnlySpan<byte> body)
    {
        if (!Pong.TryRead(body, out Pong pong))
            return Malformed();
        // The first of several counts as well: were late answers passed over, a slow link would always look quick.
        bool isFirst = pong.Number == neighbour.Pings.FirstUnanswered;
        Instant? asked = pong.Number == neighbour.Pings.Measuring ? neighbour.Pings.MeasuringSince : null;
        bool isOfWay = asked is null || neighbour.Pings.RepeatsBefore is not { } before
            || _actions.Repeats(neighbour.Link) != before;
        if (asked is null && neighbour.Pings.SentAt is not null && (isFirst || pong.Number == neighbour.Pings.Number))
            asked = isFirst ? neighbour.Pings.FirstUnansweredAt : neighbour.Pings.SentAt;
        if (asked is not { } sentAt)
        {
            Counters.Add(RouteCounter.DropUnknownPong);
            return true;
        }

        // On a stream the pings after the first waited for the same reason: one silence is one measurement.
        neighbour.Pings.MeasuringSince = null;
        if (pong.Number == neighbour.Pings.Number || neighbour.Properties.Reliable)
            neighbour.Pings.SentAt = null;
        Average(neighbour, _now - sentAt, isOfWay);
        if (!neighbour.Properties.Reliable)
            neighbour.Measured.Arrival += (1 - neighbour.Measured.Arrival) / 16.0;
        neighbour.Measured.Last = _now;
        if (++neighbour.Pings.Answers < AnswersBeforeUse && neighbour.Properties.Reliable && neighbour.Cost.IsInfinite)
        {
            SendPing(neighbour);
            return true;
        }

        neighbour.Pings.Next = _now + Jittered(IdleTime(neighbour));
        Schedule(neighbour.Pings.Next);
        Measured(neighbour);
        return true;
    }

    private const double LongerStep = 1.25;
    private const int LateFirst = 8;

    private static TimeSpan? Shorter(TimeSpan? a, TimeSpan? b) => a is null || b < a ? b : a;

    // Twice the gain of RFC 6298, section 2: pings are rare.
    private static void Average(Neighbour neighbour, TimeSpan sample, bool isOfWay)
    {
        if (neighbour.Measured.RoundTrip is not { } mean || neighbour.Cost.IsInfinite)
        {
            // Of a link that is known only a better answer says something new.
            TimeSpan? known = Shorter(neighbour.Quality.Usual, neighbour.Measured.RoundTrip);
            if (neighbour.Properties.Reliable)
                neighbour.Quality.Answered(sample, known ?? TimeSpan.Zero, isOfWay);
            neighbour.Measured.RoundTrip = Shorter(known, sample);
            return;
        }

        if (neighbour.Properties.Reliable && sample < mean / LateFirst)
        {
            // What was taken for usual was a late answer.
            neighbour.Quality.Answered(sample, mean, isOfWay);
            neighbour.Measured.RoundTrip = sample;
            return;
        }

        if (neighbour.Properties.Reliable && !neighbour.Quality.Answered(sample, mean, isOfWay))
        {
            // Late; or the way became much longer for good, which shows when hardly any answer is in time.
            TimeSpan longer = neighbour.Quality.IsMostlyLate ? mean * LongerStep : mean;
            neighbour.Measured.RoundTrip = longer < sample ? longer : sample;
            return;
        }

        neighbour.Measured.Variation += ((sample - mean).Duration() - neighbour.Measured.Variation) / 4;
        neighbour.Measured.RoundTrip = mean + (sample - mean) / 4;
    }
}
