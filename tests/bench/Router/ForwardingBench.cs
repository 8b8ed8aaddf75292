using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Bench;

/// <summary>
/// A relay between two real routers, which have exchanged their routes before the clock starts. Envelopes and the
/// answers to them are made beforehand: only the relay's work is measured.
/// </summary>
internal sealed class ForwardingBench
{
    // More than the seen set holds, so that each is new when its turn comes again.
    private const int Distinct = 150_000;
    private const int EnvelopeSize = 256;
    private const int Batch = 16;

    private readonly byte[] _frames = new byte[Distinct * (1 + EnvelopeSize)];
    private readonly byte[] _answers = new byte[Distinct / Batch * AnswerFrameSize];
    private readonly Node _relay;
    private readonly LinkId _upstream;
    private readonly LinkId _downstream;
    private Instant _now = new(TimeSpan.TicksPerHour);
    private int _next;

    private const int AnswerFrameSize = 1 + 2 + Batch * sizeof(ulong);

    public ForwardingBench()
    {
        var source = new Node(1, _now);
        _relay = new Node(2, _now);
        var target = new Node(3, _now);
        _upstream = Join(source, _relay);
        _ = Join(_relay, target, out _downstream);
        Exchange(source, _relay, target);
        _relay.Quiet = true;
        Prepare(target.Local.Address);
    }

    public void Run(int envelopes)
    {
        Router router = _relay.Router;
        for (int done = 0; done < envelopes; done += Batch)
        {
            _now += TimeSpan.FromMicroseconds(20);
            int first = _next;
            for (int i = 0; i < Batch; i++)
                router.Receive(_now, _upstream, Frame(_next++));
            router.EndOfBatch(_now);
            router.Receive(_now, _downstream, _answers.AsSpan(first / Batch * AnswerFrameSize, AnswerFrameSize));
            router.EndOfBatch(_now);
            if (router.NextDue <= _now)
                router.Tick(_now);
            if (_next == Distinct)
                _next = 0;
        }
    }

    public void Check(int expected)
    {
        long forwarded = _relay.Router.Counters[RouterCounter.EnvelopesForwarded];
        if (forwarded != expected)
            throw new InvalidOperationException(
                $"{forwarded} of {expected} envelopes were forwarded: the figure means nothing.");
    }

    private ReadOnlySpan<byte> Frame(int number) => _frames.AsSpan(number * (1 + EnvelopeSize), 1 + EnvelopeSize);

    private void Prepare(in NodeAddress destination)
    {
        byte[] payload = new byte[EnvelopeSize - EnvelopeHeader.Size];
        var random = new Random(1);
        const byte hops = 40;
        for (int group = 0; group < Distinct / Batch; group++)
        {
            Span<byte> answer = _answers.AsSpan(group * AnswerFrameSize, AnswerFrameSize);
            answer[0] = (byte)FrameKind.CustodyAck;
            var writer = new CustodyAck.Writer(answer[1..]);
            for (int i = 0; i < Batch; i++)
            {
                random.NextBytes(payload);
                Span<byte> frame = _frames.AsSpan((group * Batch + i) * (1 + EnvelopeSize), 1 + EnvelopeSize);
                frame[0] = (byte)FrameKind.Envelope;
                Envelope.Write(frame[1..],
                    new EnvelopeHeader(EnvelopeKind.Sealed, Priority.Normal, true, 0, hops, 1_000, destination),
                    payload);
                _ = Envelope.TryRead(frame[1..], out Envelope envelope);
                // The relay sends it on with one hop less: docs/reference/protocol.md, section 4.3.
                writer.TryAdd(CustodyCode.Taken, envelope.ComputeId().Prefix & ~0xFFFFul | (1023u - (hops - 1)));
            }
        }
    }

    private LinkId Join(Node a, Node b) => Join(a, b, out _);

    /// <summary>Joins two nodes; returns the second's end of the link.</summary>
    private LinkId Join(Node a, Node b, out LinkId endOfA)
    {
        endOfA = a.Router.LinkUp(_now, Describe(b));
        LinkId endOfB = b.Router.LinkUp(_now, Describe(a));
        a.Peers[endOfA.Value] = (b, endOfB);
        b.Peers[endOfB.Value] = (a, endOfA);
        return endOfB;

        static LinkDescription Describe(Node peer) =>
            new(peer.Local.Address, peer.Local.PublicKey.ToArray(), LinkProperties.Stream with { Bundles = true }, 1,
                Outbound: true);
    }

    private void Exchange(params Node[] nodes)
    {
        Instant end = _now + TimeSpan.FromSeconds(30);
        for (; _now < end; _now += TimeSpan.FromMilliseconds(1))
        {
            foreach (Node node in nodes)
            {
                while (node.Inbox.TryDequeue(out var arrived))
                    node.Router.Receive(_now, arrived.Link, arrived.Frame);
                node.Router.Tick(_now);
                node.Router.EndOfBatch(_now);
            }
        }
    }
}
