using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Adaptation;
using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

/// <summary>Stations with the whole adaptation layer on a simulated air, in simulated time.</summary>
internal sealed class RadioNet : IDisposable
{
    private readonly List<Station> _stations = [];
    private readonly Random _random;

    internal RadioNet(int seed = 1)
    {
        _random = new Random(seed);
        Air = new SimulatedAir(new Random(seed));
        Bench = new Bench(Air);
    }

    internal sealed class Station : IRadioUser
    {
        internal required LocalIdentity Identity { get; init; }

        internal required byte[] Seed { get; init; }

        internal required ulong BootId { get; init; }

        internal RadioMedium Medium { get; set; } = null!;

        internal DutyLedger Ledger { get; set; } = null!;

        internal Bench.Node Node { get; set; } = null!;

        internal List<(NodeAddress From, byte[] Frame)> Inbox { get; } = [];

        internal List<string> Downs { get; } = [];

        internal bool AnswersCustody { get; set; }

        internal RadioNeighbour Neighbour(Station other) =>
            Medium.Neighbours.Single(n => n.Address == other.Identity.Address);

        internal bool Sees(Station other) =>
            Medium.Neighbours.Any(n => n.Address == other.Identity.Address && n.IsUp);

        public void Up(RadioNeighbour neighbour)
        {
        }

        public void Received(RadioNeighbour neighbour, ReadOnlySpan<byte> frame)
        {
            Inbox.Add((neighbour.Address, frame.ToArray()));
            if (!AnswersCustody || frame[0] != (byte)FrameKind.Envelope
                || !Envelope.TryRead(frame[1..], out Envelope envelope))
                return;
            byte[] ack = new byte[11];
            ack[0] = (byte)FrameKind.CustodyAck;
            new CustodyAck.Writer(ack.AsSpan(1)).TryAdd(
                CustodyCode.Taken,
                CustodyAnswer.NameOf(envelope.ComputeId(), envelope.Header.Attempt, envelope.Header.HopsLeft));
            Assert.True(Medium.TrySend(neighbour, FrameClass.Control, ack));
        }

        public void Writable(RadioNeighbour neighbour)
        {
        }

        public void Down(RadioNeighbour neighbour, string reason) => Downs.Add(reason);
    }

    internal SimulatedAir Air { get; }

    internal Bench Bench { get; }

    internal IReadOnlyList<Station> Stations => _stations;

    /// <summary>Adds a station, or another with the identity and the boot id of one that is there.</summary>
    internal Station Add(string settings, (byte[] Seed, ulong BootId)? twin = null)
    {
        byte[] seed = twin?.Seed ?? new byte[32];
        if (twin is null)
            _random.NextBytes(seed);
        ulong bootId = twin?.BootId ?? (ulong)_random.NextInt64();
        Station station = new() { Identity = LocalIdentity.FromSeed(seed), Seed = seed, BootId = bootId };
        LoraOptions options = Bench.Options(settings);
        station.Ledger = new DutyLedger(options.Band, null, null, Bench.Now);
        station.Medium = new RadioMedium(
            options, station.Identity, bootId, station.Ledger, station, new Random(_random.Next()),
            new Random(_random.Next()).NextBytes);
        SimulatedModem simulator = options.Modem switch
        {
            ModemKind.Reyax => new ReyaxSimulator(),
            ModemKind.E22 => new E22Simulator(),
            _ => new RNodeSimulator(new Random(_random.Next())),
        };
        ILoraModem modem = ModemFactory.Create(options, options.Modem, new Random(_random.Next()));
        _stations.Add(station);
        station.Node = Bench.Add(modem, simulator, client: station.Medium);
        return station;
    }

    /// <summary>Stations that all hear each other.</summary>
    internal static RadioNet Circle(int count, string settings, double loss = 0, int seed = 1)
    {
        RadioNet net = new(seed);
        for (int i = 0; i < count; i++)
        {
            for (int k = 0; k < i; k++)
                net.Air.Connect(i, k, loss);
        }
        for (int i = 0; i < count; i++)
            net.Add(settings);
        return net;
    }

    internal bool Meet(TimeSpan most) => Bench.RunUntil(
        () => _stations.TrueForAll(a => _stations.TrueForAll(b => a == b || a.Sees(b))), most);

    public void Dispose()
    {
        foreach (Station station in _stations)
        {
            station.Medium.Dispose();
            station.Identity.Dispose();
        }
    }
}
