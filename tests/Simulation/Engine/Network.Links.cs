using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Simulation;

/// <summary>How connections come and go, and nodes with them.</summary>
public sealed partial class Network
{
    /// <summary>Round trips before the first frame: TCP, TLS 1.3, Hello.</summary>
    private const int HandshakeRoundTrips = 3;

    /// <summary>How long a dialler waits for the whole handshake.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The first wait after a failed dial; it doubles up to <see cref="LongestRedial"/>.</summary>
    public TimeSpan FirstRedial { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait between two dials.</summary>
    public TimeSpan LongestRedial { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The wait after a connection that was good for nothing, where the dialling node has another link; four times as
    /// long each time, up to <see cref="LongestUseless"/>.
    /// </summary>
    public TimeSpan FirstUseless { get; init; } = TimeSpan.FromMinutes(4);

    /// <summary>See <see cref="FirstUseless"/>.</summary>
    public TimeSpan LongestUseless { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// A connection that stood so long is dialled again at once when it ends; another one when its time comes.
    /// </summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Within this time two nodes that came into each other's range find out and dial.</summary>
    public TimeSpan Discovery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How fast both ends of a link with a carrier notice that it is cut.</summary>
    public TimeSpan CarrierDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Cuts or mends the wire of a link.</summary>
    public void SetWire(Link link, bool up)
    {
        if (link.WireUp == up)
            return;
        link.WireUp = up;
        if (!up)
        {
            link.CutAt = Now;
            if (link.Model.Carrier)
            {
                EndConnection(link.Index, 0, CarrierDelay);
                EndConnection(link.Index, 1, CarrierDelay);
            }
        }
        else
        {
            link.Failures = link.Useless = 0;
            if (link.Connected)
                Resume(link);
            else
                DialSoon(link, Discovery * Random.NextDouble());
        }
    }

    internal void EndConnection(int link, int end, TimeSpan after) =>
        EndConnectionOf(_links[link], end, _links[link].Ends[end].Connection, after);

    private void EndConnectionOf(Link link, int end, long connection, TimeSpan after)
    {
        if (connection != 0)
            Events.Add(Now + after, EventKind.EndDown, link.Index, end, connection);
    }

    private void DialSoon(Link link, TimeSpan after)
    {
        if (link.Dialling || !link.WireUp || !_nodes[link.A].Running || !_nodes[link.B].Running)
            return;
        link.Dialling = true;
        Events.Add(Now + after, EventKind.Dial, link.Index, ++link.DialNumber);
    }

    private void Dial(Link link, int number)
    {
        if (number != link.DialNumber)
            return;
        link.Dialling = link.Waiting = false;
        if (link.Connected || !link.WireUp || !_nodes[link.A].Running || !_nodes[link.B].Running)
            return;
        TimeSpan took = TimeSpan.Zero;
        Span<int> bytes = [0, 0];
        for (int step = 0; step < 2 * HandshakeRoundTrips && took < HandshakeTimeout; step++)
        {
            int end = step % 2;
            bool isSyn = step < 2;
            int size = isSyn ? StreamFraming.TcpIp
                : (StreamFraming.Handshake - StreamFraming.TcpIp) / (HandshakeRoundTrips - 1);
            took += link.Model.Delay
                + Lose(link, end, 1, size, isSyn, isThin: true, HandshakeTimeout - took, out int repeated);
            bytes[end] += size + repeated;
        }

        took = took < HandshakeTimeout ? took : HandshakeTimeout;
        for (int end = 0; end < 2; end++)
            CountOne(_channels[link.Index * 2 + end], TrafficClass.Setup, bytes[end]);
        link.Dialling = true;
        Events.Add(Now + took, EventKind.Handshake, link.Index, took < HandshakeTimeout ? 1 : 0);
    }

    private void Handshake(Link link, bool done)
    {
        link.Dialling = false;
        if (!link.WireUp || !_nodes[link.A].Running || !_nodes[link.B].Running)
            return;
        if (!done)
        {
            Redial(link);
            return;
        }

        link.UpAt = Now;
        link.WasUsed = false;
        long connection = ++link.Connection;
        for (int end = 0; end < 2; end++)
        {
            if (link.Ends[end].Connection != 0)
                EndDown(link, end, link.Ends[end].Connection, notify: false);
        }

        for (int end = 0; end < 2; end++)
        {
            Channel channel = _channels[link.Index * 2 + end];
            channel.BusyUntil = channel.LastArrival = Now;
            channel.UnderWay = 0;
            link.Ends[end].Connection = connection;
            Node node = _nodes[link.NodeAt(end)];
            link.Ends[end].Id = node.Up(channel, _nodes[link.NodeAt(1 - end)], outbound: end == 0);
        }

        _nodes[link.A].Settle();
        _nodes[link.B].Settle();
    }

    private void Redial(Link link)
    {
        double seconds =
            Math.Min(LongestRedial.TotalSeconds, FirstRedial.TotalSeconds * Math.Pow(2, Math.Min(link.Failures, 20)));
        link.Failures++;
        if (link.Useless > 0 && HasOther(_nodes[link.A], link))
            seconds = Math.Max(seconds, Math.Min(LongestUseless.TotalSeconds,
                FirstUseless.TotalSeconds * Math.Pow(4, Math.Min(link.Useless - 1, 10))));
        DialSoon(link, TimeSpan.FromSeconds(seconds * (0.75 + Random.NextDouble() / 2)));
        link.Waiting = link.Dialling;
    }

    private bool HasOther(Node node, Link? except)
    {
        foreach (Channel channel in node.Channels)
        {
            if (_links[channel.Index / 2] is { Connected: true } link && link != except)
                return true;
        }

        return false;
    }

    /// <summary>A node without any link waits for those that were good for nothing as for others.</summary>
    private void DialAll(Node node)
    {
        foreach (Channel channel in node.Channels)
        {
            Link link = _links[channel.Index / 2];
            if (link.A != node.Index || !link.Waiting || link.Useless == 0)
                continue;
            link.Dialling = link.Waiting = false;
            DialSoon(link, LongestRedial * Random.NextDouble());
        }
    }

    private void EndDown(Link link, int end, long connection, bool notify = true)
    {
        LinkEndState state = link.Ends[end];
        if (state.Connection != connection)
            return;
        bool isFirst = link.Ends[1 - end].Connection == connection;
        state.Connection = 0;
        Discard(_channels[link.Index * 2 + end]);
        bool wasStable = Now - link.UpAt >= StableAfter;
        if (isFirst && (link.WasUsed || wasStable))
            link.Useless = link.WasUsed ? 0 : link.Useless + 1;
        if (wasStable)
            link.Failures = 0;
        Node node = _nodes[link.NodeAt(end)];
        if (node.Running)
        {
            node.Down(state.Id);
            node.Settle();
            if (!HasOther(node, null))
                DialAll(node);
        }

        if (!notify)
            return;
        if (link.WireUp && link.Ends[1 - end].Connection == connection)
            EndConnectionOf(link, 1 - end, connection, link.Model.Delay);
        Redial(link);
    }

    private void Discard(Channel channel)
    {
        CountRetries(channel);
        Frames.ReleaseAll(channel.Stalled.TakeAll());
        for (int i = 0; i < ClassQueues.Count; i++)
            Frames.ReleaseAll(channel.Queues[i].TakeAll());
        channel.Refused = false;
        channel.AckDue = Instant.Never;
    }

    private void Stall(Channel channel, long connection, int first)
    {
        if (channel.Stalled.IsEmpty)
        {
            channel.StalledSince = Now;
            Events.Add(Now + UserTimeout, EventKind.Stalled, channel.Index, 0, connection);
        }

        channel.Stalled.AddChain(Frames, first);
    }

    private void GiveUp(Channel channel, long connection)
    {
        if (!channel.Stalled.IsEmpty && Now - channel.StalledSince >= UserTimeout)
            EndDown(_links[channel.Index / 2], channel.Index % 2, connection);
    }

    /// <summary>The wire is back before either end gave up: TCP's next retransmission gets through.</summary>
    private void Resume(Link link)
    {
        for (int end = 0; end < 2; end++)
        {
            Channel channel = _channels[link.Index * 2 + end];
            if (channel.Stalled.IsEmpty)
                continue;
            CountRetries(channel);
            TimeSpan stalled = Now - channel.StalledSince;
            TimeSpan next = (stalled > ShortestTimeout ? stalled : ShortestTimeout) * Random.NextDouble();
            channel.LastArrival = Now + next + link.Model.Delay;
            Events.Add(channel.LastArrival, EventKind.WriteArrives, channel.Index, channel.Stalled.TakeAll(),
                link.Ends[end].Connection);
        }
    }

    private void CountRetries(Channel channel)
    {
        if (channel.Stalled.IsEmpty)
            return;
        int retries = 1 + (int)Math.Log2(Math.Max(1, (Now - channel.StalledSince) / ShortestTimeout));
        CountOne(channel, TrafficClass.Routing, retries
            * Math.Min(StreamFraming.WireBytes(channel.Stalled.Bytes), StreamFraming.Segment + StreamFraming.TcpIp));
    }

    private void Start(Node node)
    {
        if (node.Running)
            return;
        node.Start(Boot!(node), (ulong)Random.NextInt64());
        foreach (Channel channel in node.Channels)
        {
            Link link = _links[channel.Index / 2];
            link.Failures = link.Useless = 0;
            DialSoon(link, TimeSpan.FromMilliseconds(10) * Random.NextDouble());
        }
    }

    private void Stop(Node node, bool inOrder)
    {
        if (!node.Running)
            return;
        node.Stop(Now, inOrder);
        foreach (Channel channel in node.Channels)
        {
            Link link = _links[channel.Index / 2];
            int end = channel.Index % 2;
            long connection = link.Ends[end].Connection;
            link.Ends[end].Connection = 0;
            Discard(channel);
            bool noticed = inOrder || link.Model.Carrier;
            if (connection != 0 && noticed && link.WireUp && link.Ends[1 - end].Connection == connection)
                EndConnectionOf(link, 1 - end, connection, inOrder ? link.Model.Delay : CarrierDelay);
        }
    }
}
