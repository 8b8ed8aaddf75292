using System.Diagnostics;
using System.Globalization;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Simulation;

/// <summary>
/// One run from cold start to result:
/// <code>
/// all nodes start -> converged -> settle -> steady traffic -> messages -> drain -> next hops of all pairs -> result
///                            \--> messages while nodes move or restart ---/
/// </code>
/// </summary>
public sealed partial class Simulation
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ConvergenceLimit = TimeSpan.FromMinutes(10);

    // Looking at every pair is dear in large networks: there a sample is looked at until it is complete, then more.
    private const int PairsPerLook = 150_000;
    private const int FewestDestinations = 50;
    private const int PairsAtEnd = 20_000_000;

    private readonly Options _options;
    private readonly World _world;
    private readonly Network _network;
    private readonly Reachability _reachability;
    private readonly Progress _progress;
    private readonly Random _random;
    private readonly long _memoryBefore;
    private readonly int _destinationsPerLook;
    private readonly int _destinationsAtEnd;
    private long[] _framesToConverge = [];
    private long[] _framesSteady = [];
    private TimeSpan _lookTime;
    private long _circles;
    private double _secondsTo99 = -1;
    private double _secondsTo100 = -1;
    private double _bytesToConverge;
    private TrafficCounter _toConverge;
    private TrafficCounter _steady;
    private double _steadySeconds;

    /// <summary>Prepares a run.</summary>
    public Simulation(Options options, Progress progress)
    {
        _options = options;
        _progress = progress;
        _memoryBefore = GC.GetTotalMemory(forceFullCollection: true);
        _random = new Random(options.Seed ^ 0x5EED);
        Topology topology = Topology.Parse(options.Topology, options.Seed);
        if (options.Mobility > 0
            && (topology.Places is null || !options.Topology.StartsWith("geometric:", StringComparison.Ordinal)))
            throw new UsageException("--mobility needs a geometric topology: geometric:50/150");
        _world = new World(options, topology);
        _network = _world.Network;
        _network.Scenario = ScenarioEvent;
        _reachability = new Reachability(_network, _world);
        int nodes = topology.Nodes;
        _destinationsPerLook = Math.Min(nodes, Math.Max(PairsPerLook / nodes, FewestDestinations));
        _destinationsAtEnd = Math.Min(nodes, PairsAtEnd / nodes);
    }

    /// <summary>The world, for pictures and tests.</summary>
    public World World => _world;

    /// <summary>Runs.</summary>
    public Result Run()
    {
        foreach (Node node in _network.Nodes)
            _network.StartNode(node.Index, new Instant(0));
        if (_options.Liars == 0 && !_options.AskRoutes)
            Converge();
        if (_options.Dynamic)
        {
            MeasureInMotion();
        }
        else
        {
            MeasureSteady();
            SendAndDrain();
        }

        Result result = Summarise();
        _progress.Done();
        return result;
    }

    /// <summary>Runs in small steps until the next hops of all pairs lead from one to the other.</summary>
    private void Converge()
    {
        int nodes = _network.Nodes.Count;
        int[] all = [.. Enumerable.Range(0, nodes)];
        int[] sample = Sample(all, _destinationsPerLook);
        int[]? full = sample == all ? all : null;
        TimeSpan step = TimeSpan.FromMilliseconds(nodes <= 400 ? 50 : 100);
        var limit = new Instant(ConvergenceLimit.Ticks);
        long settled = TimeSpan.FromSeconds(10).Ticks;
        while (_network.Now < limit)
        {
            // The longer it takes the less a moment matters.
            RunFor(TimeSpan.FromTicks(Math.Max(step.Ticks, (_network.Now.Ticks - settled) / 50)));
            ReachabilityResult look = Look(sample);
            _progress.Say(_network,
                string.Create(CultureInfo.InvariantCulture, $"{look.Percent:0.0} % of pairs reached"));
            if (look.Percent >= 99 && _secondsTo99 < 0)
                _secondsTo99 = Seconds(_network.Now);

            if (look.Reached < look.Pairs || (sample != all && !AllReached(full ??= Sample(all, _destinationsAtEnd))))
                continue;
            _secondsTo100 = Seconds(_network.Now);
            _toConverge = _network.Total;
            _framesToConverge = [.. _network.SentByKind];
            _bytesToConverge = (double)_network.Total.Control / nodes;
            return;
        }

        _bytesToConverge = (double)_network.Total.Control / nodes;
    }
    private void MeasureSteady()
    {
        RunFor(Settle);
        TrafficCounter before = _network.Total;
        long[] frames = [.. _network.SentByKind];
        RunFor(_options.Duration);
        _steady = Difference(_network.Total, before);
        _framesSteady = FramesSince(frames);
        _steadySeconds = _options.Duration.TotalSeconds;
    }

    /// <summary>All nodes, or as many of them as one look is worth, chosen by chance.</summary>
    private int[] Sample(int[] all, int size) =>
        size == all.Length ? all : [.. all.OrderBy(_ => _random.Next()).Take(size)];

    private bool AllReached(int[] destinations) =>
        Timed(() => (_reachability.AllReach(destinations, out long loops), loops));

    private ReachabilityResult Look(IReadOnlyList<int> destinations) => Timed(() =>
    {
        ReachabilityResult look = _reachability.Measure(destinations);
        return (look, look.Loops);
    });

    private T Timed<T>(Func<(T Result, long Loops)> look)
    {
        long began = Stopwatch.GetTimestamp();
        (T result, long loops) = look();
        _lookTime += Stopwatch.GetElapsedTime(began);
        // Whoever believes a liar can be led in a circle; that is counted apart, by its envelopes.
        if (_options.Liars == 0)
            _circles += loops;
        return result;
    }

    private void RunFor(TimeSpan span, string? what = null)
    {
        Instant end = _network.Now + span;
        TimeSpan slice = TimeSpan.FromSeconds(1);
        while (_network.Now < end)
        {
            _network.Run(Instant.Min(end, _network.Now + slice));
            if (what is not null || span > slice)
                _progress.Say(_network, what ?? "steady");
        }
    }

    private long[] FramesSince(long[] earlier) =>
        [.. _network.SentByKind.Zip(earlier, static (now, before) => now - before)];

    private static double Seconds(Instant at) => (double)at.Ticks / TimeSpan.TicksPerSecond;

    private static TrafficCounter Difference(in TrafficCounter later, in TrafficCounter earlier)
    {
        TrafficCounter difference = default;
        foreach (TrafficClass kind in Enum.GetValues<TrafficClass>())
            difference.Add(kind, later[kind] - earlier[kind]);
        return difference;
    }
}
