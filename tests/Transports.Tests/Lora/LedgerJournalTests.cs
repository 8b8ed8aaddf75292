using QuicProChat.Mesh.Transports.Lora.Airtime;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

public sealed class LedgerJournalTests
{
    private static readonly SubBand OnePercent = RegionPlan.Eu868.Bands[1];
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private sealed class MemoryStore : ILedgerStore
    {
        private byte[]? _bytes;

        internal byte[] Bytes
        {
            get => _bytes ?? [];
            set => _bytes = value;
        }

        internal bool Broken { get; set; }

        public byte[]? Load() => _bytes;

        public bool TryAppend(ReadOnlySpan<byte> bytes)
        {
            _bytes = Broken ? _bytes : [.. Bytes, .. bytes];
            return !Broken;
        }

        public bool TryReplace(ReadOnlySpan<byte> bytes)
        {
            _bytes = Broken ? _bytes : bytes.ToArray();
            return !Broken;
        }
    }

    private sealed record Clock(Guid BootId, long? TrustedUnixSeconds = null) : ILedgerClock;

    [Fact]
    public void A_restart_forgets_nothing()
    {
        MemoryStore store = new();
        Clock clock = new(Guid.NewGuid());
        TimeSpan now = TimeSpan.FromMinutes(90);
        double before = Spend(store, clock, now, 20);
        double after = Left(store, clock, now + Second);
        Assert.Equal(20, before);
        Assert.InRange(after, 36 - 20 - 2.5, 36 - 20);
    }

    [Fact]
    public void After_an_hour_of_the_same_boot_everything_is_free_again()
    {
        MemoryStore store = new();
        Clock clock = new(Guid.NewGuid());
        Spend(store, clock, TimeSpan.FromMinutes(90), 20);
        Assert.InRange(Left(store, clock, TimeSpan.FromMinutes(149)), 0, 16);
        Assert.Equal(36, Left(store, clock, TimeSpan.FromMinutes(157)), 0.11);
    }

    [Fact]
    public void Without_a_clock_a_reboot_counts_as_if_no_time_had_passed()
    {
        MemoryStore store = new();
        Spend(store, new Clock(Guid.NewGuid()), TimeSpan.FromHours(50), 20);
        Clock next = new(Guid.NewGuid());
        Assert.InRange(Left(store, next, Second), 0, 16);
        Assert.InRange(Left(store, next, TimeSpan.FromMinutes(59)), 0, 16);
        Assert.Equal(36, Left(store, next, TimeSpan.FromMinutes(67)), 0.11);
    }

    [Fact]
    public void A_chain_of_short_boots_frees_nothing_too_early()
    {
        MemoryStore store = new();
        Spend(store, new Clock(Guid.NewGuid()), TimeSpan.FromMinutes(10), 20);
        for (int boot = 0; boot < 5; boot++)
            Assert.InRange(Left(store, new Clock(Guid.NewGuid()), Second), 0, 16);
    }

    [Fact]
    public void A_clock_that_is_vouched_for_counts_the_time_between_boots()
    {
        MemoryStore store = new();
        Spend(store, new Clock(Guid.NewGuid(), 1_700_000_000), TimeSpan.FromHours(50), 20);
        byte[] written = [.. store.Bytes];
        Assert.Equal(36, Left(store, new Clock(Guid.NewGuid(), 1_700_000_000 + 4_100), Second), 0.11);
        store.Bytes = written;
        Assert.InRange(Left(store, new Clock(Guid.NewGuid(), 1_700_000_000 + 1_800), Second), 0, 16);
        store.Bytes = written;
        // Before the bookings: this clock cannot be right, so it is not asked.
        Assert.InRange(Left(store, new Clock(Guid.NewGuid(), 1_600_000_000), Second), 0, 16);
    }

    [Fact]
    public void A_file_cut_at_any_byte_never_gives_more_than_the_records_that_were_whole()
    {
        MemoryStore store = new();
        Clock clock = new(Guid.NewGuid());
        TimeSpan now = TimeSpan.FromMinutes(90);
        DutyLedger ledger = new(OnePercent, null, new LedgerJournal(store, clock), now);
        List<(int Length, double Granted)> steps = [(store.Bytes.Length, 0)];
        double granted = 0;
        for (int i = 0; i < 12; i++)
        {
            now += TimeSpan.FromMinutes(6);
            Assert.True(ledger.TryReserve(TrafficClass.Message, 2 * Second, now, out _, out _));
            granted += 2;
            steps.Add((store.Bytes.Length, granted));
        }
        byte[] all = store.Bytes;
        for (int cut = 0; cut <= all.Length; cut++)
        {
            // A power cut at this byte: what had been granted by then was granted on whole records.
            double sentByThen = steps.Last(s => s.Length <= Math.Max(cut, steps[0].Length)).Granted;
            double old = steps.Where(s => s.Length <= cut).Count() > 10 ? 4 : 0;
            store.Bytes = all[..cut];
            Assert.InRange(Left(store, clock, now), 0, 36 - sentByThen + old);
        }
    }

    [Fact]
    public void A_damaged_record_in_the_middle_costs_a_whole_budget()
    {
        MemoryStore store = new();
        Clock clock = new(Guid.NewGuid());
        Spend(store, clock, TimeSpan.FromMinutes(90), 10);
        Assert.True(store.Bytes.Length >= 3 * LedgerRecord.Size);
        byte[] good = [.. store.Bytes];
        for (int bit = 0; bit < (good.Length - LedgerRecord.Size) * 8; bit += 3)
        {
            store.Bytes = [.. good];
            store.Bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(0, Left(store, clock, TimeSpan.FromMinutes(91)), 0.11);
        }
    }

