using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>How frames get from one end of a connection to the other, as over TCP with TLS.</summary>
public sealed partial class Network
{
    /// <summary>Bytes that one class may have waiting on a channel.</summary>
    public int QueueLimit { get; init; } = 256 * 1024;

    /// <summary>Unacknowledged bytes that a sender's TCP accepts before it takes no more.</summary>
    public int Window { get; init; } = 64 * 1024;

    /// <summary>
    /// A connection whose bytes stay unacknowledged so long ends (TCP_USER_TIMEOUT of the node's links).
    /// </summary>
    public TimeSpan UserTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The shortest retransmission time-out (Linux; RFC 6298 would say one second).</summary>
    public static readonly TimeSpan ShortestTimeout = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// The node's sockets ask for the linear time-outs of thin streams (Linux, tcp(7), TCP_THIN_LINEAR_TIMEOUTS): while
    /// fewer than four segments are unacknowledged, the first six repetitions do not double the time-out.
    /// </summary>
    public bool ThinStreams { get; init; } = true;

    /// <summary>
    /// No time-out is longer: what the node's sockets ask for where the kernel knows TCP_RTO_MAX_MS (Linux 6.15).
    /// </summary>
    public TimeSpan LongestTimeout { get; init; } = TimeSpan.MaxValue;

    /// <summary>
    /// Nothing is known of a round trip before the connection stands (RFC 6298, section 2.1); four such time-outs are
    /// equal (tcp_syn_linear_timeouts, Linux 6.5).
    /// </summary>
    private static readonly TimeSpan FirstSynTimeout = TimeSpan.FromSeconds(1);
    private const int LinearSyns = 4;

    private const int ThinSegments = 4;
    private const int ThinRepetitions = 6;

    /// <summary>Three duplicates tell the sender of a loss before the time-out does (RFC 5681, section 3.2).</summary>
    private const int DuplicateAcks = 3;

    // Longer than any time-out, and still a span that can be added to.
    private static readonly TimeSpan Never = TimeSpan.FromDays(1);

    internal bool Queue(Channel channel, FrameClass frameClass, ReadOnlySpan<byte> frame, bool everyone)
    {
        if (RadioModel is not null)
            return QueueRadio(channel, frameClass, frame, everyone);
        ref FrameQueue queue = ref channel.Queues[(int)frameClass];
        if (queue.Bytes + frame.Length > QueueLimit)
        {
            channel.Refused = true;
            return false;
        }

        queue.Add(Frames, Frames.Add(frame));
        return true;
    }

    internal void Write(Channel channel)
    {
        if (RadioModel is not null)
        {
            StartRadio(Sender(channel));
            return;
        }

        Link link = _links[channel.Index / 2];
        int end = channel.Index % 2;
        long connection = link.Ends[end].Connection;
        if (connection == 0)
            return;
        while (channel.BusyUntil <= Now && channel.Stalled.Bytes < Window)
        {
            var write = new FrameQueue();
            TrafficCounter content = default;
            while (write.Bytes < StreamFraming.TlsPlaintext && TakeNext(channel, out int frame))
            {
                ReadOnlySpan<byte> bytes = Frames[frame];
                TrafficClass kind = TrafficCounter.ClassOf(bytes);
                content.Add(kind, bytes.Length + StreamFraming.LengthPrefix);
                SentByKind[bytes[0]] += bytes.Length + StreamFraming.LengthPrefix;
                if (kind == TrafficClass.Payload)
                    channel.Envelopes++;
                write.Add(Frames, frame);
            }

            if (write.IsEmpty)
                break;
            Transmit(link, channel, end, connection, ref write, in content);
        }

        if (channel.Refused && channel.QueuedBytes < QueueLimit / 2)
        {
            channel.Refused = false;
            Events.Add(Now, EventKind.Writable, channel.Index, 0, connection);
        }
    }

    private bool TakeNext(Channel channel, out int frame)
    {
        for (int i = 0; i < ClassQueues.Count; i++)
        {
            if (!channel.Queues[i].IsEmpty)
            {
                frame = channel.Queues[i].Take(Frames);
                return true;
            }
        }

        frame = FramePool.None;
        return false;
    }

