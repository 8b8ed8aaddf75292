using System.Diagnostics.CodeAnalysis;

namespace QuicProChat.Mesh.Transports.Lora.Airtime;

/// <summary>Why the ledger refused.</summary>
public enum Refusal
{
    /// <summary>It did not refuse.</summary>
    None,

    /// <summary>The frame is longer than the band allows, or than its class can ever get.</summary>
    TooLong,

    /// <summary>The class has used its share for now; see <see cref="DutyLedger.WaitFor"/>.</summary>
    ShareUsed,

    /// <summary>The booking could not be made durable, and what is not booked is not sent.</summary>
    StorageFailed,
}

/// <summary>Airtime of one class in the current window.</summary>
/// <param name="Class">The class.</param>
/// <param name="Used">Booked in the window.</param>
/// <param name="Left">Would still be granted now, in sum.</param>
public sealed record ClassUse(TrafficClass Class, TimeSpan Used, TimeSpan Left);

/// <summary>
/// The only source of airtime of one node in one sub-band. Time is passed in (monotonic, since boot); the ledger
/// reads no clock. The window slides in steps of 1/360: airtime is counted from its booking until it is a whole
/// window, one step and the guard old, so every true sliding window holds less than the ledger counted.
/// Radios of one node in one sub-band share a ledger: any thread may call it.
/// </summary>
public sealed class DutyLedger
{
    private const int StepsPerWindow = 360;

    /// <summary>
    /// Arbitrary: a modem may hold a frame back for carrier sense; it is counted this much longer (1/60 window).
    /// </summary>
    private const int GuardSteps = 6;

    /// <summary>A booking in step b counts while the present step is at most b + this.</summary>
    private const int KeepSteps = StepsPerWindow + GuardSteps + 1;

    /// <summary>
    /// Bookings may lie up to one window ahead, because they are dated at the end of the transmission.
    /// </summary>
    private const int RingSize = KeepSteps + StepsPerWindow + 1;

    private const int ClassCount = 4;

    private readonly Lock _lock = new();
    private readonly long[,] _ring = new long[ClassCount, RingSize];
    private readonly long[] _used = new long[ClassCount];
    private readonly LedgerJournal? _journal;
    private readonly LedgerShares _shares;
    private readonly long _stepTicks;
    private long _step;

    /// <summary>Opens the books of a sub-band.</summary>
    /// <param name="band">The rule to keep.</param>
    /// <param name="shares">Division between the classes; ignored where the rule is a dwell time (window under a
    /// minute).</param>
    /// <param name="journal">Where bookings survive a restart; null only where none is wanted.</param>
    /// <param name="now">Monotonic time.</param>
    public DutyLedger(SubBand band, LedgerShares? shares, LedgerJournal? journal, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(band);
        Band = band;
        _shares = band.Window < TimeSpan.FromMinutes(1)
            ? new LedgerShares(1000, 1000, 1000)
            : shares ?? new LedgerShares();
        _stepTicks = band.Window.Ticks / StepsPerWindow;
        _step = StepOf(now);
        _journal = journal;
        if (journal is null)
            return;
        foreach (RememberedAirtime old in journal.Load(band, now))
        {
            if (StepOf(old.At) >= _step - KeepSteps)
                Book(old.Class, StepOf(old.At), old.Airtime.Ticks);
        }
    }

    /// <summary>The rule that is kept.</summary>
    public SubBand Band { get; }

    /// <summary>The longest frame that a class can ever be granted.</summary>
    public TimeSpan LongestFrame(TrafficClass trafficClass) =>
        TimeSpan.FromTicks(Math.Min(Band.MaxFrame.Ticks, Math.Min(Ceiling(trafficClass), OwnLimit(trafficClass))));

    /// <summary>
    /// Books airtime, or refuses: the one way to get leave to transmit. The booking is durable when this returns.
    /// </summary>
    /// <param name="trafficClass">On whose share.</param>
    /// <param name="airtime">Time on air of the whole transmission.</param>
    /// <param name="now">Monotonic time; a time before the last one is taken as the last one.</param>
    /// <param name="grant">Leave to transmit once.</param>
    /// <param name="refusal">Why not.</param>
    public bool TryReserve(
        TrafficClass trafficClass, TimeSpan airtime, TimeSpan now, [NotNullWhen(true)] out AirtimeGrant? grant,
        out Refusal refusal)
    {
        grant = null;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(airtime, TimeSpan.Zero);
        lock (_lock)
            refusal = Reserve(trafficClass, airtime, now);
        if (refusal == Refusal.None)
            grant = new AirtimeGrant(airtime, trafficClass);
        return grant is not null;
    }

