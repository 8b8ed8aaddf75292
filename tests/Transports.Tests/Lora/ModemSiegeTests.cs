using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Modems;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

/// <summary>
/// Modems that say anything: what a real one said, cut at every byte and changed, and bytes at random.
/// </summary>
public sealed class ModemSiegeTests
{
    private const string RNode = "modem=rnode&frequency=868100000&sf=7&region=none";
    private const string Reyax = "modem=reyax&frequency=868500000&sf=7&region=none";
    private const string E22 = "modem=e22&frequency=867125000&power=13&airrate=9600&region=eu868";

    [Theory]
    [InlineData(RNode)]
    [InlineData(Reyax)]
    [InlineData(E22)]
    public void A_driver_takes_what_its_modem_said_cut_at_every_byte_and_changed(string settings)
    {
        byte[] said = Conversation(settings);
        Assert.True(said.Length > 20);
        LoraOptions options = Bench.Options(settings);
        Random random = new(1);
        for (int cut = 0; cut <= said.Length; cut++)
        {
            ILoraModem modem = ModemFactory.Create(options, options.Modem, new Random(2));
            TimeSpan now = TimeSpan.FromSeconds(1);
            modem.PortOpened(now);
            Feed(modem, said.AsSpan(..cut), ref now);
            for (int change = 0; change < 8; change++)
            {
                byte[] changed = said[cut..];
                for (int k = Math.Min(changed.Length, random.Next(1, 6)); k > 0; k--)
                    changed[random.Next(changed.Length)] = (byte)random.Next(256);
                Feed(modem, changed, ref now);
            }
        }
    }

    [Theory]
    [InlineData(RNode)]
    [InlineData(Reyax)]
    [InlineData(E22)]
    public void A_modem_that_blurts_for_a_while_is_used_again_when_it_stops(string settings)
    {
        using RadioNet net = RadioNet.Circle(2, settings);
        Assert.True(net.Meet(TimeSpan.FromMinutes(5)));
        byte[] said = Conversation(settings);
        Random random = new(3);
        for (int n = 0; n < 1_500; n++)
        {
            byte[] bytes = random.Next(3) == 0 ? new byte[random.Next(60)] : [.. said.AsSpan(random.Next(said.Length))];
            if (bytes.Length > 0 && random.Next(2) == 0)
                random.NextBytes(bytes.AsSpan(random.Next(bytes.Length)));
            net.Stations[0].Node.Simulator.Blurt(bytes);
            net.Bench.RunFor(TimeSpan.FromMilliseconds(random.Next(300)));
        }
        net.Bench.RunUntil(() => net.Stations[0].Medium.ModemState.State
            == ModemState.Online, TimeSpan.FromMinutes(10));
        Assert.True(net.Meet(TimeSpan.FromMinutes(30)));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        Assert.True(a.Medium.TrySend(a.Neighbour(b), Wire.FrameClass.Normal, [0x22, 7]));
        Assert.True(net.Bench.RunUntil(() => b.Inbox.Any(r => r.Frame.AsSpan().SequenceEqual((byte[])[0x22, 7])),
            TimeSpan.FromMinutes(5)));
    }

    /// <summary>
    /// All that a modem says from when its port is opened until it has sent a frame and received one.
    /// </summary>
    private static byte[] Conversation(string settings)
    {
        LoraOptions options = Bench.Options(settings);
        Bench bench = new(new SimulatedAir(new Random(1)));
        bench.Air!.Connect(0, 1);
        List<Bench.Node> nodes = [];
        for (int i = 0; i < 2; i++)
        {
            SimulatedModem simulator = options.Modem switch
            {
                ModemKind.Reyax => new ReyaxSimulator(),
                ModemKind.E22 => new E22Simulator(),
                ModemKind.RNode => new RNodeSimulator(new Random(2)),
                ModemKind.Auto or _ => throw new ArgumentOutOfRangeException(nameof(settings)),
            };
            nodes.Add(bench.Add(new Listening(ModemFactory.Create(options, options.Modem, new Random(3))), simulator));
        }
        Assert.Equal(ModemAnswer.Accepted, bench.Send(nodes[0], [1, 2, 3]));
        bench.RunFor(TimeSpan.FromSeconds(10));
        Assert.Equal(ModemAnswer.Accepted, bench.Send(nodes[1], [0xC0, 0xDB, 13, 10]));
        bench.RunFor(TimeSpan.FromSeconds(10));
        Assert.Equal([[0xC0, 0xDB, 13, 10]], nodes[0].Received);
        return [.. ((Listening)nodes[0].Modem).Heard];
    }

    private static void Feed(ILoraModem modem, ReadOnlySpan<byte> bytes, ref TimeSpan now)
    {
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(bytes.Length, 7);
            modem.Input(bytes[..count], now);
            bytes = bytes[count..];
            now += TimeSpan.FromMilliseconds(3);
            if (now >= modem.NextTick)
                modem.Tick(now);
            while (modem.TryTake(out ModemAction? action))
            {
                if (action is ReopenPort)
                {
                    modem.PortClosed(now);
                    modem.PortOpened(now);
                }
            }
        }
        now += TimeSpan.FromSeconds(2);
        modem.Tick(now);
    }

    /// <summary>Remembers what a modem said to its driver.</summary>
    private sealed class Listening(ILoraModem modem) : ILoraModem
    {
        internal List<byte> Heard { get; } = [];

        public string Kind => modem.Kind;

        public int Baud => modem.Baud;

        public ModemState State => modem.State;

        public int MaxFrame => modem.MaxFrame;

        public bool HasCarrierSense => modem.HasCarrierSense;

        public TimeSpan BusyUntil => modem.BusyUntil;

        public TimeSpan NextTick => modem.NextTick;

        public ModemCounters Counters => modem.Counters;

        public TimeSpan Airtime(int frameLength) => modem.Airtime(frameLength);

        public void PortOpened(TimeSpan now) => modem.PortOpened(now);

        public void PortClosed(TimeSpan now) => modem.PortClosed(now);

        public void Input(ReadOnlySpan<byte> bytes, TimeSpan now)
        {
            Heard.AddRange(bytes);
            modem.Input(bytes, now);
        }

        public void Tick(TimeSpan now) => modem.Tick(now);

        public bool CanSend(int frameLength, TimeSpan now) => modem.CanSend(frameLength, now);

        public ModemAnswer TrySend(
            ReadOnlySpan<byte> frame, QuicProChat.Mesh.Transports.Lora.Airtime.AirtimeGrant grant, TimeSpan now) =>
                modem.TrySend(frame, grant, now);

        public void Shutdown(TimeSpan now) => modem.Shutdown(now);

        public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ModemAction? action) =>
            modem.TryTake(out action);
    }
}