    [Fact]
    public void A_ledger_that_was_emptied_or_cut_within_its_first_record_costs_a_whole_budget_and_a_missing_one_nothing()
    {
        string directory = Directory.CreateTempSubdirectory("qpc-ledger").FullName;
        string path = Path.Combine(directory, "airtime");
        Clock clock = new(Guid.NewGuid());
        Assert.Equal(36, Left(new FileLedgerStore(path), clock, Second), 0.11);
        Spend(new FileLedgerStore(path), clock, 2 * Second, 20);
        byte[] whole = File.ReadAllBytes(path);
        for (int cut = 0; cut < LedgerRecord.Size; cut++)
        {
            File.WriteAllBytes(path, whole[..cut]);
            LedgerJournal journal = new(new FileLedgerStore(path), clock);
            DutyLedger ledger = new(OnePercent, null, journal, 3 * Second);
            Assert.False(ledger.TryReserve(TrafficClass.Emergency, Second, 3 * Second, out _, out _), $"cut at {cut}");
            Assert.Equal(1, journal.Damaged);
        }

        // The caution ends after an hour, and the file is a ledger again.
        Assert.Equal(36, Left(new FileLedgerStore(path), clock, TimeSpan.FromMinutes(70)), 0.11);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void A_file_of_anything_else_costs_a_whole_budget_and_is_replaced()
    {
        MemoryStore store = new() { Bytes = new byte[1000] };
        Random.Shared.NextBytes(store.Bytes);
        Clock clock = new(Guid.NewGuid());
        Assert.Equal(0, Left(store, clock, Second), 0.11);
        Assert.Equal(0, store.Bytes.Length % LedgerRecord.Size);
        Assert.Equal(36, Left(store, clock, TimeSpan.FromMinutes(70)), 0.11);
    }

    [Fact]
    public void What_cannot_be_written_down_is_not_granted()
    {
        MemoryStore store = new();
        DutyLedger ledger = new(OnePercent, null, new LedgerJournal(store, new Clock(Guid.NewGuid())), Second);
        store.Broken = true;
        Assert.False(ledger.TryReserve(TrafficClass.Emergency, Second, Second, out _, out Refusal why));
        Assert.Equal(Refusal.StorageFailed, why);
        Assert.Equal(TimeSpan.Zero, ledger.Report(Second)[0].Used);
        store.Broken = false;
        Assert.True(ledger.TryReserve(TrafficClass.Emergency, Second, Second, out _, out _));
    }

    [Fact]
    public void Lively_traffic_wears_the_flash_little()
    {
        MemoryStore store = new();
        LedgerJournal journal = new(store, new Clock(Guid.NewGuid()));
        DutyLedger ledger = new(RegionPlan.Eu868.Bands[3], null, journal, TimeSpan.Zero);
        TimeSpan now = TimeSpan.Zero;
        int frames = 0;
        while (now < TimeSpan.FromHours(24))
        {
            now += TimeSpan.FromSeconds(1);
            if (ledger.TryReserve(TrafficClass.Message, TimeSpan.FromMilliseconds(72.96), now, out _, out _))
                frames++;
        }
        Assert.True(frames > 80_000, $"{frames} frames");
        Assert.True(journal.Writes < 24 * 80, $"{journal.Writes} writes for {frames} frames in a day");
        Assert.True(store.Bytes.Length < 64 << 10);
    }

    [Fact]
    public void A_file_survives_as_memory_does()
    {
        string directory = Directory.CreateTempSubdirectory("qpc-ledger").FullName;
        string path = Path.Combine(directory, "airtime");
        Clock clock = new(Guid.NewGuid());
        Assert.Equal(20, Spend(new FileLedgerStore(path), clock, TimeSpan.FromHours(2), 20));
        Assert.InRange(Left(new FileLedgerStore(path), clock, TimeSpan.FromHours(2)), 0, 16);
        Assert.False(new FileLedgerStore(Path.Combine(directory, "absent", "airtime")).TryAppend([1]));
        Assert.False(new FileLedgerStore(Path.Combine(directory, "absent", "airtime")).TryReplace([1]));
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void A_replaced_file_is_on_the_medium_only_when_its_directory_is()
    {
        string directory = Directory.CreateTempSubdirectory("qpc-ledger").FullName;
        string path = Path.Combine(directory, "airtime");
        List<(string Directory, string Content)> flushed = [];
        FileLedgerStore store = new(path, d => flushed.Add((d, File.ReadAllText(path))));
        Assert.True(store.TryReplace("one"u8));
        Assert.True(store.TryReplace("two"u8));
        Assert.Equal([(directory, "one"), (directory, "two")], flushed);
        FileLedgerStore failing = new(path, _ => throw new IOException("the medium is gone"));
        Assert.False(failing.TryReplace("three"u8));
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void The_kernel_names_its_boot_and_says_whether_its_clock_is_set()
    {
        SystemLedgerClock clock = new();
        Assert.Equal(Guid.Parse(File.ReadAllText("/proc/sys/kernel/random/boot_id")), clock.BootId);
        Assert.True(clock.TrustedUnixSeconds is null or > 1_700_000_000);
    }

    private static double Spend(ILedgerStore store, ILedgerClock clock, TimeSpan now, int seconds)
    {
        DutyLedger ledger = new(OnePercent, null, new LedgerJournal(store, clock), now);
        int spent = 0;
        while (spent < seconds && ledger.TryReserve(TrafficClass.Message, Second, now, out _, out _))
            spent++;
        return spent;
    }

    private static double Left(ILedgerStore store, ILedgerClock clock, TimeSpan now) =>
        new DutyLedger(OnePercent, null, new LedgerJournal(store, clock), now)
            .Report(now).Single(u => u.Class == TrafficClass.Emergency).Left.TotalSeconds;
}