    private Refusal Reserve(TrafficClass trafficClass, TimeSpan airtime, TimeSpan now)
    {
        Advance(now);
        if (airtime > LongestFrame(trafficClass))
            return Refusal.TooLong;
        if (airtime.Ticks > Free(trafficClass))
            return Refusal.ShareUsed;
        if (_journal?.TryClaim(Band, trafficClass, airtime, ClaimSize(trafficClass), now) == false)
            return Refusal.StorageFailed;
        Book(trafficClass, StepOf(now + airtime), airtime.Ticks);
        return Refusal.None;
    }

    /// <summary>How long until this airtime would be granted if nothing else were booked. Null: never.</summary>
    public TimeSpan? WaitFor(TrafficClass trafficClass, TimeSpan airtime, TimeSpan now)
    {
        lock (_lock)
            return Wait(trafficClass, airtime, now);
    }

    private TimeSpan? Wait(TrafficClass trafficClass, TimeSpan airtime, TimeSpan now)
    {
        Advance(now);
        if (airtime > LongestFrame(trafficClass))
            return null;
        long total = Total();
        long own = _used[(int)trafficClass];
        if (airtime.Ticks <= Free(trafficClass, total, own))
            return TimeSpan.Zero;
        for (long step = Math.Max(0, _step - KeepSteps); step <= _step + StepsPerWindow; step++)
        {
            int slot = (int)(step % RingSize);
            for (int c = 0; c < ClassCount; c++)
                total -= _ring[c, slot];
            own -= _ring[(int)trafficClass, slot];
            if (airtime.Ticks <= Free(trafficClass, total, own))
                return TimeSpan.FromTicks(
                    Math.Max(0, ((step + KeepSteps + 1) * _stepTicks) - (2 * Band.Window.Ticks) - now.Ticks));
        }
        return null;
    }

    /// <summary>What each class has used and could still get.</summary>
    public IReadOnlyList<ClassUse> Report(TimeSpan now)
    {
        lock (_lock)
        {
            Advance(now);
            return Array.ConvertAll(Enum.GetValues<TrafficClass>(), c => new ClassUse(
                c, TimeSpan.FromTicks(_used[(int)c]), TimeSpan.FromTicks(Math.Max(0, Free(c)))));
        }
    }

    private long Ceiling(TrafficClass c) => Band.Budget.Ticks / 1000 * _shares.CeilingOf(c);

    private long OwnLimit(TrafficClass c) => Band.Budget.Ticks / 1000 * _shares.OwnLimitOf(c);

    private long Total() => _used[0] + _used[1] + _used[2] + _used[3];

    private long Free(TrafficClass c) => Free(c, Total(), _used[(int)c]);

    private long Free(TrafficClass c, long total, long own)
    {
        long free = OwnLimit(c) - own;
        if (c == TrafficClass.Routing)
        {
            // What messages left alone for an hour, and could have as much of again, is better used than left.
            long unit = Band.Budget.Ticks / 1000;
            free = Math.Max(free, Math.Min((unit * _shares.RoutingIdle) - own, (unit * _shares.IdleCeiling) - total));
        }
        return Math.Min(Ceiling(c) - total, free);
    }

    /// <summary>
    /// Arbitrary: a class writes to flash at most about 40 times a window plus once every twelfth of it.
    /// </summary>
    private TimeSpan ClaimSize(TrafficClass c) => TimeSpan.FromTicks(OwnLimit(c) / 40);

    private void Book(TrafficClass trafficClass, long step, long ticks)
    {
        step = Math.Clamp(step, Math.Max(0, _step - KeepSteps), _step + StepsPerWindow);
        _ring[(int)trafficClass, (int)(step % RingSize)] += ticks;
        _used[(int)trafficClass] += ticks;
    }

    private void Advance(TimeSpan now)
    {
        long target = Math.Max(_step, StepOf(now));
        // Whoever sleeps longer than the whole ring has nothing left to count.
        long first = Math.Max(_step + 1, target - RingSize);
        for (long step = first; step <= target; step++)
        {
            long expired = step - KeepSteps - 1;
            if (expired < 0)
                continue;
            int slot = (int)(expired % RingSize);
            for (int c = 0; c < ClassCount; c++)
            {
                _used[c] -= _ring[c, slot];
                _ring[c, slot] = 0;
            }
        }
        _step = target;
    }

    /// <summary>Steps count from two windows before boot, because what was sent then is remembered too.</summary>
    private long StepOf(TimeSpan time) => Math.Max(0, time.Ticks + (2 * Band.Window.Ticks)) / _stepTicks;
}
