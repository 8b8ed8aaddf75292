using System.Globalization;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>What came out.</summary>
public sealed partial class Simulation
{
    private int _unknown;

    private Result Summarise()
    {
        int nodes = _network.Nodes.Count;
        ReachabilityResult all = Look(Sample([.. Enumerable.Range(0, nodes)], _destinationsAtEnd));
        long memory = (GC.GetTotalMemory(forceFullCollection: true) - _memoryBefore) / nodes;
        List<Message> counted = [.. _world.Messages.Where(m => m.PathExisted)];
        int prompt = counted.Count(m => m.ArrivedAt - m.SentAt <= Prompt && m.ArrivedAt != Instant.Never);
        // What is asked of a network with a liar is that messages arrive, by whatever attempt.
        int arrived = _options.Liars > 0 ? counted.Count(m => m.Shown > 0) : prompt;
        var details = new List<(string, string)>
        {
            ("converged to 100 %", _secondsTo100 < 0 ? "never" : Text($"{_secondsTo100:0.00} s")),
            ("bytes to converge by class", Classes(_toConverge, nodes, 1000, "kB")),
            ("frames to converge by kind", Frames(_framesToConverge, nodes * 1000.0, "kB")),
            (_options.Dynamic ? "bytes per second in motion by class" : "bytes per second by class",
                Classes(_steady, nodes * _steadySeconds, 1, "B/s")),
            ("frames per second by kind", Frames(_framesSteady, nodes * _steadySeconds, "B/s")),
            ("pairs reached at the end", Text($"{all.Percent:0.000} % of {all.Pairs}")),
            ("destinations looked at",
                Text($"{_destinationsPerLook} of {nodes} at each look, {_destinationsAtEnd} for 100 % and at the end")),
            ("messages", Text(
                $"{_world.Messages.Count} sent, {_world.Arrived} arrived, ")
                    + Text($"{_world.Messages.Count(m => m.State == MessageState.Delivered)} proven, ")
                    + Text($"{_world.Messages.Count - counted.Count} without a path when sent")),
            ("arrived within 5 s of those with a path", Text($"{prompt} of {counted.Count}")),
            ("time to arrive: median, 99 %, longest", Delays()),
            ("repeats stopped at the receiver", Text($"{_world.Messages.Sum(m => Math.Max(0, m.Offered - m.Shown))}")),
            ("steps of envelopes checked",
                Text($"{_world.Oracle.Steps}: {_world.Oracle.Returns} returns, {_world.Oracle.Circles} circles ahead, ")
                    + Text($"{_circles} circles in tables")),
            ("relays' disk writes", Text($"{_world.DiskWrites}")),
            ("hop limit", Text($"{_world.RouterOptions.HopLimit + 1}")),
            ("route changes", Text($"{_world.RouteChanges}")),
            ("links closed by routers", string.Join(", ", _world.ClosedLinks.Select(c => Text($"{c.Key} {c.Value}")))
                is { Length: > 0 } closed ? closed : "none"),
            ("events", Text(
                $"{_network.Handled} in {_progress.Elapsed.TotalSeconds:0.0} s, of which looks ")
                    + Text($"{_lookTime.TotalSeconds:0.0} s, garbage collection ")
                    + Text($"{GC.GetTotalPauseDuration().TotalSeconds:0.0} s")),
            ("trace", _network.Trace.ToString()),
            ("memory of the process, at most", Text($"{Progress.PeakMemory() / 1e6:0} MB")),
        };
        if (_options.AskRoutes)
            details.Add(("control bytes per message and node, requests included",
                Text($"{(double)_whileSending.Control / nodes / _options.Messages:0.0}")));
        if (_restarts > 0)
            details.Add(("restarts", Text($"{_restarts}")));
        details.AddRange(_world.Oracle.Examples.Select(e => ("loop", e)));
        details.AddRange(_world.Messages.Where(m => m.Shown == 0).Take(10).Select(m =>
            ("missing", Text(
                $"message {m.Number} from {m.Source} to {m.Destination} sent at {Seconds(m.SentAt):0.0} s, {m.State}"))));
        return new Result
        {
            Nodes = nodes,
            Links = _world.Topology.Edges.Count,
            ArrivalPercent = counted.Count + _unknown == 0 ? 0 : 100.0 * arrived / (counted.Count + _unknown),
            ConvergenceSeconds = _secondsTo99,
            ControlBytesPerNodeToConverge = _bytesToConverge,
            ControlBytesPerNodeSecondSteady = _steady.Control / nodes / _steadySeconds,
            StretchMean = all.StretchMean,
            StretchP99 = all.StretchP99,
            Loops = _circles
                + (_options.Liars > 0 ? 0 : _world.Oracle.Circles + (_options.Dynamic ? 0 : _world.Oracle.Returns)),
            Lost = _world.Messages.Count(m => m.Shown == 0),
            Duplicated = _world.Messages.Count(m => m.Shown > 1),
            MemoryPerNodeBytes = memory,
            DestinationsPerLook = _destinationsPerLook,
            DestinationsAtEnd = _destinationsAtEnd,
            PeakMemoryBytes = Progress.PeakMemory(),
            WallSeconds = _progress.Elapsed.TotalSeconds,
            Seed = _options.Seed,
            Details = details,
        };
    }

