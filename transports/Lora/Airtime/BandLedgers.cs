namespace QuicProChat.Mesh.Transports.Lora.Airtime;

/// <summary>
/// The ledgers of a node, one for each sub-band: whatever name a modem comes back under, and whichever of several
/// modems transmits, the law counts the same hour.
/// </summary>
/// <param name="directory">Where they outlive the process; null: nowhere (tests).</param>
/// <param name="clock">Boot id and vouched-for time.</param>
public sealed class BandLedgers(string? directory, ILedgerClock clock)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<byte, DutyLedger> _open = [];

    /// <summary>The ledger of a sub-band. It stays open: who comes back within the hour finds it as it was.</summary>
    /// <param name="band">The sub-band.</param>
    /// <param name="now">Monotonic time.</param>
    /// <exception cref="IOException">Its file cannot be read.</exception>
    public DutyLedger Of(SubBand band, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(band);
        lock (_lock)
        {
            if (_open.TryGetValue(band.Id, out DutyLedger? ledger))
                return ledger;
            LedgerJournal? journal = directory is null
                ? null
                : new LedgerJournal(new FileLedgerStore(Path.Combine(directory, FileName(band))), clock);
            ledger = new DutyLedger(band, null, journal, now);
            _open.Add(band.Id, ledger);
            return ledger;
        }
    }

    /// <summary>Named by the number that is never given to another rule.</summary>
    internal static string FileName(SubBand band) => $"airtime-band-{band.Id}";
}
