using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Transports.Lora.Modems.Ebyte;
using QuicProChat.Mesh.Transports.Lora.Serial;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

public sealed class E22ModemTests
{
    private const string Settings = "modem=e22&frequency=867125000&power=13&airrate=9600&networkid=7&region=eu868";

    [Fact]
    public void Registers_are_written_once_and_read_back()
    {
        E22Simulator module = new();
        Bench.Node node = new Bench().Add(new E22Modem(Bench.Options(Settings)), module);
        // Everyone's address, network 7, 9600 8N1 and 9.6k, 240-byte sub-packets and 13 dBm, channel 17,
        // signal strength byte and listen before talk.
        Assert.Equal("FFFF07640611", Convert.ToHexString([.. module.Registers.Take(6)]));
        Assert.Equal(0x93, module.Registers[6]);
        Assert.Equal(1, module.RegisterWrites);
        Assert.Contains(node.Happened, a => a is WritePort w
            && w.Bytes.Span.SequenceEqual<byte>([0xC0, 0xC1, 0xC2, 0xC3, 2, 0]));
        new Bench().Add(new E22Modem(Bench.Options(Settings)), module);
        Assert.Equal(1, module.RegisterWrites);
    }

    [Fact]
    public void A_HAT_is_configured_through_its_pins()
    {
        E22Simulator module = new() { SwitchesBySoftware = false };
        Bench.Node node = new Bench().Add(
            new E22Modem(Bench.Options("modem=waveshare&frequency=867125000&power=10&region=eu868")), module);
        Assert.Equal([new SetModePins(false, true), new SetModePins(false, false)],
            node.Happened.OfType<SetModePins>());
        Assert.Equal(0x07, module.Registers[4]);
    }

    [Fact]
    public void A_register_that_does_not_take_its_value_is_reported()
    {
        Bench bench = new();
        Bench.Node node = bench.Add(
            new E22Modem(Bench.Options(Settings)), new E22Simulator { StuckRegister = 5 }, online: false);
        Assert.True(bench.RunUntil(() => node.Losses.Any(), TimeSpan.FromSeconds(10)));
        Assert.Contains("12h in register 05h instead of 11h", node.Losses.First(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_module_that_does_not_answer_is_tried_again()
    {
        Bench bench = new();
        Bench.Node node = bench.Add(
            new E22Modem(Bench.Options(Settings)), new E22Simulator { SwitchesBySoftware = false }, online: false);
        bench.RunFor(TimeSpan.FromSeconds(20));
        Assert.True(node.Losses.Count() > 1);
        ((E22Simulator)node.Simulator).SwitchesBySoftware = true;
        Assert.True(bench.RunUntil(() => node.Modem.State == ModemState.Online, TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void Frames_travel_through_a_transparent_stream_with_signal_strength()
    {
        Bench bench = new(RNodeModemTests.Connected(2));
        Bench.Node a = bench.Add(new E22Modem(Bench.Options(Settings)), new E22Simulator());
        Bench.Node b = bench.Add(new E22Modem(Bench.Options(Settings)), new E22Simulator());
        Random random = new(6);
        List<byte[]> sent = [];
        foreach (int length in (int[])[1, 50, 235, 236])
        {
            byte[] frame = new byte[length];
            random.NextBytes(frame);
            sent.Add(frame);
            Assert.Equal(ModemAnswer.Accepted, bench.Send(a, frame));
            Assert.Equal(ModemAnswer.Busy, bench.Send(a, frame));
            int count = sent.Count;
            Assert.True(bench.RunUntil(() => a.Sent == count, TimeSpan.FromSeconds(10)));
        }
        Assert.True(bench.RunUntil(() => b.Received.Count() == 4, TimeSpan.FromSeconds(5)));
        Assert.Equal(sent, b.Received);
        Assert.All(b.Happened.OfType<FrameReceived>(), f => Assert.InRange(f.RssiDbm!.Value, -100, -70));
        Assert.All(a.Simulator.Transmitted, f => Assert.True(f.Length <= 243));
    }

    [Fact]
    public void Booked_airtime_covers_what_the_module_transmits()
    {
        Bench bench = new();
        Bench.Node a = bench.Add(new E22Modem(Bench.Options(Settings)), new E22Simulator());
        bench.Send(a, new byte[236]);
        Assert.True(bench.RunUntil(() => a.Sent == 1, TimeSpan.FromSeconds(10)));
        Assert.True(a.Modem.Airtime(236) >= a.Simulator.TotalAirtime);
    }

    [Fact]
    public void Noise_on_the_line_costs_nothing_but_itself()
    {
        Bench bench = new(RNodeModemTests.Connected(2));
        Bench.Node a = bench.Add(new E22Modem(Bench.Options(Settings)), new E22Simulator());
        Bench.Node b = bench.Add(new E22Modem(Bench.Options(Settings)), new E22Simulator());
        b.Simulator.Blurt([0xA7, 200, 1, 2, 3]);
        bench.Exchange();
        bench.RunFor(TimeSpan.FromMilliseconds(500));
        bench.Send(a, [4, 5]);
        Assert.True(bench.RunUntil(() => b.Received.Any(), TimeSpan.FromSeconds(5)));
        Assert.Equal([4, 5], b.Received.Single());
        Assert.Equal(5, b.Modem.Counters.GarbageBytes);
    }

    [Fact]
    public void A_module_that_the_operator_configured_is_not_touched()
    {
        E22Simulator module = new();
        Bench.Node node = new Bench()
            .Add(new E22Modem(Bench.Options(Settings + "&modeswitch=none&baud=115200")), module);
        Assert.Empty(node.Written);
        Assert.Equal(115_200, node.Modem.Baud);
    }

    [Fact]
    public void The_GPIO_request_has_the_kernel_s_size() => Assert.Equal(0x250, GpioModePins.RequestSize);
}
