using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Adaptation;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Wire;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

/// <summary>
/// A stranger with a modem in the middle of a line of three plays every attack for ten minutes, and honest nodes go on.
/// The real router, adaptation layer and driver, on simulated modems and air, in simulated time.
/// </summary>
public sealed class RadioSiegeTests(ITestOutputHelper output) : IDisposable
{
    private const string Settings = "modem=rnode&frequency=869525000&sf=7&region=eu868";
    private const string Key = "abababababababababababababababababababababababababababababababab";
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly List<RoutedStation> _stations = [];
    private readonly List<Bench.Node> _nodes = [];
    private readonly Random _random = new(7);
    private readonly Bench _bench = new(new SimulatedAir(new Random(7)));
    private readonly List<(EnvelopeId Id, int From, int To)> _texts = [];

    /// <summary>What the stranger knows.</summary>
    public enum Knows
    {
        /// <summary>The network has no key.</summary>
        Everything,

        /// <summary>The network has a key, and he does not know it.</summary>
        NoKey,

        /// <summary>The network has a key, and he is a member.</summary>
        TheKey,
    }

    public void Dispose() => _stations.ForEach(s => s.Dispose());

    [Theory]
    [InlineData(Knows.Everything)]
    [InlineData(Knows.NoKey)]
    [InlineData(Knows.TheKey)]
    public void Honest_nodes_go_on_while_a_stranger_plays_every_attack_and_afterwards_all_is_as_before(Knows knows)
    {
        string settings = knows == Knows.Everything ? Settings : $"{Settings}&networkkey={Key}";
        byte[] known = knows == Knows.TheKey ? Convert.FromHexString(Key) : [];
        Connect(0, 1);
        Connect(1, 2);
        for (int i = 0; i < 3; i++)
            Build(settings);
        RadioStranger stranger = new(new Random(9), known);
        _bench.Air!.Add(stranger);
        for (int i = 0; i < 3; i++)
            Connect(i, 3);
        stranger.Victims.AddRange(_stations.Select(s => s.Identity));
        _bench.RunFor(5 * Minute);
        List<EnvelopeId> before = Talk(5 * Minute, null);
        AssertConfirmed(before, 1.0);

        int[] sent = [.. _nodes.Select(n => n.Simulator.Transmitted.Count)];
        TimeSpan[] paid = [.. _stations.Select(s => s.Medium.Counters.ForStrangers)];
        TimeSpan start = _bench.Now;
        List<EnvelopeId> during = Talk(10 * Minute, stranger);
        double attackers = stranger.TotalAirtime / (_bench.Now - start);
        output.WriteLine(
            $"the stranger used {attackers:P0} of the air: "
                + $"{string.Join(", ", stranger.Done.Select(d => $"{d.Key} {d.Value}"))}");
        Assert.Equal(Enum.GetValues<RadioAttack>().Length, stranger.Done.Count);
        for (int i = 0; i < 3; i++)
            AssertAffordable(i, sent[i], paid[i], knows);
        AssertConfirmed(during, 0.95);

        List<EnvelopeId> after = Talk(5 * Minute, null);
        AssertConfirmed(after, 1.0);
        Assert.Equal([1, 2, 1], _stations.Select(s => s.Medium.Neighbours.Count(n => n.IsUp)));

        // Somebody new comes.
        Connect(1, 4);
        RoutedStation newcomer = Build(settings);
        start = _bench.Now;
        Assert.True(_bench.RunUntil(() => Sees(_stations[1], newcomer) && Sees(newcomer, _stations[1]), Minute),
            Describe());
        output.WriteLine($"a newcomer found its place after {(_bench.Now - start).TotalSeconds:F1} s");
    }

    /// <summary>
    /// Everybody writes to somebody every few seconds while the stranger, if there is one, does what he does.
    /// </summary>
    private List<EnvelopeId> Talk(TimeSpan time, RadioStranger? stranger)
    {
        List<EnvelopeId> ids = [];
        TimeSpan end = _bench.Now + time, nextText = _bench.Now;
        while (_bench.Now < end)
        {
            if (_bench.Now >= nextText)
            {
                int from = _random.Next(3);
                int to = (from + 1 + _random.Next(2)) % 3;
                ids.Add(_stations[from]
                    .SendText(_texts.Count, _stations[from].Identity.Address, _stations[to].Identity.Address,
                        RadioGrid.TextSize));
                _texts.Add((ids[^1], from, to));
                nextText += 10 * Second;
            }
            RadioAttack[] attacks = Enum.GetValues<RadioAttack>();
            stranger?.Act(attacks[_random.Next(attacks.Length)], _nodes[0].Modem.Airtime, _bench.Now);
            _bench.RunFor(TimeSpan.FromMilliseconds(_random.Next(100, 700)));
        }
        return ids;
    }

