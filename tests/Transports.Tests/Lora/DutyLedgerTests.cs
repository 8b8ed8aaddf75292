using QuicProChat.Mesh.Transports.Lora.Airtime;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

public sealed class DutyLedgerTests
{
    private static readonly SubBand OnePercent = RegionPlan.Eu868.Bands[1];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void No_sliding_hour_ever_holds_more_than_the_budget(int seed)
    {
        Random random = new(seed);
        DutyLedger ledger = new(OnePercent, null, null, TimeSpan.Zero);
        List<(TimeSpan End, TimeSpan Airtime)> sent = [];
        TimeSpan now = TimeSpan.Zero;
        for (int i = 0; i < 20_000; i++)
        {
            now += TimeSpan.FromSeconds(random.NextDouble() * random.Next(1, 30));
            TimeSpan airtime = TimeSpan.FromMilliseconds(random.Next(20, 2_500));
            // The modem holds the frame back for up to a minute before it transmits.
            TimeSpan end = now + TimeSpan.FromSeconds(random.NextDouble() * 60) + airtime;
            if (ledger.TryReserve((TrafficClass)random.Next(4), airtime, now, out _, out _))
                sent.Add((end, airtime));
        }
        Assert.True(sent.Count > 500);
        sent.Sort();
        int first = 0;
        TimeSpan sum = TimeSpan.Zero;
        TimeSpan most = TimeSpan.Zero;
        for (int last = 0; last < sent.Count; last++)
        {
            sum += sent[last].Airtime;
            while (sent[first].End <= sent[last].End - OnePercent.Window)
                sum -= sent[first++].Airtime;
            most = sum > most ? sum : most;
        }
        Assert.True(most <= OnePercent.Budget, $"{most} in an hour");
        Assert.True(most > OnePercent.Budget * 0.95, $"only {most} in an hour: the budget is not used");
    }

    [Fact]
    public void Messages_leave_room_for_acknowledgements_and_these_for_emergencies()
    {
        DutyLedger ledger = new(OnePercent, null, null, TimeSpan.Zero);
        Assert.Equal(28.8, Drain(ledger, TrafficClass.Message), 1e-6);
        Assert.Equal(3.6, Drain(ledger, TrafficClass.Control), 1e-6);
        Assert.Equal(3.6, Drain(ledger, TrafficClass.Emergency), 1e-6);
        Assert.Equal(0, Drain(ledger, TrafficClass.Emergency));
    }

    [Fact]
    public void Routing_borrows_what_messages_leave_alone_and_never_their_half()
    {
        DutyLedger ledger = new(OnePercent, null, null, TimeSpan.Zero);
        Assert.Equal(10.8, Drain(ledger, TrafficClass.Routing), 1e-6);
        Assert.Equal(18, Drain(ledger, TrafficClass.Message), 1e-6);
    }

    [Theory]
    [InlineData(10.0, 8.0)]
    [InlineData(14.4, 3.6)]
    [InlineData(20.0, 3.6)]
    [InlineData(27.0, 1.8)]
    public void Routing_keeps_its_own_share_while_messages_are_many(double messages, double routing)
    {
        DutyLedger ledger = new(OnePercent, null, null, TimeSpan.Zero);
        Assert.True(ledger.TryReserve(TrafficClass.Message, TimeSpan.FromSeconds(messages), TimeSpan.Zero,
            out _, out _));
        Assert.Equal(routing, Drain(ledger, TrafficClass.Routing), 1e-6);
        TimeSpan airtime = TimeSpan.FromSeconds(0.5);
        TimeSpan? wait = ledger.WaitFor(TrafficClass.Routing, airtime, TimeSpan.Zero);
        Assert.NotNull(wait);
        Assert.False(ledger.TryReserve(TrafficClass.Routing, airtime, wait.Value - TimeSpan.FromSeconds(1),
            out _, out _));
        Assert.True(ledger.TryReserve(TrafficClass.Routing, airtime, wait.Value, out _, out _));
    }

    [Fact]
    public void A_refusal_says_when_it_will_end()
    {
        DutyLedger ledger = new(OnePercent, null, null, TimeSpan.Zero);
        TimeSpan airtime = TimeSpan.FromSeconds(1.2);
        TimeSpan start = TimeSpan.FromMinutes(5);
        for (int i = 0; i < 24; i++)
            Assert.True(ledger.TryReserve(TrafficClass.Message, airtime, start + TimeSpan.FromMinutes(i),
                out _, out _));
        TimeSpan now = TimeSpan.FromMinutes(30);
        Assert.False(ledger.TryReserve(TrafficClass.Message, airtime, now, out _, out Refusal why));
        Assert.Equal(Refusal.ShareUsed, why);
        TimeSpan? wait = ledger.WaitFor(TrafficClass.Message, airtime, now);
        Assert.NotNull(wait);
        Assert.False(ledger.TryReserve(TrafficClass.Message, airtime, now + wait.Value - TimeSpan.FromSeconds(1),
            out _, out _));
        Assert.True(ledger.TryReserve(TrafficClass.Message, airtime, now + wait.Value, out _, out _));
        Assert.Equal(TimeSpan.Zero, ledger.WaitFor(TrafficClass.Control, airtime, now + wait.Value));
    }

