using System.Buffers.Binary;

namespace QuicProChat.Mesh.Transports.Lora.Modems.RNode;

// What has left the device. It has no "sent" event, but it says its own airtime about once a second and at once after
// every run, before it reads its port again (update_airtime of the firmware). Airtime is counted in bins of 7.5 s: the
// short figure is the bin that runs and the one before it, so it goes back 7.5 to 15 s; the long one is the sum of all
// bins of an hour.
//
// A figure that rose     A run ended just before: only frames add to a figure, a bin that drops out can but hide them.
//                          A run takes the whole queue (above 14 kbit/s one frame), and what is in the queue we know: a
//                          question follows every frame, and whatever was answered before this report was read before
//                          the run.
//   A figure too large     Where a bin dropped out in the very second in which frames left, nothing rises. But if the
//                          short figure is above all airtime that left before and can still be inside, the next frame
//                          is in it too. What left 15 s before the question that was answered last is not inside,
//                          however late we read.
//
// Both hold at any phase of the bins; only the second needs to know what the device counts for a frame, and only at
// most. A frame that neither shows is reported with the next run, or counts as held back.
public sealed partial class RNodeModem
{
    /// <summary>Hundredths of a percent of two bins: the device's unit.</summary>
    private static readonly TimeSpan ShortTermUnit = TimeSpan.FromSeconds(15) / 10_000;

    /// <summary>Two bins, and what two clocks may differ in that time.</summary>
    private static readonly TimeSpan Visible = TimeSpan.FromSeconds(15.1);

    /// <summary>
    /// A bin is cleared in the one before it, by a report or at the end of a frame. A second to the next report and
    /// this are less than a bin; after a longer frame the short figure may hold what was counted an hour ago.
    /// </summary>
    private static readonly TimeSpan LongFrame = TimeSpan.FromSeconds(6);

    /// <summary>
    /// The device reports once a second: who is silent that long has firmware, or a processor, without statistics.
    /// </summary>
    private static readonly TimeSpan FirstStatistics = TimeSpan.FromSeconds(2.5);

    /// <summary>Bits a second above which the firmware sends one frame in a run.</summary>
    private const double OneFrameRuns = 14_000;

    /// <summary>Questions sent and not answered: when.</summary>
    private readonly Queue<TimeSpan> _questions = new();

    /// <summary>What left, by when at the latest, and the most that the device counted for it.</summary>
    private readonly Queue<(TimeSpan At, TimeSpan Most)> _left = new();

    private (int Short, int Hour)? _statistics;
    private TimeSpan _statisticsBy;
    private long _asked;
    private long _answered;
    private TimeSpan _answeredAskedAt;

    private void StartWatching(TimeSpan now)
    {
        _questions.Clear();
        _left.Clear();
        _statistics = null;
        _statisticsBy = now + FirstStatistics;
        _asked = 0;
        _answered = 0;
        _answeredAskedAt = TimeSpan.Zero;
    }

    /// <summary>Asks for room in the queue. READY only comes when it is asked for, and answers come in order.</summary>
    private void Ask(TimeSpan now)
    {
        _asked++;
        _questions.Enqueue(now);
        Command(RNodeCommand.Ready, [0]);
    }

    private void OnReady(bool hasRoom, TimeSpan now)
    {
        _queueFull = !hasRoom;
        if (_questions.TryDequeue(out TimeSpan askedAt))
        {
            _answered++;
            _answeredAskedAt = askedAt;
        }
        // Firmware without statistics: it answered, so it does not transmit; and contention is over by now.
        while (_statistics is null && hasRoom && _held.TryPeek(out Held held) && held.Earliest + Contention <= now)
            Release(now);
    }

    private void OnStatistics(ReadOnlySpan<byte> argument, TimeSpan now)
    {
        Do(new NoiseReported(argument[9] - 157));
        int shortTerm = BinaryPrimitives.ReadUInt16BigEndian(argument);
        int hour = BinaryPrimitives.ReadUInt16BigEndian(argument[2..]);
        (int Short, int Hour)? before = _statistics;
        _statistics = (shortTerm, hour);
        TimeSpan visible = shortTerm * ShortTermUnit;
        if (before is not { } last)
            // A device that did not reboot still counts what it sent for whoever was here before us.
            _left.Enqueue((now, visible));
        else if (shortTerm > last.Short || hour > last.Hour)
            ReleaseRun(visible - (last.Short * ShortTermUnit), now);
        ReleaseVisible(visible, now);
    }

    private void ReleaseRun(TimeSpan rise, TimeSpan now)
    {
        bool wholeQueue = _modulation.NominalBitRate <= OneFrameRuns;
        bool more = true;
        while (more && _held.TryPeek(out Held held) && held.Question <= _answered)
        {
            rise -= MostCounted(held.Airtime);
            // One frame in a run: as many as the rise cannot do without.
            more = wholeQueue || rise > ShortTermUnit;
            Release(now);
        }
        // More than that: the rest of a frame that was cut short, say, glued to another. It must not pass for the next.
        if (rise > TimeSpan.Zero)
            _left.Enqueue((now, rise));
    }

    private void ReleaseVisible(TimeSpan visible, TimeSpan now)
    {
        while (_left.TryPeek(out (TimeSpan At, TimeSpan Most) old) && _answeredAskedAt - old.At > Visible)
            _left.Dequeue();
        TimeSpan before = TimeSpan.Zero;
        foreach ((_, TimeSpan most) in _left)
            before += most;
        while (visible > before && _held.TryPeek(out Held held) && held.Question <= _answered)
        {
            before += MostCounted(held.Airtime);
            Release(now);
        }
    }

    /// <summary>
    /// The firmware rounds nothing up, and counts four symbols of the preamble less than there may be; before 1.80 its
    /// formula was another, at most a symbol above ours.
    /// </summary>
    private TimeSpan MostCounted(TimeSpan airtime) =>
        airtime < LongFrame ? airtime + _modulation.Symbol : TimeSpan.FromHours(1);

    private void Release(TimeSpan now)
    {
        Held held = _held.Dequeue();
        _heldBytes -= held.Bytes;
        _heldAirtime -= held.Airtime;
        _left.Enqueue((now, MostCounted(held.Airtime)));
        Report(sent: true);
    }
}
