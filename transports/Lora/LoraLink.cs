using System.Buffers.Binary;
using System.Threading.Channels;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Lora.Adaptation;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora;

/// <summary>
/// A radio neighbour as a link. The router's loop puts frames into the staging queue, the radio's thread takes them
/// from there; the radio's thread puts frames into a channel, this link's loop hands them to the node.
/// </summary>
internal sealed class LoraLink : ILink, IPendingLink
{
    /// <summary>Arbitrary: minutes of what a radio can receive.</summary>
    private const int MaxWaiting = 256;

    /// <summary>Arbitrary: four of the largest frames, of which a radio brings one in seconds at best.</summary>
    private const int MaxWaitingBytes = 64 << 10;

    private static readonly TimeSpan LongestPong = TimeSpan.FromSeconds(30);

    private readonly LoraHub _hub;
    private readonly Lock _lock = new();
    private readonly RadioQueue _staging;
    private readonly RadioReceiveMemory _memory = new(MaxWaitingBytes);
    private readonly Channel<ReceivedFrames> _received = Channel.CreateBounded<ReceivedFrames>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    private LinkEnd? _end;
    private ILinkEvents? _events;
    private int _started;
    private long _bytesReceived;
    private long _bytesSent;
    private long _dropped;

    internal LoraLink(LoraHub hub, RadioNeighbour neighbour, LinkProperties properties, string uri)
    {
        _hub = hub;
        _staging = new RadioQueue(hub.Staged);
        Neighbour = neighbour;
        Properties = properties;
        Uri = uri;
        PeerBootId = neighbour.BootId;
    }

    public NodeAddress Peer => Neighbour.Address;

    public ReadOnlyMemory<byte> PeerPublicKey => Neighbour.PublicKey;

    /// <summary>Not sent over the air; the neighbour's announce tells it.</summary>
    public string PeerName => "";

    public ulong PeerBootId { get; }

    public string Transport => "lora";

    public string Uri { get; }

    public bool Outbound => false;

    public ulong SourceGroup => LinkSource.OfMedium(Properties.Medium).Group;

    public bool Chosen { get; private set; }

    public LinkProperties Properties { get; }

    public (long Received, long Sent) Traffic => (Volatile.Read(ref _bytesReceived), Volatile.Read(ref _bytesSent));

    ILink IPendingLink.Link => this;

    public void Choose(bool isChosen) => Chosen = isChosen;

    internal RadioNeighbour Neighbour { get; }

    /// <summary>Frames of the router that have not reached the radio's own queue.</summary>
    internal int Waiting
    {
        get
        {
            lock (_lock)
                return _staging.Count;
        }
    }

    /// <summary>Frames that arrived while the node was behind, and were dropped.</summary>
    internal long Dropped => Volatile.Read(ref _dropped);

    public bool TrySend(FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        if (frame.Length == 0 || frame.Length > Properties.Mtu)
            throw new ArgumentException($"A frame here has 1 to {Properties.Mtu} bytes, not {frame.Length}.",
                nameof(frame));
        if (frame[0] == (byte)FrameKind.Ping && Ping.TryRead(frame[1..], out Ping ping))
        {
            _ = AnswerAsync(ping.Number);
            return true;
        }
        if (frame[0] == (byte)FrameKind.Pong)
            return true;
        // The ledger knows no class below that of messages: on a radio both wait in one queue.
        if (frameClass == FrameClass.Bulk)
            frameClass = FrameClass.Low;
        lock (_lock)
            return _end is null && _staging.TryAdd(frameClass, frame, _hub.Time.GetElapsedTime(0));
    }

    public bool TryBroadcast(FrameClass frameClass, ReadOnlySpan<byte> frame) => _hub.TryBroadcast(frameClass, frame);

    public void Flush() => _hub.Wake();

    public void Start(ILinkEvents events)
    {
        if (Interlocked.Exchange(ref _started, 1) != 0)
            throw new InvalidOperationException("The link was started or closed before.");
        _events = events;
        _ = Task.Run(() => RunAsync(events));
    }

    public void Close(LinkEnd reason)
    {
        _ = Interlocked.Exchange(ref _started, 1);
        End(reason);
        _hub.Closed(this, reason);
    }

    /// <summary>The neighbour is gone, or the radio is. Any thread.</summary>
    internal void End(LinkEnd reason)
    {
        lock (_lock)
        {
            if (_end is not null)
                return;
            _end = reason;
            _staging.Clear();
        }
        _received.Writer.TryComplete();
    }

    /// <summary>Moves what waits into the radio's own queue. The radio's thread.</summary>
    internal void Drain(RadioMedium medium)
    {
        bool roomAgain = false;
        lock (_lock)
        {
            for (FrameClass c = FrameClass.Emergency; c <= FrameClass.Low; c++)
            {
                while (_staging.Peek(c) is { } waiting && medium.TrySend(Neighbour, c, waiting.Frame, waiting.Since))
                    roomAgain |= _staging.Dequeue(c);
            }
        }
        (long received, long sent) = Neighbour.Traffic;
        Volatile.Write(ref _bytesReceived, received);
        Volatile.Write(ref _bytesSent, sent);
        if (roomAgain)
            _events?.Writable(this);
    }

    /// <summary>Others had taken the room that this link wanted, and there is some again. The radio's thread.</summary>
    internal void TellRoom() => _events?.Writable(this);

    /// <summary>A frame came. The radio's thread; what the node is too slow for is dropped, as on the air.</summary>
    internal void Deliver(ReadOnlySpan<byte> frame)
    {
        int size = sizeof(ushort) + frame.Length;
        if (_memory.TryTake(size) is not { } buffer)
        {
            Interlocked.Increment(ref _dropped);
            return;
        }
        BinaryPrimitives.WriteUInt16BigEndian(buffer, (ushort)frame.Length);
        frame.CopyTo(buffer.AsSpan(sizeof(ushort)));
        ReceivedFrames frames = new(buffer, size, _memory);
        if (_received.Writer.TryWrite(frames))
            return;
        Interlocked.Increment(ref _dropped);
        frames.Dispose();
    }

    // Pings would cost airtime for what this layer knows anyway: whether the neighbour answers, and how long its
    // answers take. So the answer comes from here, after that time; a neighbour that is down has no link to ping.
    private async Task AnswerAsync(ushort number)
    {
        TimeSpan roundTrip = Neighbour.RoundTrip < LongestPong ? Neighbour.RoundTrip : LongestPong;
        await Task.Delay(roundTrip, _hub.Time).ConfigureAwait(false);
        byte[] pong = new byte[1 + Pong.Size];
        pong[0] = (byte)FrameKind.Pong;
        new Pong(number).Write(pong.AsSpan(1));
        Deliver(pong);
    }

    private async Task RunAsync(ILinkEvents events)
    {
        try
        {
            await events.UpAsync(this).ConfigureAwait(false);
            await foreach (ReceivedFrames frames in _received.Reader.ReadAllAsync().ConfigureAwait(false))
                await events.ReceivedAsync(this, frames).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Not the peer's doing: whoever receives the events failed, and says so itself. The link must not stay
            // half alive.
            End(new LinkEnd(LinkEndCode.Closed, Detail: "a fault of this node"));
        }
        LinkEnd end;
        lock (_lock)
            end = _end!;
        await events.DownAsync(this, end).ConfigureAwait(false);
    }
}
