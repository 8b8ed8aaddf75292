using System.Collections.Concurrent;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Messaging.Tests.Groups.Ways;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests.Groups.Pairs;

/// <summary>
/// Nodes in simulated time. What waits for a receipt is kept until it can be delivered, as custody does; what does not
/// may be lost. Delays are drawn, so that envelopes overtake each other, and some come twice.
/// </summary>
internal sealed class PairWorld : IDisposable
{
    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private readonly Dictionary<NodeAddress, PairNode> _nodes = [];
    private readonly KeyRecordRules _rules = new();
    private readonly Dictionary<PairNode, Instant> _wakes = [];
    private long _order;

    internal PairWorld(int seed)
    {
        Random = new Random(seed);
        Time = new Calendar(this);
    }

    internal Random Random { get; }

    internal Instant Now { get; private set; } = new(TimeSpan.FromDays(1).Ticks);

    internal TimeProvider Time { get; }

    /// <summary>The share of what wants no receipt that is lost.</summary>
    internal double Loss { get; set; }

    internal TimeSpan MaxDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Gossip: each node finds all of it, unless somebody withholds.</summary>
    internal List<byte[]> Records { get; } = [];

    /// <summary>Envelopes that left, by kind.</summary>
    internal List<(NodeAddress From, SentEnvelope Envelope)> Sent { get; } = [];

    /// <summary>What stands between two nodes.</summary>
    internal Func<PairNode, PairNode, bool> Reach { get; set; } = static (_, _) => true;

    /// <summary>A server where nodes may have accounts; null: there is none.</summary>
    internal SimServer? Server { get; set; }

    internal void Fill(Span<byte> bytes) => Random.NextBytes(bytes);

    /// <summary>Two nodes that have heard of each other; the first has the lower address, and founds.</summary>
    internal (PairNode Low, PairNode High) Two(DirectSecurity usual = DirectSecurity.Auto)
    {
        LocalIdentity a = LocalIdentity.Generate(Fill), b = LocalIdentity.Generate(Fill);
        bool inOrder = a.Address.CompareTo(b.Address) < 0;
        return (Add(inOrder ? a : b, usual), Add(inOrder ? b : a, usual));
    }

    internal PairNode Add(LocalIdentity identity, DirectSecurity usual = DirectSecurity.Auto, bool hasRadio = false)
    {
        var node = new PairNode(this, identity, usual, hasRadio);
        _nodes[node.Address] = node;
        Announced(node);
        return node;
    }

    /// <summary>The announce of a node comes to all.</summary>
    internal void Announced(PairNode node)
    {
        foreach (PairNode other in _nodes.Values)
        {
            if (other == node || !_nodes.ContainsKey(node.Address))
                continue;
            After(Delay(), () => Tell(other, node));
            After(Delay(), () => Tell(node, other));
        }

        void Tell(PairNode to, PairNode of)
        {
            if (!to.IsUp || !Reach(of, to))
                return;
            to.Hears(of);
            to.Pump();
        }
    }

    internal bool Publish(byte[] record)
    {
        if (!GossipRecord.TryRead(record, out GossipRecord read) || !_rules.Verify(read)
            || !_rules.TryReadPlace(read, out _, out _))
            return false;
        GossipTopic topic = read.Topic;
        Records.RemoveAll(r => GossipRecord.TryRead(r, out GossipRecord old) && old.Topic == topic);
        Records.Add(record);
        return true;
    }

    /// <summary>How much later what leaves now arrives: it waits on a way that has died.</summary>
    internal TimeSpan HeldUp { get; set; }

    /// <summary>Envelopes are on disk: they leave, whatever becomes of the process.</summary>
    internal void Leave(PairNode from, IReadOnlyList<SentEnvelope> envelopes)
    {
        foreach (SentEnvelope envelope in envelopes)
        {
            Sent.Add((from.Address, envelope));
            if (!envelope.Header.WantsReceipt && Random.NextDouble() < Loss)
                continue;
            After(Delay() + HeldUp, () => Deliver(from, envelope));
            if (Random.Next(10) == 0)
                After(Delay() * 3, () => Deliver(from, envelope));
        }
    }

    /// <summary>A receipt is on its way.</summary>
    internal void Proves(PairNode to, EnvelopeId envelope) => After(Delay(), () =>
    {
        if (to.IsUp)
            to.Proven(envelope);
        else
            After(TimeSpan.FromSeconds(5), () => Proves(to, envelope));
    });

    internal void Wake(PairNode node, Instant due)
    {
        due = due < Now ? Now : due;
        if (due == Instant.Never || (_wakes.TryGetValue(node, out Instant planned) && planned <= due))
            return;
        _wakes[node] = due;
        At(due, () =>
        {
            if (_wakes.TryGetValue(node, out Instant now) && now == due)
                _wakes.Remove(node);
            node.Pump();
        });
    }

    internal void After(TimeSpan wait, Action then) => At(Now + wait, then);

    /// <summary>Lets time pass.</summary>
    internal void Run(TimeSpan time)
    {
        Instant end = Now + time;
        while (_events.TryPeek(out Action? then, out (long At, long Order) place) && new Instant(place.At) <= end)
        {
            _events.Dequeue();
            Now = Now.Ticks > place.At ? Now : new Instant(place.At);
            then();
        }

        Now = end;
    }

    public void Dispose()
    {
        foreach (PairNode node in _nodes.Values)
            node.Dispose();
    }

    private void Deliver(PairNode from, SentEnvelope envelope)
    {
        PairNode to = _nodes[envelope.Header.Destination];
        bool isTaken = to.IsUp && Reach(from, to) && to.Receive(from, envelope);
        if (!isTaken && envelope.Header.WantsReceipt)
            After(TimeSpan.FromSeconds(1) + Delay(), () => Deliver(from, envelope));
    }

    internal TimeSpan Delay() => MaxDelay * Random.NextDouble();

    private void At(Instant at, Action then) => _events.Enqueue(then, (at.Ticks, ++_order));

    private sealed class Calendar(PairWorld world) : TimeProvider
    {
        private static readonly DateTimeOffset _began = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => _began + TimeSpan.FromTicks(world.Now.Ticks);

        public override long GetTimestamp() => world.Now.Ticks;
    }
}

/// <summary>
/// Runs everything at once, at the world's time; what another thread wants waits for <see cref="TryRunOthers"/>.
/// </summary>
internal sealed class WorldLoop(PairWorld world) : IMessagingLoop
{
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly ConcurrentQueue<Action<Instant>> _others = new();

    internal List<Exception> Faults { get; } = [];

    /// <summary>Runs what other threads wanted; false if there was nothing.</summary>
    internal bool TryRunOthers()
    {
        bool isSome = false;
        for (; _others.TryDequeue(out Action<Instant>? work); isSome = true)
            work(world.Now);
        return isSome;
    }

    public ValueTask PostAsync(Action<Instant> work, Action<Instant>? onFault = null)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            _others.Enqueue(work);
            return ValueTask.CompletedTask;
        }

        work(world.Now);
        return ValueTask.CompletedTask;
    }

    public Task<T> AskAsync<T>(Func<Instant, T> question) => Task.FromResult(question(world.Now));

    public void RunAside(Action work, Action<Instant> then)
    {
        work();
        then(world.Now);
    }

    public void Reach(MessagingPlace place)
    {
    }

    public void Failed(Exception fault) => Faults.Add(fault);
}
