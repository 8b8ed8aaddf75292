using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Transports.Lora.Modems.RNode;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

public sealed class RNodeModemTests
{
    private const string Settings = "modem=rnode&frequency=868100000&sf=7&region=eu868";

    [Fact]
    public void The_start_survives_a_reset_on_opening_and_boot_noise()
    {
        Bench bench = new();
        Bench.Node node = bench.Add(new RNodeModem(Bench.Options(Settings)), new RNodeSimulator(new Random(1)));
        Assert.True(((RNodeSimulator)node.Simulator).RadioOn);
        Assert.Empty(node.Losses);
        Assert.True(node.Modem.Counters.GarbageBytes > 40);
        Assert.Contains(node.Written, w => Convert.ToHexString(w) == "C00133BE27A0C0");
        Assert.Contains(node.Written, w => Convert.ToHexString(w) == "C0020001E848C0");
        Assert.Contains(node.Written, w => Convert.ToHexString(w) == "C00601C0");
    }

    [Fact]
    public void Frames_travel_between_two_modems_with_their_signal_values()
    {
        (Bench bench, Bench.Node a, Bench.Node b) = Pair();
        byte[] frame = [0xC0, 0xDB, 0xDC, 0xDD, 0x00, 0xFF];
        Assert.Equal(ModemAnswer.Accepted, bench.Send(a, frame));
        Assert.True(bench.RunUntil(() => b.Received.Any() && a.Sent == 1, TimeSpan.FromSeconds(5)));
        FrameReceived received = b.Happened.OfType<FrameReceived>().Single();
        Assert.Equal(frame, received.Bytes.ToArray());
        Assert.InRange(received.RssiDbm!.Value, -100, -70);
        Assert.NotNull(received.SnrDb);
    }

    [Fact]
    public void A_signal_to_noise_ratio_of_minus_16_dB_is_read_although_it_is_escaped()
    {
        Bench bench = new();
        Bench.Node node = bench.Add(new RNodeModem(Bench.Options(Settings)), new RNodeSimulator(new Random(1)));
        node.Simulator.Receive([0x10, (byte)'h', (byte)'i'], -85, -16.0, bench.Now);
        bench.Exchange();
        FrameReceived received = node.Happened.OfType<FrameReceived>().Single();
        Assert.Equal((-85, -16.0), (received.RssiDbm, received.SnrDb));
        Assert.Equal("hi"u8.ToArray(), received.Bytes.ToArray());
    }

    [Fact]
    public void A_queue_is_never_overrun_however_much_is_to_be_sent()
    {
        (Bench bench, Bench.Node a, Bench.Node b) = Pair();
        RNodeSimulator modem = (RNodeSimulator)a.Simulator;
        List<byte[]> sent = [];
        Random random = new(7);
        while (sent.Count < 200)
        {
            byte[] frame = new byte[254];
            random.NextBytes(frame);
            if (bench.Send(a, frame) == ModemAnswer.Accepted)
                sent.Add(frame);
            else
                bench.RunFor(TimeSpan.FromMilliseconds(100));
            Assert.True(modem.QueuedPackets <= 16);
        }
        Assert.True(bench.RunUntil(() => a.Sent == 200, TimeSpan.FromMinutes(5)));
        Assert.Equal(0, modem.LostQueueBytes + modem.LostUartBytes);
        Assert.Equal(sent, b.Received.ToList());
        Assert.Equal(0, a.Failed);
    }

    [Fact]
    public void Silence_while_the_modem_transmits_is_not_taken_for_a_dead_modem()
    {
        Bench bench = new(Connected(2));
        string slow = "modem=rnode&frequency=868100000&sf=12&region=eu868";
        Bench.Node a = bench.Add(new RNodeModem(Bench.Options(slow)), new RNodeSimulator(new Random(1)));
        bench.Add(new RNodeModem(Bench.Options(slow)), new RNodeSimulator(new Random(2)));
        for (int i = 0; i < 4; i++)
            Assert.Equal(ModemAnswer.Accepted, bench.Send(a, new byte[250]));
        Assert.True(bench.RunUntil(() => a.Sent == 4, TimeSpan.FromMinutes(3)));
        Assert.True(a.Simulator.TotalAirtime > TimeSpan.FromSeconds(36));
        Assert.Empty(a.Losses);
    }