    private void Transmit(
        Link link, Channel channel, int end, long connection, ref FrameQueue write, in TrafficCounter content)
    {
        int frameBytes = write.Bytes;
        int wireBytes = StreamFraming.WireBytes(frameBytes);
        SettleAck(channel, piggyback: true);
        int segments = StreamFraming.Segments(frameBytes);
        TimeSpan late = Lose(
            link, end, segments, wireBytes, isSyn: false, IsThin(channel, segments), UserTimeout, out int repeated);
        if (repeated > 0)
            NoteRepeat(channel, late);
        Count(channel, in content, frameBytes, wireBytes + repeated);
        TimeSpan onWire = link.Model.BitsPerSecond == 0
            ? TimeSpan.Zero
            : TimeSpan.FromSeconds((wireBytes + repeated) * 8.0 / link.Model.BitsPerSecond);
        if (onWire > TimeSpan.Zero)
        {
            channel.BusyUntil = Now + onWire;
            Events.Add(channel.BusyUntil, EventKind.ChannelFree, channel.Index);
        }

        if (!channel.Stalled.IsEmpty || late > UserTimeout)
        {
            Stall(channel, connection, write.TakeAll());
            return;
        }

        Instant arrival = Now + onWire + link.Model.Delay + late;
        if (arrival < channel.LastArrival)
            arrival = channel.LastArrival;
        channel.LastArrival = arrival;
        Events.Add(arrival, EventKind.WriteArrives, channel.Index, write.TakeAll(), connection);
    }

    // Whoever waits for an answer that was lost gets no acknowledgement either, and repeats the question.
    private void NoteRepeat(Channel channel, TimeSpan late)
    {
        Instant last = Now + (late < UserTimeout ? late : UserTimeout);
        foreach (Channel way in (ReadOnlySpan<Channel>)[channel, _channels[channel.Index ^ 1]])
        {
            way.Repeats++;
            way.LastRepeat = way.LastRepeat < last ? last : way.LastRepeat;
        }
    }

    /// <summary>
    /// Whether few enough segments are under way. Once a time-out has passed nothing new leaves before what is missing
    /// has arrived, so what is written meanwhile changes nothing (RFC 5681, section 3.1).
    /// </summary>
    private bool IsThin(Channel channel, int segments)
    {
        if (channel.UnderWay == 0)
            (channel.FlightBegan, channel.IsThin) = (Now, true);
        channel.UnderWay += segments;
        if (Now - channel.FlightBegan < ShortestTimeout)
            channel.IsThin &= channel.UnderWay < ThinSegments;
        return channel.IsThin;
    }

    /// <summary>Losses on the way: how much later the write arrives, and how many bytes are sent again.</summary>
    private TimeSpan Lose(
        Link link, int end, int segments, int wireBytes, bool isSyn, bool isThin, TimeSpan longest, out int repeated)
    {
        repeated = 0;
        double loss = link.LossFrom(end);
        double ackLoss = link.LossFrom(1 - end);
        if (loss == 0 && ackLoss == 0)
            return TimeSpan.Zero;
        TimeSpan roundTrip = 2 * link.Model.Delay;
        TimeSpan latest = TimeSpan.Zero;
        int segmentBytes = wireBytes / segments;
        TimeSpan shortest = isSyn ? FirstSynTimeout : ShortestTimeout;
        int linear = isSyn ? LinearSyns : ThinRepetitions;
        for (int i = 0; i < segments; i++)
        {
            TimeSpan late = TimeSpan.Zero;
            TimeSpan wait = segments - i > DuplicateAcks ? roundTrip : shortest;
            for (int tries = 0; !PassesLink(link, loss, ref late); tries++)
            {
                repeated += segmentBytes;
                late += wait;
                wait = tries == 0 || (isThin && ThinStreams && tries < linear) ? shortest : 2 * wait;
                wait = wait < LongestTimeout ? wait : LongestTimeout;
                if (late > longest)
                    return Never;
            }

            if (late > latest)
                latest = late;
        }

        // A lost acknowledgement of the last segment costs a needless repeat.
        if (!PassesLink(link, ackLoss, ref roundTrip))
            repeated += segmentBytes;
        return latest;
    }