    private void AssertConfirmed(List<EnvelopeId> ids, double least)
    {
        bool Delivered(EnvelopeId id) =>
            _stations.Exists(s => s.States.TryGetValue(id, out MessageState state) && state == MessageState.Delivered);
        _bench.RunUntil(() => ids.TrueForAll(Delivered), 5 * Minute);
        int delivered = ids.Count(Delivered);
        output.WriteLine($"{delivered} of {ids.Count} confirmed");
        Assert.True(delivered >= least * ids.Count, $"{delivered} of {ids.Count}; {Describe()}");
        // Whoever was told that a message arrived was told the truth.
        for (int number = 0; number < _texts.Count; number++)
        {
            (EnvelopeId id, int from, int to) = _texts[number];
            Assert.True(_stations[from].States[id] != MessageState.Delivered || _stations[to].Arrived.Contains(number));
        }
    }

    /// <summary>What a station spent on strangers, by its own account and by what is seen on the air.</summary>
    private void AssertAffordable(int station, int sentBefore, TimeSpan paidBefore, Knows knows)
    {
        Bench.Node node = _nodes[station];
        RadioMedium medium = _stations[station].Medium;
        TimeSpan unit = node.Modem.Airtime(RadioFrame.HeaderSize + RadioGreeting.FullSize + 4);
        double duty = _stations[station].Ledger.Band.Budget / _stations[station].Ledger.Band.Window;
        TimeSpan most = (3 * RadioTuning.StrangerBurst * unit) + (RadioTuning.StrangerShare * duty * 20 * Minute);
        TimeSpan paid = medium.Counters.ForStrangers - paidBefore;
        TimeSpan seen = TimeSpan.Zero;
        for (int n = sentBefore; n < node.Simulator.Transmitted.Count; n++)
        {
            if (node.Simulator.Transmitted[n][1] >> 6 == (int)RadioFrameType.Discovery)
                seen += node.Simulator.Transmissions[n].Airtime;
        }
        output.WriteLine(
            $"station {station}: {paid.TotalSeconds:F2} s paid for strangers, {seen.TotalSeconds:F2} s of discovery "
                + $"on the air, at most {most.TotalSeconds:F1} s; " +
            $"replays {medium.Counters.Replays}, unproven {medium.Counters.Unproven}, unpaid "
                + $"{medium.Counters.Unpaid}, bad {medium.Counters.BadChecks}, " +
            $"meeting {medium.Meeting}, sessions {medium.Counters.Sessions}, in pieces {medium.IncompleteBytes}");
        Assert.True(paid <= most, $"{paid} of {most}");
        Assert.True(seen <= most, $"{seen} of {most}");
        Assert.True(medium.Meeting <= RadioTuning.MaxStrangers + RadioTuning.MaxNeighbours);
        Assert.True(medium.Neighbours.Count <= RadioTuning.MaxNeighbours);
        // Without the key nothing but what was recorded before this station listened can cost anything: here there is
        // none.
        if (knows == Knows.NoKey)
            Assert.True(paid <= 4 * unit, $"{paid}: {paid / unit:F1} greetings");
    }

    private RoutedStation Build(string settings)
    {
        LoraOptions options = Bench.Options(settings);
        byte[] key = new byte[32];
        _random.NextBytes(key);
        RoutedStation station = new(options, LocalIdentity.FromSeed(key), _random, _bench.Now);
        _stations.Add(station);
        _nodes.Add(_bench.Add(
            ModemFactory.Create(options, options.Modem, new Random(_random.Next())),
            new RNodeSimulator(new Random(_random.Next())), client: station));
        return station;
    }

    private void Connect(int a, int b) => _bench.Air!.Connect(a, b);

    private static bool Sees(RoutedStation a, RoutedStation b) =>
        a.Medium.Neighbours.Any(n => n.IsUp && n.Address == b.Identity.Address);

    private string Describe() => string.Join("; ", _stations.Select((s, i) =>
        $"{i}: up {s.Medium.Neighbours.Count(n => n.IsUp)} of {s.Medium.Neighbours.Count} sent "
            + $"{s.Medium.Counters.Sent} sessions {s.Medium.Counters.Sessions} " +
        $"deferred {s.Medium.Counters.Deferred} held {s.Router.Held.Count} arrived {s.Arrived.Count} airtime "
            + $"{_nodes[i].Simulator.TotalAirtime.TotalSeconds:F1}"));
}