    [Fact]
    public void Nor_is_that_of_a_long_run_that_a_busy_channel_put_off()
    {
        Bench bench = new(Connected(2));
        string slow = "modem=rnode&frequency=868100000&sf=12&region=eu868";
        Bench.Node a = bench.Add(new RNodeModem(Bench.Options(slow)), new RNodeSimulator(new Random(1)));
        Jammer jammer = new();
        bench.Air!.Add(jammer);
        jammer.Jam(bench.Now, TimeSpan.FromSeconds(60));
        for (int i = 0; i < 4; i++)
            Assert.Equal(ModemAnswer.Accepted, bench.Send(a, new byte[250]));
        Assert.True(bench.RunUntil(() => a.Sent == 4, TimeSpan.FromMinutes(3)));
        Assert.Empty(a.Losses);
    }

    [Fact]
    public void A_frame_counts_as_sent_only_when_it_has_left_a_busy_channel()
    {
        (Bench bench, Bench.Node a, _) = Pair();
        // Something without end on the channel: the device hears it and waits.
        Jammer jammer = new();
        bench.Air!.Add(jammer);
        bench.Air.Connect(jammer.Station, 0);
        jammer.Jam(bench.Now, TimeSpan.FromSeconds(30));
        Assert.Equal(ModemAnswer.Accepted, bench.Send(a, new byte[100]));
        bench.RunFor(TimeSpan.FromSeconds(29));
        Assert.Equal(0, a.Sent);
        Assert.True(bench.RunUntil(() => a.Sent == 1, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void A_channel_that_is_never_free_does_not_overrun_the_queue()
    {
        (Bench bench, Bench.Node a, _) = Pair();
        for (int i = 0; i < 20; i++)
        {
            bench.Send(a, new byte[250]);
            bench.RunFor(TimeSpan.FromMilliseconds(700));
        }
        Jammer jammer = new();
        bench.Air!.Add(jammer);
        bench.Air.Connect(jammer.Station, 0);
        jammer.Jam(bench.Now, TimeSpan.FromSeconds(100));
        for (int i = 0; i < 1_000; i++)
        {
            bench.Send(a, new byte[250]);
            bench.RunFor(TimeSpan.FromMilliseconds(90));
        }
        Assert.Equal(0, ((RNodeSimulator)a.Simulator).LostQueueBytes);
        Assert.True(bench.RunUntil(() => a.Sent + a.Failed == a.Modem.Counters.FramesSent, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void A_modem_locked_by_an_airtime_limit_is_rebooted_and_its_frames_reported_lost()
    {
        (Bench bench, Bench.Node a, _) = Pair();
        ((RNodeSimulator)a.Simulator).Faults = new RNodeFaults { AirtimeLock = 0 };
        Assert.Equal(ModemAnswer.Accepted, bench.Send(a, new byte[50]));
        Assert.True(bench.RunUntil(() => a.Losses.Any(), TimeSpan.FromMinutes(5)));
        Assert.Contains("holds frames back", a.Losses.Single(), StringComparison.Ordinal);
        Assert.Equal((0, 1), (a.Sent, a.Failed));
        Assert.Equal(0, ((RNodeSimulator)a.Simulator).QueuedPackets);
        Assert.True(bench.RunUntil(() => a.Modem.State == ModemState.Online, TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void Firmware_without_statistics_is_paced_by_airtime_and_asked_for_room()
    {
        Bench bench = new(Connected(2));
        RNodeFaults old = new() { Statistics = false };
        Bench.Node a = bench.Add(new RNodeModem(Bench.Options(Settings)), new RNodeSimulator(new Random(1), old));
        Bench.Node b = bench.Add(new RNodeModem(Bench.Options(Settings)), new RNodeSimulator(new Random(2), old));
        for (int i = 0; i < 30; i++)
            Assert.True(bench.RunUntil(() => bench.Send(a, [(byte)i])
                == ModemAnswer.Accepted, TimeSpan.FromSeconds(20)));
        Assert.True(bench.RunUntil(() => a.Sent == 30, TimeSpan.FromSeconds(30)));
        Assert.Equal(30, b.Received.Count());
    }

    [Theory]
    [InlineData(0x51, "too old")]
    [InlineData(0x33, "too old")]
    public void Old_firmware_is_refused(int minor, string message)
    {
        RNodeFaults faults = new() { Firmware = (1, (byte)(minor == 0x51 ? 51 : minor)) };
        Assert.Contains(message, FirstLoss(faults), StringComparison.Ordinal);
    }

    [Fact]
    public void A_frequency_that_reads_back_wrong_is_not_used()
    {
        Assert.Contains("frequency 868", FirstLoss(new RNodeFaults { FrequencyError = 101 + 25 }),
            StringComparison.Ordinal);
        Bench bench = new();
        bench.Add(new RNodeModem(Bench.Options(Settings)),
            new RNodeSimulator(new Random(1), new RNodeFaults { FrequencyError = -60 }));
    }

    [Fact]
    public void A_modem_that_never_answers_is_tried_again_and_again()
    {
        Bench bench = new();
        Bench.Node node = bench.Add(
            new RNodeModem(Bench.Options(Settings)), new RNodeSimulator(new Random(1), new RNodeFaults { Dead = true }),
            online: false);
        bench.RunFor(TimeSpan.FromMinutes(1));
        Assert.InRange(node.Losses.Count(), 4, 7);
        Assert.All(node.Losses, l => Assert.Contains("no RNode firmware answers", l, StringComparison.Ordinal));
        ((RNodeSimulator)node.Simulator).Faults = new RNodeFaults();
        Assert.True(bench.RunUntil(() => node.Modem.State == ModemState.Online, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void A_modem_that_goes_mute_is_noticed()
    {
        (Bench bench, Bench.Node a, _) = Pair();
        a.Simulator.Mute = true;
        Assert.True(bench.RunUntil(() => a.Losses.Any(), TimeSpan.FromSeconds(30)));
        Assert.Contains("mute", a.Losses.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_reboot_while_sending_reports_the_frames_lost_and_configures_again()
    {
        (Bench bench, Bench.Node a, Bench.Node b) = Pair();
        bench.Send(a, new byte[200]);
        bench.Send(a, new byte[200]);
        ((RNodeSimulator)a.Simulator).Reboot(bench.Now);
        Assert.True(bench.RunUntil(() => a.Failed == 2, TimeSpan.FromSeconds(5)));
        Assert.True(bench.RunUntil(() => a.Modem.State == ModemState.Online, TimeSpan.FromSeconds(10)));
        Assert.Equal(1, a.Modem.Counters.Resets);
        Assert.Empty(a.Losses);
        bench.Send(a, [1, 2, 3]);
        Assert.True(bench.RunUntil(() => b.Received.Any(r => r.Length == 3), TimeSpan.FromSeconds(5)));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(5, false)]
    [InlineData(6, false)]
    public void An_error_report_is_taken_as_seriously_as_it_is(byte code, bool lost)
    {
        (Bench bench, Bench.Node a, _) = Pair();
        ((RNodeSimulator)a.Simulator).ReportError(code);
        bench.Exchange();
        Assert.Equal(1, a.Modem.Counters.ModemErrors);
        Assert.Equal(lost, a.Losses.Any());
    }

    [Fact]
    public void Garbage_and_half_frames_on_the_line_cost_nothing_but_themselves()
    {
        (Bench bench, Bench.Node a, Bench.Node b) = Pair();
        Random random = new(5);
        for (int i = 0; i < 50; i++)
        {
            byte[] noise = new byte[random.Next(1, 200)];
            random.NextBytes(noise);
            // Not what would be taken for a reset, an error or a switched-off radio.
            b.Simulator.Blurt([.. noise.Select(n => n is 0xC0 or 0x55 or 0x90 or 0x06 ? (byte)1 : n)]);
            bench.RunFor(TimeSpan.FromMilliseconds(200));
        }
        b.Simulator.Blurt([0xC0, 0x00, 1, 2, 3]);
        bench.RunFor(TimeSpan.FromMilliseconds(200));
        bench.Send(a, [42]);
        Assert.True(bench.RunUntil(() => b.Received.Any(r => r is [42]), TimeSpan.FromSeconds(5)));
        Assert.Equal(ModemState.Online, b.Modem.State);
        Assert.True(b.Modem.Counters.GarbageBytes > 3);
    }

    [Fact]
    public void No_frame_is_ever_split_so_no_halves_of_ours_can_be_merged()
    {
        (Bench bench, Bench.Node a, Bench.Node b) = Pair();
        Assert.Equal(ModemAnswer.BadLength, bench.Send(a, new byte[255]));
        Assert.Equal(ModemAnswer.BadLength, a.Modem.TrySend([], Bench.Grant(TimeSpan.FromSeconds(9)), bench.Now));
        bench.Send(a, new byte[254]);
        Assert.True(bench.RunUntil(() => b.Received.Any(), TimeSpan.FromSeconds(5)));
        Assert.All(a.Simulator.Transmitted, f => Assert.Equal(0, f[0] & 1));
    }

    [Fact]
    public void Nothing_is_sent_without_a_grant_that_covers_it()
    {
        (Bench bench, Bench.Node a, _) = Pair();
        TimeSpan tooLittle = a.Modem.Airtime(100) - TimeSpan.FromTicks(1);
        Assert.Equal(ModemAnswer.NoGrant, a.Modem.TrySend(new byte[100], Bench.Grant(tooLittle), bench.Now));
        bench.RunFor(TimeSpan.FromSeconds(5));
        Assert.Empty(a.Simulator.Transmitted);
        Assert.Equal(0, a.Modem.Counters.FramesSent);
    }

    [Fact]
    public void Booked_airtime_covers_what_the_modem_transmits()
    {
        (Bench bench, Bench.Node a, _) = Pair();
        TimeSpan booked = TimeSpan.Zero;
        foreach (int length in (int[])[1, 20, 100, 200, 254])
        {
            booked += a.Modem.Airtime(length);
            Assert.True(bench.RunUntil(() => bench.Send(a, new byte[length])
                == ModemAnswer.Accepted, TimeSpan.FromSeconds(10)));
        }
        Assert.True(bench.RunUntil(() => a.Sent == 5, TimeSpan.FromSeconds(20)));
        Assert.InRange((booked - a.Simulator.TotalAirtime).TotalMilliseconds, 0, 0.01);
    }

    [Fact]
    public void The_radio_is_off_after_a_goodbye()
    {
        (Bench bench, Bench.Node a, _) = Pair();
        a.Modem.Shutdown(bench.Now);
        bench.Exchange();
        Assert.False(((RNodeSimulator)a.Simulator).RadioOn);
    }

    internal static SimulatedAir Connected(int stations, double loss = 0)
    {
        SimulatedAir air = new(new Random(99));
        for (int a = 0; a < stations; a++)
        {
            for (int b = a + 1; b < stations; b++)
                air.Connect(a, b, loss);
        }
        return air;
    }

    private static (Bench Bench, Bench.Node A, Bench.Node B) Pair()
    {
        Bench bench = new(Connected(2));
        Bench.Node a = bench.Add(new RNodeModem(Bench.Options(Settings)), new RNodeSimulator(new Random(1)));
        Bench.Node b = bench.Add(new RNodeModem(Bench.Options(Settings)), new RNodeSimulator(new Random(2)));
        return (bench, a, b);
    }

    private static string FirstLoss(RNodeFaults faults)
    {
        Bench bench = new();
        Bench.Node node = bench.Add(
            new RNodeModem(Bench.Options(Settings)), new RNodeSimulator(new Random(1), faults), online: false);
        Assert.True(bench.RunUntil(() => node.Losses.Any(), TimeSpan.FromSeconds(20)));
        Assert.Equal(ModemState.Closed, node.Modem.State);
        return node.Losses.First();
    }
}
