using System.Text;
using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Transports.Lora.Modems.Reyax;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

public sealed class ReyaxModemTests
{
    private const string Settings = "modem=reyax&frequency=868500000&sf=7&power=14&region=none";

    [Fact]
    public void Settings_are_written_once_and_then_left_alone()
    {
        ReyaxSimulator modem = new();
        Bench bench = new();
        Bench.Node node = bench.Add(Driver(Settings), modem);
        Assert.Equal("868500000", modem.Settings["BAND"]);
        Assert.Equal("7,7,1,12", modem.Settings["PARAMETER"]);
        Assert.Equal("14", modem.Settings["CRFOP"]);
        Assert.Contains(node.Written, w => Encoding.ASCII.GetString(w) == "AT+BAND=868500000,M\r\n");
        Assert.Equal(3, modem.MemoryWrites);
        new Bench().Add(Driver(Settings), modem);
        Assert.Equal(3, modem.MemoryWrites);
    }

    [Fact]
    public void The_older_family_gets_what_it_understands()
    {
        ReyaxSimulator modem = new(new ReyaxFaults { Version = "RYLR89C_V1.2.7" });
        new Bench().Add(Driver("modem=reyax&frequency=868500000&sf=10&region=none&networkid=6"), modem);
        Assert.Equal("10,7,1,7", modem.Settings["PARAMETER"]);
        Assert.Equal("6", modem.Settings["NETWORKID"]);
    }

