using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Simulation;

/// <summary>Messages between random pairs, and what disturbs them.</summary>
public sealed partial class Simulation
{
    private const int SendEvent = 0;
    private const int MoveEvent = 1;
    private const int RestartEvent = 2;
    private static readonly TimeSpan MoveEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SpreadOver = TimeSpan.FromSeconds(10);
    private readonly Dictionary<(int, int), Link> _linkOfPair = [];
    private Field? _field;
    private ShortestPaths? _shortest;
    private Instant _motionEnds;
    private TrafficCounter _whileSending;
    private int _restarts;

    /// <summary>In a network at rest: all messages within ten seconds, then as long as any is missing.</summary>
    private void SendAndDrain()
    {
        TrafficCounter before = _network.Total;
        ScheduleSends(SpreadOver);
        RunFor(SpreadOver + Prompt, "messages");
        Drain(World.MessageLifetime);
        _whileSending = Difference(_network.Total, before);
    }

    /// <summary>
    /// Messages all the time while nodes move or restart, which goes on until every message has arrived or is too old.
    /// </summary>
    private void MeasureInMotion()
    {
        RunFor(TimeSpan.FromSeconds(30), "settling");
        _motionEnds = _network.Now + _options.Duration + World.MessageLifetime;
        if (_options.Mobility > 0)
        {
            _field = new Field(_world.Topology.Places!);
            foreach (Link link in _network.Links)
                _linkOfPair[(link.A, link.B)] = link;
            _network.Events.Add(_network.Now + MoveEvery, EventKind.Scenario, MoveEvent);
        }

        if (_options.Churn > 0)
            ScheduleRestart();
        TrafficCounter before = _network.Total;
        long[] frames = [.. _network.SentByKind];
        ScheduleSends(_options.Duration);
        RunFor(_options.Duration, "messages in motion");
        _steady = Difference(_network.Total, before);
        _framesSteady = FramesSince(frames);
        _steadySeconds = _options.Duration.TotalSeconds;
        RunFor(Prompt, "messages in motion");
        Drain(World.MessageLifetime);
    }

    private void ScheduleSends(TimeSpan over)
    {
        for (int i = 0; i < _options.Messages; i++)
            _network.Events.Add(_network.Now + over * ((i + _random.NextDouble()) / _options.Messages),
                EventKind.Scenario, SendEvent);
    }

    private void Drain(TimeSpan limit)
    {
        Instant end = _network.Now + limit;
        while (_world.Arrived < _world.Messages.Count && _network.Now < end)
            RunFor(TimeSpan.FromSeconds(1), $"{_world.Messages.Count - _world.Arrived} messages under way");
    }

    private void ScenarioEvent(int what, long argument)
    {
        switch (what)
        {
            case SendEvent:
                SendOne();
                break;
            case MoveEvent:
                Move();
                break;
            default:
                RestartOne();
                break;
        }
    }

    private void SendOne()
    {
        int source = RandomNode();
        while (!_network.Nodes[source].Running || _world.IsLiar(source))
            source = RandomNode();
        int destination = RandomNode();
        while (destination == source || _world.IsLiar(destination))
            destination = RandomNode();
        // Whoever has never heard of the receiver has no key to seal with; where routes are asked for, the key comes
        // with the answer, and the simulator's payload only looks as if it had been sealed with it.
        if (!_options.AskRoutes && !_world.Knows(source, destination))
        {
            // While nodes come and go a stranger may still be on its way; among liars and at rest that is a failure.
            if (_options.Mobility == 0 && _options.Churn == 0)
                _unknown++;
            return;
        }

        _shortest ??= new ShortestPaths(_network);
        _shortest.Look();
        bool path = _network.Nodes[destination].Running && _shortest.From(source)[destination] > 0;
        _world.Send(source, destination, path);
    }

    private int RandomNode() => _random.Next(_network.Nodes.Count);

    private void Move()
    {
        if (_network.Now >= _motionEnds)
            return;
        _field!.Move(_options.Mobility, _random);
        List<(int A, int B)> pairs = _field.ShortestPairs(_world.Topology.Edges.Count);
        var now = new HashSet<(int, int)>(pairs);
        foreach (((int, int) pair, Link link) in _linkOfPair)
        {
            if (!now.Contains(pair))
                _network.SetWire(link, false);
        }

        foreach ((int a, int b) in pairs)
        {
            if (!_linkOfPair.TryGetValue((a, b), out Link? link))
            {
                _linkOfPair[(a, b)] = link = _network.AddLink(a, b, _world.ModelOf(new Edge(a, b, Type: "wifi")));
                link.WireUp = false;
            }

            _network.SetWire(link, true);
        }

        if (_network.Now - new Instant(0) is var since && since.Ticks % TimeSpan.FromSeconds(60).Ticks == 0)
            _circles += _reachability.Measure([.. Enumerable.Range(0, _network.Nodes.Count)]).Loops;
        _network.Events.Add(_network.Now + MoveEvery, EventKind.Scenario, MoveEvent);
    }

    private void ScheduleRestart()
    {
        double perSecond = _options.Churn * _network.Nodes.Count / 60;
        double wait = -Math.Log(1 - _random.NextDouble()) / perSecond;
        _network.Events.Add(_network.Now + TimeSpan.FromSeconds(wait), EventKind.Scenario, RestartEvent);
    }

    /// <summary>A node stops, half the time by losing its power, and is back after five to thirty seconds.</summary>
    private void RestartOne()
    {
        if (_network.Now >= _motionEnds)
            return;
        int node = RandomNode();
        if (_network.Nodes[node].Running)
        {
            _restarts++;
            _network.StopNode(node, _network.Now, inOrder: _random.Next(2) == 0);
            _network.StartNode(node, _network.Now + TimeSpan.FromSeconds(5 + 25 * _random.NextDouble()));
        }

        ScheduleRestart();
    }
}
