using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Wire;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

// What goes over the air, counted frame by frame: the real router, adaptation layer and driver on simulated modems.
public sealed class RadioBudgetTests(ITestOutputHelper output) : IDisposable
{
    private const string Settings = "modem=rnode&frequency=868100000&sf=7&region=none";

    /// <summary>docs/reference/protocol.md, section 4.1: 96 bytes of seal, type and time, 40 characters.</summary>
    private const int SealedText = 96 + 1 + 4 + 40;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly List<RoutedStation> _stations = [];
    private readonly List<Bench.Node> _nodes = [];

    public void Dispose() => _stations.ForEach(s => s.Dispose());

    [Fact]
    public void The_largest_announce_takes_at_most_140_bytes_on_the_air()
    {
        using RadioNet net = RadioNet.Circle(2, Settings);
        Assert.True(net.Meet(5 * Minute));
        (RadioNet.Station a, RadioNet.Station b) = (net.Stations[0], net.Stations[1]);
        net.Bench.RunFor(Minute);
        foreach (KeyPackageHash? keyPackage in (KeyPackageHash?[])[null, default(KeyPackageHash)])
        {
            Announce announce = Announce.Create(
                1, a.Identity.PublicKey.Span, Capabilities.Relay | Capabilities.StoreAndForward, keyPackage,
                new string('n', 20), a.Identity.Sign);
            byte[] frame = [(byte)FrameKind.Announce, .. announce.Bytes];
            int before = a.Node.Simulator.Transmitted.Count;
            Assert.True(a.Medium.TrySend(a.Neighbour(b), FrameClass.Routing, frame));
            Assert.True(net.Bench.RunUntil(() => b.Inbox.Any(r => r.Frame.AsSpan().SequenceEqual(frame)), Minute));
            int onAir = Bytes(a.Node.Simulator.Transmitted.Skip(before).Single());
            output.WriteLine($"announce of {frame.Length - 1} bytes: {onAir} on the air");
            Assert.True(onAir <= 140, $"{onAir} bytes");
        }
    }

    [Theory]
    [InlineData(60)]
    [InlineData(10)]
    [InlineData(7)]
    public void A_sealed_text_its_receipt_and_all_acknowledgements_take_at_most_260_bytes_on_the_air(int seconds)
    {
        Bench bench = new(new SimulatedAir(new Random(1)));
        bench.Air!.Connect(0, 1);
        Build(bench, 2);
        bench.RunFor(5 * Minute);
        (RoutedStation from, RoutedStation to) = (_stations[0], _stations[1]);
        // The first names both addresses in full and has a path asked for; from then on two bytes are an address.
        for (int number = 1; number <= 12; number++)
        {
            int[] sent = [.. _nodes.Select(n => n.Simulator.Transmitted.Count)];
            TimeSpan start = bench.Now;
            EnvelopeId id = from.SendText(number, from.Identity.Address, to.Identity.Address, SealedText);
            Assert.True(bench.RunUntil(() => from.States[id] == MessageState.Delivered, Minute));
            bench.RunFor(start + (seconds * Second) - bench.Now);
            List<(TimeSpan At, string Line, int Bytes)> frames = [];
            for (int i = 0; i < 2; i++)
            {
                SimulatedModem modem = _nodes[i].Simulator;
                for (int n = sent[i]; n < modem.Transmitted.Count; n++)
                    frames.Add((modem.Transmissions[n].End,
                        $"{(modem.Transmissions[n].End - modem.Transmissions[n].Airtime - start).TotalMilliseconds:F0} ms {"AB"[i]} {Describe(modem.Transmitted[n])}", Bytes(modem.Transmitted[n])));
            }
            output.WriteLine(
                $"text {number}, {seconds} s apart: "
                    + $"{string.Join(", ", frames.OrderBy(f => f.At).Select(f => f.Line))}: "
                    + $"{frames.Sum(f => f.Bytes)} bytes");
            Assert.Equal(number, to.Arrived.Count);
            Assert.True(frames.Sum(f => f.Bytes) <= 260, $"{frames.Sum(f => f.Bytes)} bytes");
            Assert.Equal(4, frames.Count);
        }
    }

    private void Build(Bench bench, int count)
    {
        Random random = new(1);
        LoraOptions options = Bench.Options(Settings);
        for (int i = 0; i < count; i++)
        {
            byte[] key = new byte[32];
            random.NextBytes(key);
            RoutedStation station = new(options, LocalIdentity.FromSeed(key), random, bench.Now);
            _stations.Add(station);
            _nodes.Add(bench.Add(
                ModemFactory.Create(options, options.Modem, new Random(random.Next())),
                new RNodeSimulator(new Random(random.Next())),
                client: station));
        }
    }

    /// <summary>One byte of a frame on the simulated air is the modem's own, and not of the protocol.</summary>
    private static int Bytes(byte[] transmitted) => transmitted.Length - 1;

    private static string Describe(byte[] transmitted) =>
        $"{(transmitted[1] >> 6) switch { 0 => "discovery", 1 => "data", 2 => "acknowledgement", _ => "broadcast" }} "
            + $"{Bytes(transmitted)}";
}