    /// <summary>The network as a picture.</summary>
    public string Draw()
    {
        int nodes = _network.Nodes.Count;
        var links = _network.Links.Select(l => new PictureLink(l.A, l.B, l.WireUp,
            _network.Channels[2 * l.Index].Sent.Control + _network.Channels[2 * l.Index].Sent.Payload
            + _network.Channels[2 * l.Index + 1].Sent.Control + _network.Channels[2 * l.Index + 1].Sent.Payload,
            _network.Channels[2 * l.Index].Envelopes + _network.Channels[2 * l.Index + 1].Envelopes)).ToList();
        var each = new List<PictureNode>();
        for (int i = 0; i < nodes; i++)
        {
            // What others find on their way to a node says as much of its place as what it finds itself.
            ReachabilityResult look = _reachability.Measure([i]);
            each.Add(new PictureNode(_world.Topology.Names[i], _network.Nodes[i].Running, look.Pairs == 0 ? 0
                : (double)look.Reached / look.Pairs, look.StretchMean));
        }

        IReadOnlyList<Place> places = _field?.Places ?? _world.Topology.Places
            ?? ForceLayout.Compute(nodes, _world.Topology.Edges);
        return Picture.Draw(Text($"{_world.Topology.Name}: {nodes} nodes, {links.Count(l => l.Up)} links"), each,
            links, places);
    }

    private string Delays()
    {
        List<double> seconds =
            [.. _world.Messages.Where(m => m.Shown > 0).Select(m => (m.ArrivedAt - m.SentAt).TotalSeconds).Order()];
        return seconds.Count == 0 ? "none"
            : Text($"{seconds[seconds.Count / 2]:0.000} s, ")
                + Text($"{seconds[Math.Min(seconds.Count - 1, seconds.Count * 99 / 100)]:0.000} s, {seconds[^1]:0.000} s");
    }

    private static string Classes(in TrafficCounter counter, double by, double unit, string name)
    {
        var parts = new List<string>();
        foreach (TrafficClass kind in Enum.GetValues<TrafficClass>())
            parts.Add(Text($"{kind} {counter[kind] / by / unit:0.00}"));
        return string.Join(", ", parts) + " " + name;
    }

    /// <summary>Frames that were written, with their length and without what TLS and TCP add.</summary>
    private static string Frames(long[] byKind, double by, string unit) => string.Join(", ", byKind
        .Select((bytes, kind) => (Bytes: bytes, Kind: (FrameKind)kind))
        .Where(f => f.Bytes > 0).OrderByDescending(f => f.Bytes)
        .Select(f => Text($"{f.Kind} {f.Bytes / by:0.00}"))) is { Length: > 0 } kinds ? $"{kinds} {unit}" : "none";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