    /// <summary>One packet on a link whose own layer repeats what gets lost.</summary>
    private bool PassesLink(Link link, double loss, ref TimeSpan late)
    {
        for (int i = 0; i <= link.Model.Repeats; i++)
        {
            if (Random.NextDouble() >= loss)
                return true;
            late += link.Model.Delay;
        }

        return false;
    }

    private void Count(Channel channel, in TrafficCounter content, int frameBytes, int wireBytes)
    {
        TrafficCounter bytes = default;
        foreach (TrafficClass kind in Enum.GetValues<TrafficClass>())
        {
            if (content[kind] != 0)
                bytes.Add(kind, content[kind] * wireBytes / frameBytes);
        }

        channel.Sent.Add(in bytes);
        Total.Add(in bytes);
    }

    private void CountOne(Channel channel, TrafficClass kind, long bytes)
    {
        channel.Sent.Add(kind, bytes);
        Total.Add(kind, bytes);
    }

    private void Arrive(Channel channel, int first, long connection)
    {
        Link link = _links[channel.Index / 2];
        int end = channel.Index % 2;
        Node sender = _nodes[link.NodeAt(end)];
        Node receiver = _nodes[link.NodeAt(1 - end)];
        bool senderHolds = link.Ends[end].Connection == connection;
        if (senderHolds)
            channel.UnderWay -= Math.Min(channel.UnderWay, SegmentsOf(first));
        if (!link.WireUp || !receiver.Running)
        {
            if (senderHolds)
                Stall(channel, connection, first);
            else
                Frames.ReleaseAll(first);
            return;
        }

        if (link.Ends[1 - end].Connection != connection)
        {
            // The receiver's TCP knows no such connection and answers with a reset.
            Frames.ReleaseAll(first);
            if (senderHolds)
                EndConnectionOf(link, end, connection, link.Model.Delay);
            return;
        }

        if (senderHolds)
            OweAck(_channels[channel.Index ^ 1], first);
        Routing.LinkId id = link.Ends[1 - end].Id;
        while (first != FramePool.None)
        {
            Trace.Add(Now, sender.Index, receiver.Index, Frames[first]);
            Observer?.Arriving(sender, receiver, Frames[first]);
            receiver.Program!.Receive(Now, id, Frames[first]);
            first = Frames.Release(first);
        }

        receiver.Settle();
    }

    /// <summary>
    /// The receiver's acknowledgement: one per two segments, the last one delayed so that data can take it along.
    /// </summary>
    private void OweAck(Channel back, int first)
    {
        TrafficClass kind = TrafficCounter.ClassOf(Frames[first]);
        SettleAck(back, piggyback: false);
        int segments = SegmentsOf(first) + (back.AckDue == Instant.Never ? 0 : 1);
        if (segments > 1)
            CountOne(back, kind, segments / 2 * StreamFraming.TcpIp);
        back.AckDue = segments % 2 == 1 ? Now + StreamFraming.DelayedAck : Instant.Never;
        back.AckFor = kind;
    }

    private int SegmentsOf(int first)
    {
        int bytes = 0;
        for (int frame = first; frame != FramePool.None; frame = Frames.Next(frame))
            bytes += Frames[frame].Length + StreamFraming.LengthPrefix;
        return StreamFraming.Segments(bytes);
    }

    private void SettleAck(Channel channel, bool piggyback)
    {
        if (channel.AckDue < Now)
        {
            CountOne(channel, channel.AckFor, StreamFraming.TcpIp);
            channel.AckDue = Instant.Never;
        }
        else if (piggyback)
        {
            channel.AckDue = Instant.Never;
        }
    }

    private void Writable(Channel channel, long connection)
    {
        Link link = _links[channel.Index / 2];
        LinkEndState end = link.Ends[channel.Index % 2];
        if (end.Connection != connection)
            return;
        Node node = Sender(channel);
        node.Program!.LinkWritable(Now, end.Id);
        node.Settle();
    }
}
