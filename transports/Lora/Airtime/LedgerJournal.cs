using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Transports.Lora.Airtime;

/// <summary>
/// Airtime that was booked before this start. <paramref name="At"/> counts since the present boot and may be negative.
/// </summary>
internal readonly record struct RememberedAirtime(TrafficClass Class, TimeSpan At, TimeSpan Airtime);

/// <summary>
/// Makes bookings outlive a restart. Airtime is claimed ahead: a claim is on the medium before any of it is granted,
/// serves several frames, lapses after a twelfth of the window, and is remembered as if all of it had been sent
/// at the moment it lapsed. So a restart only ever counts too much.
/// <para>
/// How old is a claim? Of the present boot: the monotonic clock knows. Of an earlier boot: a clock that something
/// vouches for knows, if it did then and does now. Otherwise the time between the boots counts as nothing: as if the
/// power had come back at once. A record that is damaged, other than the last one, counts as a whole budget sent now;
/// so does a ledger that was emptied, or cut within its first record: it is replaced as a whole, so no power cut leaves
/// such a one.
/// </para>
/// </summary>
/// <param name="store">Where records go.</param>
/// <param name="clock">Boot id and vouched-for time.</param>
public sealed class LedgerJournal(ILedgerStore store, ILedgerClock clock)
{
    /// <summary>Arbitrary: 32 KiB, well inside one flash erase block.</summary>
    private const int CompactAfterRecords = 1024;

    private readonly ILedgerStore _store = store;
    private readonly ILedgerClock _clock = clock;
    private readonly List<LedgerRecord> _live = [];
    private readonly OpenClaim[] _open = new OpenClaim[4];
    private int _appended;
    private bool _loaded;

    private record struct OpenClaim(TimeSpan Left, TimeSpan Lapses, TimeSpan Size);

    /// <summary>Damaged records that were met and counted as a whole budget.</summary>
    public int Damaged { get; private set; }

    /// <summary>Claims written since the start: the wear on the medium.</summary>
    public int Writes { get; private set; }

    internal static TimeSpan Validity(SubBand band) => band.Window / 12;

    internal IReadOnlyList<RememberedAirtime> Load(SubBand band, TimeSpan now)
    {
        byte[]? stored = _store.Load();
        byte[] bytes = stored ?? [];
        List<(LedgerRecord Claim, int Boot)> claims = [];
        List<(Guid Id, TimeSpan Last)> boots = [];
        int whole = bytes.Length / LedgerRecord.Size;
        for (int i = 0; i < whole; i++)
        {
            bool good = LedgerRecord.TryRead(bytes.AsSpan(i * LedgerRecord.Size), out LedgerRecord record);
            if (good && record.Kind == LedgerRecord.RecordKind.Boot)
            {
                boots.Add((record.BootId, TimeSpan.Zero));
            }
            else if (good && boots.Count > 0)
            {
                claims.Add((record, boots.Count - 1));
                ref (Guid Id, TimeSpan Last) boot = ref CollectionsMarshal.AsSpan(boots)[^1];
                boot.Last = record.At > boot.Last ? record.At : boot.Last;
            }
            else if (i < whole - 1 || bytes.Length % LedgerRecord.Size != 0)
            {
                // The last record may be torn by a power cut: then its grant was never given.
                Damaged++;
            }
        }
        if (stored is not null && boots.Count == 0 && Damaged == 0)
            Damaged++;
        foreach ((LedgerRecord claim, int boot) in claims)
            Remember(claim with { At = WhenInThisBoot(claim, boot, boots, now) }, band, now);
        if (Damaged > 0)
            Remember(LedgerRecord.Claim(TrafficClass.Message, band.Id, band.Budget, now, Unix()), band, now);
        _loaded = Compact();
        return _live.FindAll(c => c.Band == band.Id).ConvertAll(c => Remembered(c, band));
    }

    internal bool TryClaim(SubBand band, TrafficClass trafficClass, TimeSpan airtime, TimeSpan most, TimeSpan now)
    {
        ref OpenClaim open = ref _open[(int)trafficClass];
        if (now + airtime <= open.Lapses && airtime <= open.Left)
        {
            open.Left -= airtime;
            return true;
        }
        // A claim used up before it lapsed: traffic is lively, claim more at a time and write less often.
        TimeSpan size = now < open.Lapses ? open.Size * 2 : airtime * 2;
        size = TimeSpan.FromTicks(Math.Max(airtime.Ticks, Math.Min(size.Ticks, most.Ticks)));
        LedgerRecord claim = LedgerRecord.Claim(trafficClass, band.Id, size, now, Unix());
        if (!TryWrite(claim, band, now))
            return false;
        open = new OpenClaim(size - airtime, now + Validity(band), size);
        return true;
    }

    private bool TryWrite(LedgerRecord claim, SubBand band, TimeSpan now)
    {
        _live.RemoveAll(c => c.Band == band.Id && Expired(c, band, now));
        _live.Add(claim);
        Writes++;
        if (!_loaded || ++_appended > CompactAfterRecords)
        {
            _loaded = Compact();
            if (!_loaded)
                _live.RemoveAt(_live.Count - 1);
            return _loaded;
        }
        Span<byte> bytes = stackalloc byte[LedgerRecord.Size];
        claim.Write(bytes);
        if (_store.TryAppend(bytes))
            return true;
        // Half a record may stand at the end now; the next claim rewrites the file.
        _loaded = false;
        _live.RemoveAt(_live.Count - 1);
        return false;
    }

    private bool Compact()
    {
        byte[] bytes = new byte[(_live.Count + 1) * LedgerRecord.Size];
        LedgerRecord.Boot(_clock.BootId).Write(bytes);
        for (int i = 0; i < _live.Count; i++)
            _live[i].Write(bytes.AsSpan((i + 1) * LedgerRecord.Size));
        _appended = 0;
        return _store.TryReplace(bytes);
    }

    private void Remember(LedgerRecord claim, SubBand band, TimeSpan now)
    {
        if (claim.Band != band.Id || !Expired(claim, band, now))
            _live.Add(claim);
    }

    private static RememberedAirtime Remembered(LedgerRecord claim, SubBand band) =>
        new(claim.Class, claim.At + Validity(band), claim.Airtime);

    // A quarter of a window beyond what the ledger itself counts.
    private static bool Expired(LedgerRecord claim, SubBand band, TimeSpan now) =>
        claim.At + Validity(band) + (band.Window * 1.25) < now;

    private TimeSpan WhenInThisBoot(
        LedgerRecord claim, int boot, List<(Guid Id, TimeSpan Last)> boots, TimeSpan now)
    {
        if (boots[boot].Id == _clock.BootId)
            return claim.At < now ? claim.At : now;
        if (_clock.TrustedUnixSeconds is { } unix && claim.UnixSeconds != 0 && claim.UnixSeconds <= unix)
            return now - TimeSpan.FromSeconds(unix - claim.UnixSeconds);
        // Certain to have passed since: the rest of its boot as far as recorded, every boot between, and this one.
        TimeSpan passed = boots[boot].Last - claim.At;
        for (int later = boot + 1; later < boots.Count; later++)
            passed += boots[later].Id == _clock.BootId ? TimeSpan.Zero : boots[later].Last;
        return -passed;
    }

    private long Unix() => _clock.TrustedUnixSeconds ?? 0;
}
