using System.Buffers;
using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Transports.Lora.Modems;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

// The traps have to be there for the drivers' tests to mean anything.
public sealed class RNodeSimulatorTests
{
    private TimeSpan _now = TimeSpan.FromSeconds(10);

    [Fact]
    public void A_packet_of_508_bytes_makes_a_stray_third_frame()
    {
        RNodeSimulator modem = Ready();
        Write(modem, 0x00, new byte[507]);
        Run(modem, 5);
        Assert.Equal([255, 254], modem.Transmitted.Select(f => f.Length));
        modem.Transmitted.Clear();
        Write(modem, 0x00, new byte[508]);
        Run(modem, 5);
        Assert.Equal([255, 255, 1], modem.Transmitted.Select(f => f.Length));
    }

    [Fact]
    public void A_full_queue_loses_bytes_in_silence_and_glues_stumps()
    {
        RNodeSimulator modem = Ready();
        for (int i = 0; i < 20; i++)
            Write(modem, 0x00, [.. Enumerable.Repeat((byte)i, 400)]);
        Assert.True(modem.LostQueueBytes > 0);
        Run(modem, 60);
        modem.Transmitted.Clear();
        Write(modem, 0x00, [0xEE]);
        Run(modem, 5);
        Assert.NotEqual(2, modem.Transmitted[0].Length);
        Assert.Equal(0xEE, modem.Transmitted[^1][^1]);
    }

    [Fact]
    public void It_is_deaf_while_it_sends()
    {
        RNodeSimulator modem = Ready(sf: 12);
        Write(modem, 0x00, new byte[200]);
        while (modem.SendingUntil <= _now)
            Step(modem);
        modem.TakeOutput();
        Write(modem, 0x08, [0x73]);
        Assert.Empty(modem.TakeOutput());
        Write(modem, 0x00, new byte[7_000]);
        Assert.True(modem.LostUartBytes > 800);
        Run(modem, 30);
        Assert.Contains("C00846C0", Convert.ToHexString(modem.TakeOutput()), StringComparison.Ordinal);
    }

    [Fact]
    public void Room_is_told_only_when_asked()
    {
        RNodeSimulator modem = Ready();
        Write(modem, 0x00, [1, 2, 3]);
        Run(modem, 5);
        Assert.DoesNotContain("C00F", Convert.ToHexString(modem.TakeOutput()), StringComparison.Ordinal);
        Write(modem, 0x0F, [0]);
        Assert.Contains("C00F01C0", Convert.ToHexString(modem.TakeOutput()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2.5)]
    [InlineData(5)]
    public void What_it_says_of_its_airtime_goes_back_two_bins_of_its_clock_and_is_said_at_the_end_of_a_run(
        double phase)
    {
        RNodeSimulator modem = Ready(faults: new RNodeFaults { ClockAtBoot = TimeSpan.FromSeconds(phase) });
        Write(modem, 0x00, new byte[100]);
        while (modem.SendingUntil <= _now)
            Step(modem);
        modem.TakeOutput();
        TimeSpan end = modem.SendingUntil;
        while (_now < end)
            Step(modem);
        // 29.43 blocks of 5 symbols and 32.25 symbols more are 183 ms, in units of 1.5 ms.
        Assert.Equal(122, Airtime(modem.TakeOutput()));
        TimeSpan last = _now;
        for (int i = 0; i < 20_000; i++)
        {
            Step(modem);
            byte[] said = modem.TakeOutput();
            if (said.Length > 0 && Airtime(said) > 0)
                last = _now;
        }
        TimeSpan bin = TimeSpan.FromSeconds(7.5);
        TimeSpan clock = end + TimeSpan.FromSeconds(phase);
        TimeSpan gone = bin * (Math.Floor(clock / bin) + 2) - clock;
        Assert.InRange(gone - (last - end), TimeSpan.Zero, TimeSpan.FromSeconds(1.1));
    }

    private static int Airtime(byte[] said)
    {
        int at = said.AsSpan().IndexOf([(byte)0xC0, (byte)0x25]);
        return (said[at + 2] << 8) | said[at + 3];
    }

    [Fact]
    public void Halves_of_two_packets_are_merged_when_their_sequences_match()
    {
        RNodeSimulator modem = Ready();
        modem.TakeOutput();
        modem.Receive([0x31, 1, 1, 1], -80, 5, _now);
        modem.Receive([0x31, 2, 2], -80, 5, _now);
        Assert.Contains("C0000101010202C0", Convert.ToHexString(modem.TakeOutput()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_query_without_an_argument_does_nothing()
    {
        RNodeSimulator modem = Ready();
        modem.TakeOutput();
        modem.HostWrote([0xC0, 0x50, 0xC0], _now);
        Assert.Empty(modem.TakeOutput());
        modem.HostWrote([0x50, 0x00, 0xC0], _now);
        Assert.Equal("C0500156C0", Convert.ToHexString(modem.TakeOutput()));
    }

    [Fact]
    public void Stations_that_do_not_hear_each_other_collide_at_the_one_between()
    {
        SimulatedAir air = new(new Random(1));
        RNodeSimulator[] m = [new(new Random(1)), new(new Random(2)), new(new Random(3))];
        foreach (RNodeSimulator modem in m)
        {
            air.Add(modem);
            Start(modem, 7);
        }
        air.Connect(0, 1);
        air.Connect(1, 2);
        Write(m[0], 0x00, new byte[200]);
        Write(m[2], 0x00, new byte[200]);
        for (int i = 0; i < 3_000; i++)
        {
            foreach (RNodeSimulator modem in m)
                modem.Tick(_now);
            air.Tick(_now);
            _now += TimeSpan.FromMilliseconds(1);
        }
        Assert.Equal(2, air.Collisions);
        Assert.Equal(0, air.Arrivals);
    }

    private RNodeSimulator Ready(byte sf = 7, RNodeFaults? faults = null)
    {
        RNodeSimulator modem = new(new Random(1), faults);
        Start(modem, sf);
        return modem;
    }

    private void Start(RNodeSimulator modem, byte sf)
    {
        Write(modem, 0x01, [0x33, 0xBE, 0x27, 0xA0]);
        Write(modem, 0x02, [0x00, 0x01, 0xE8, 0x48]);
        Write(modem, 0x03, [14]);
        Write(modem, 0x04, [sf]);
        Write(modem, 0x06, [1]);
        Run(modem, 2);
        Assert.True(modem.RadioOn);
    }

    private void Run(RNodeSimulator modem, double seconds)
    {
        TimeSpan end = _now + TimeSpan.FromSeconds(seconds);
        while (_now < end)
            Step(modem);
    }

    private void Step(RNodeSimulator modem)
    {
        _now += TimeSpan.FromMilliseconds(1);
        modem.Tick(_now);
    }

    private void Write(RNodeSimulator modem, byte command, byte[] argument)
    {
        ArrayBufferWriter<byte> frame = new();
        Kiss.Write(frame, command, argument);
        modem.HostWrote(frame.WrittenSpan, _now);
    }
}