    [Fact]
    public void A_frame_that_can_never_be_sent_is_refused_as_too_long()
    {
        DutyLedger ledger = new(RegionPlan.Us915.Bands[0], null, null, TimeSpan.Zero);
        TimeSpan airtime = TimeSpan.FromMilliseconds(401);
        Assert.False(ledger.TryReserve(TrafficClass.Emergency, airtime, TimeSpan.Zero, out _, out Refusal why));
        Assert.Equal(Refusal.TooLong, why);
        Assert.Null(ledger.WaitFor(TrafficClass.Emergency, airtime, TimeSpan.Zero));
        Assert.True(ledger.TryReserve(TrafficClass.Routing, TimeSpan.FromMilliseconds(400), TimeSpan.Zero,
            out _, out _));
        Assert.False(ledger.TryReserve(TrafficClass.Message, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(20),
            out _, out _));
        Assert.True(ledger.TryReserve(TrafficClass.Message, TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(21),
            out _, out _));
    }

    [Fact]
    public void A_clock_that_steps_back_frees_nothing()
    {
        DutyLedger ledger = new(OnePercent, null, null, TimeSpan.FromHours(5));
        Drain(ledger, TrafficClass.Emergency, TimeSpan.FromHours(5));
        Assert.False(ledger.TryReserve(TrafficClass.Emergency, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(3),
            out _, out _));
    }

    [Fact]
    public void A_long_sleep_frees_everything()
    {
        DutyLedger ledger = new(OnePercent, null, null, TimeSpan.Zero);
        Drain(ledger, TrafficClass.Emergency);
        Assert.Equal(36, Drain(ledger, TrafficClass.Emergency, TimeSpan.FromDays(30)), 1e-6);
    }

    [Fact]
    public void A_grant_is_good_for_one_transmission_of_its_length()
    {
        DutyLedger ledger = new(OnePercent, null, null, TimeSpan.Zero);
        Assert.True(ledger.TryReserve(
            TrafficClass.Message, TimeSpan.FromMilliseconds(100), TimeSpan.Zero, out AirtimeGrant? grant, out _));
        Assert.False(grant.TrySpend(TimeSpan.FromMilliseconds(101)));
        Assert.True(grant.TrySpend(TimeSpan.FromMilliseconds(100)));
        Assert.False(grant.TrySpend(TimeSpan.FromMilliseconds(1)));
        Assert.Empty(typeof(AirtimeGrant).GetConstructors());
    }

    [Fact]
    public void The_report_adds_up()
    {
        DutyLedger ledger = new(OnePercent, null, null, TimeSpan.Zero);
        ledger.TryReserve(TrafficClass.Message, TimeSpan.FromSeconds(2), TimeSpan.Zero, out _, out _);
        ledger.TryReserve(TrafficClass.Routing, TimeSpan.FromSeconds(1), TimeSpan.Zero, out _, out _);
        IReadOnlyList<ClassUse> report = ledger.Report(TimeSpan.Zero);
        Assert.Equal(TimeSpan.FromSeconds(2), report.Single(u => u.Class == TrafficClass.Message).Used);
        Assert.Equal(TimeSpan.FromSeconds(9.8), report.Single(u => u.Class == TrafficClass.Routing).Left);
        Assert.Equal(TimeSpan.FromSeconds(33), report.Single(u => u.Class == TrafficClass.Emergency).Left);
    }

    private static double Drain(DutyLedger ledger, TrafficClass trafficClass, TimeSpan now = default)
    {
        TimeSpan sum = TimeSpan.Zero;
        TimeSpan piece = TimeSpan.FromMilliseconds(100);
        while (ledger.TryReserve(trafficClass, piece, now, out _, out _))
            sum += piece;
        return sum.TotalSeconds;
    }

    [Fact]
    public void Radios_of_one_band_share_its_hour_and_keep_it_over_a_restart_and_another_name_of_the_device()
    {
        string directory = Directory.CreateTempSubdirectory("qpc-ledgers").FullName;
        SystemLedgerClock clock = new();
        TimeSpan now = TimeSpan.FromHours(3);
        TimeSpan second = TimeSpan.FromSeconds(1);
        BandLedgers node = new(directory, clock);
        DutyLedger first = node.Of(OnePercent, now);
        Assert.Same(first, node.Of(OnePercent, now));
        Assert.NotSame(first, node.Of(RegionPlan.Eu868.Bands[3], now));
        for (int i = 0; i < 20; i++)
            Assert.True(first.TryReserve(TrafficClass.Message, second, now, out _, out _));
        DutyLedger restarted = new BandLedgers(directory, clock).Of(OnePercent, now + second);
        Assert.InRange(restarted.Report(now + second).Sum(u => u.Used.TotalSeconds), 20, 23);
        Assert.InRange(new BandLedgers(directory, clock).Of(RegionPlan.Eu868.Bands[3], now).Report(now)
            .Sum(u => u.Used.TotalSeconds), 0, 0);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task Two_threads_that_share_a_ledger_get_no_more_than_the_budget()
    {
        DutyLedger ledger = new(OnePercent, null, null, TimeSpan.Zero);
        TimeSpan airtime = TimeSpan.FromMilliseconds(1);
        int[] granted = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            int mine = 0;
            while (ledger.TryReserve(TrafficClass.Emergency, airtime, TimeSpan.Zero, out AirtimeGrant? _,
                out Refusal _))
                mine++;
            return mine;
        })));
        Assert.Equal(36_000, granted.Sum());
    }
}