    [Theory]
    [InlineData("modem=reyax&frequency=868500000&sf=10&region=none", "RYLR998_REYAX_V1.2.2", "up to 9 at 125 kHz")]
    [InlineData("modem=reyax&frequency=868500000&sf=9&power=20&region=none", "RYLR89C_V1.2.7", "0 to 15 dBm")]
    [InlineData("modem=reyax&frequency=868500000&sf=9&region=none", "SOMETHING_V9", "neither")]
    public void What_a_module_cannot_do_is_said(string settings, string version, string message)
    {
        Bench bench = new();
        Bench.Node node = bench.Add(
            Driver(settings), new ReyaxSimulator(new ReyaxFaults { Version = version }), online: false);
        Assert.True(bench.RunUntil(() => node.Losses.Any(), TimeSpan.FromSeconds(20)));
        Assert.Contains(message, node.Losses.First(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_setting_that_reads_back_wrong_is_not_used()
    {
        Bench bench = new();
        Bench.Node node =
            bench.Add(Driver(Settings), new ReyaxSimulator(new ReyaxFaults { StuckPower = 22 }), online: false);
        Assert.True(bench.RunUntil(() => node.Losses.Any(), TimeSpan.FromSeconds(20)));
        Assert.Contains("CRFOP 22 instead of 14", node.Losses.First(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "base85")]
    [InlineData(false, "base85")]
    [InlineData(true, "raw")]
    [InlineData(false, "raw")]
    public void Every_byte_travels_with_early_and_with_late_answers(bool early, string encoding)
    {
        ReyaxFaults faults = new() { EarlyOk = early, CutsAtLineEnd = encoding == "base85" };
        Bench bench = new(RNodeModemTests.Connected(2));
        Bench.Node a = bench.Add(Driver($"{Settings}&encoding={encoding}"), new ReyaxSimulator(faults));
        Bench.Node b = bench.Add(Driver($"{Settings}&encoding={encoding}"), new ReyaxSimulator(faults));
        byte[] awkward = Encoding.ASCII.GetBytes("a,b\r\n+OK\r\n+RCV=1,2,x,-1,1\r\nAT+RESET\r\n\0");
        byte[] full = new byte[a.Modem.MaxFrame];
        new Random(3).NextBytes(full);
        TimeSpan start = bench.Now;
        Assert.Equal(ModemAnswer.Accepted, bench.Send(a, awkward));
        Assert.Equal(ModemAnswer.Busy, bench.Send(a, full));
        Assert.True(bench.RunUntil(() => a.Sent == 1, TimeSpan.FromSeconds(5)));
        Assert.True(bench.Now - start >= a.Simulator.TotalAirtime);
        Assert.Equal(ModemAnswer.Accepted, bench.Send(a, full));
        Assert.True(bench.RunUntil(() => a.Sent == 2 && b.Received.Count() == 2, TimeSpan.FromSeconds(5)));
        Assert.Equal([awkward, full], b.Received);
        Assert.Equal(0, a.Modem.Counters.ModemErrors);
        Assert.InRange(b.Happened.OfType<FrameReceived>().First().RssiDbm!.Value, -100, -70);
    }

    [Fact]
    public void A_busy_modem_gets_the_same_packet_again_and_it_is_sent_once()
    {
        Bench bench = new(RNodeModemTests.Connected(2));
        ReyaxSimulator modem = new(new ReyaxFaults { EarlyOk = true, BusyAnswers = 4 });
        Bench.Node a = bench.Add(Driver(Settings), modem);
        Bench.Node b = bench.Add(Driver(Settings), new ReyaxSimulator());
        bench.Send(a, [1, 2, 3]);
        Assert.True(bench.RunUntil(() => b.Received.Any(), TimeSpan.FromSeconds(20)));
        bench.RunFor(TimeSpan.FromSeconds(20));
        Assert.Equal(5, modem.SendCommands);
        Assert.Single(modem.Transmitted);
        Assert.Equal(4, a.Modem.Counters.BusyRetries);
        Assert.Equal((1, 0), (a.Sent, a.Failed));
    }

    [Fact]
    public void A_modem_that_is_busy_for_ever_fails_the_frame()
    {
        Bench bench = new();
        Bench.Node a = bench.Add(Driver(Settings), new ReyaxSimulator(new ReyaxFaults { BusyAnswers = 1_000 }));
        bench.Send(a, [1]);
        Assert.True(bench.RunUntil(() => a.Failed == 1, TimeSpan.FromMinutes(2)));
        Assert.Equal(ModemAnswer.Accepted, bench.Send(a, [1]));
    }

    [Fact]
    public void An_error_report_fails_the_frame_and_nothing_else()
    {
        Bench bench = new();
        Bench.Node a = bench.Add(Driver(Settings), new ReyaxSimulator(new ReyaxFaults { NextSendError = 10 }));
        bench.Send(a, [1]);
        bench.Exchange();
        Assert.Equal((0, 1), (a.Sent, a.Failed));
        Assert.Contains("error 10", a.Happened.OfType<SendFinished>().Single().Failure!, StringComparison.Ordinal);
        bench.Send(a, [1]);
        Assert.True(bench.RunUntil(() => a.Sent == 1, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void A_reboot_in_the_middle_of_a_frame_fails_it_and_is_survived()
    {
        Bench bench = new(RNodeModemTests.Connected(2));
        ReyaxSimulator modem = new();
        Bench.Node a = bench.Add(Driver(Settings), modem);
        Bench.Node b = bench.Add(Driver(Settings), new ReyaxSimulator());
        bench.Send(a, new byte[150]);
        modem.Blurt([.. "+RCV=1,200,abc"u8]);
        bench.Exchange();
        modem.Reboot(bench.Now);
        Assert.True(bench.RunUntil(() => a.Failed == 1, TimeSpan.FromSeconds(5)));
        Assert.True(bench.RunUntil(() => a.Modem.State == ModemState.Online, TimeSpan.FromSeconds(10)));
        Assert.Equal(1, a.Modem.Counters.Resets);
        // What it had begun to transmit still rings on the simulated air.
        bench.RunFor(TimeSpan.FromSeconds(1));
        bench.Send(b, [9]);
        Assert.True(bench.RunUntil(() => a.Received.Any(r => r is [9]), TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void A_modem_that_stops_answering_is_reopened()
    {
        Bench bench = new();
        Bench.Node a = bench.Add(Driver(Settings), new ReyaxSimulator());
        a.Simulator.Mute = true;
        bench.Send(a, [1]);
        Assert.True(bench.RunUntil(() => a.Losses.Any(), TimeSpan.FromSeconds(20)));
        Assert.Equal((0, 1), (a.Sent, a.Failed));
        a.Simulator.Mute = false;
        Assert.True(bench.RunUntil(() => a.Modem.State == ModemState.Online, TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void An_idle_modem_is_asked_now_and_then_whether_it_lives()
    {
        Bench bench = new();
        Bench.Node a = bench.Add(Driver(Settings), new ReyaxSimulator());
        bench.RunFor(TimeSpan.FromMinutes(10));
        Assert.Empty(a.Losses);
        a.Simulator.Mute = true;
        Assert.True(bench.RunUntil(() => a.Losses.Any(), TimeSpan.FromMinutes(2)));
    }

    [Fact]
    public void Booked_airtime_covers_what_the_modem_transmits()
    {
        Bench bench = new();
        Bench.Node a = bench.Add(Driver(Settings), new ReyaxSimulator());
        foreach (int length in (int[])[1, 50, 192])
        {
            TimeSpan before = a.Simulator.TotalAirtime;
            int sent = a.Sent;
            Assert.Equal(ModemAnswer.Accepted, bench.Send(a, new byte[length]));
            Assert.True(bench.RunUntil(() => a.Sent > sent, TimeSpan.FromSeconds(5)));
            Assert.InRange((a.Modem.Airtime(length) - (a.Simulator.TotalAirtime - before)).TotalMilliseconds, 0, 0.01);
        }
    }

    [Fact]
    public void Auto_finds_out_which_modem_it_is()
    {
        Bench bench = new();
        Bench.Node reyax = bench.Add(
            new ProbingModem(Bench.Options("frequency=868500000&sf=7&region=none"), new Random(1)),
            new ReyaxSimulator());
        Assert.Equal("reyax", reyax.Modem.Kind);
        Assert.False(reyax.Modem.HasCarrierSense);
        Bench.Node rnode = bench.Add(
            new ProbingModem(Bench.Options("frequency=868500000&sf=7&region=none"), new Random(1)),
            new RNodeSimulator(new Random(1)));
        Assert.Equal("rnode", rnode.Modem.Kind);
    }

    private static ReyaxModem Driver(string settings) => new(Bench.Options(settings), new Random(4));
}
