using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// A link over an ordered byte stream. This file: what it is and how it lives and ends; the loops are beside it.
/// <code>
///   made -> Start -> Up -> frames both ways -> End(reason): Bye, linger, dispose -> Down
///      \--- Close before Start: Bye, linger, dispose; no event
/// </code>
/// The first reason to end wins.
/// </summary>
internal sealed partial class StreamLink : ILink, IPendingLink, ILinkOrigin
{
    private readonly LinkConnection _connection;
    private readonly Stream _stream;
    private readonly LinkSettings _settings;
    private readonly TimeProvider _time;
    private readonly LocalEnd _node;
    private readonly SendQueues _queues;
    private readonly VerifiedPeer _peer;
    private readonly PeerHello _hello;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _readingEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();

    private LinkEnd? _end;
    private Task _closing = Task.CompletedTask;
    private ILinkEvents? _events;
    private bool _wasUsed;
    private int _started;

    internal StreamLink(
        LinkConnection connection, LocalEnd node, Attempt attempt, PeerHello hello, string transport, ILogger logger)
    {
        _connection = connection;
        _stream = connection.Stream;
        _node = node;
        _settings = node.Settings;
        _time = node.Time;
        _peer = attempt.Tls.Peer!;
        _hello = hello;
        _logger = logger;
        _writeWatch = new WriteWatch(_settings.WriteTimeout, _time, End);
        Transport = transport;
        Uri = attempt.Uri;
        Source = attempt.Source;
        Outbound = attempt.DialNumber != 0;
        Chosen = Outbound;
        DialNumber = Outbound ? attempt.DialNumber : hello.DialNumber;
        Properties = LinkProperties.Stream with
        {
            Mtu = hello.MaxFrame,
            Bundles = (hello.Capabilities & Capabilities.Bundles) != 0,
        };
        _queues = new SendQueues(() => node.Memory.Sending.Open(Source, Chosen, RoomAgain));
    }

    public NodeAddress Peer => _peer.Address;

    public ReadOnlyMemory<byte> PeerPublicKey => _peer.PublicKey;

    public string PeerName => _hello.Name;

    public ulong PeerBootId => _hello.BootId;

    public string Transport { get; }

    public string Uri { get; }

    public bool Outbound { get; }

    /// <summary>Where the link comes from, or leads.</summary>
    public LinkSource Source { get; }

    public ulong SourceGroup => Source.Group;

    public bool Chosen { get; private set; }

    public bool WasUsed => Volatile.Read(ref _wasUsed);

    /// <summary>The dial number that the dialer gave this link, whichever side we are.</summary>
    public uint DialNumber { get; }

    public LinkProperties Properties { get; }

    public (long Received, long Sent) Traffic => (Volatile.Read(ref _received), Volatile.Read(ref _sent));

    public uint? Repeats => _connection.Repeats;

    ILink IPendingLink.Link => this;

    public void Choose(bool isChosen) => Chosen = isChosen;

    public void MarkUsed() => Volatile.Write(ref _wasUsed, true);

    public bool TrySend(FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        if (frame.Length == 0 || frame.Length > Properties.Mtu)
            throw new ArgumentException($"A frame here has 1 to {Properties.Mtu} bytes, not {frame.Length}.",
                nameof(frame));
        return _queues.TryAdd(frameClass, frame);
    }

    public bool TryBroadcast(FrameClass frameClass, ReadOnlySpan<byte> frame) => TrySend(frameClass, frame);

    public void Start(ILinkEvents events)
    {
        if (Interlocked.Exchange(ref _started, 1) != 0)
            throw new InvalidOperationException("The link was started or closed before.");
        _events = events;
        _ = Task.Run(() => RunAsync(events));
    }

    public void Close(LinkEnd reason)
    {
        if (Interlocked.Exchange(ref _started, 1) == 0)
        {
            _end = reason;
            _ = _connection.RefuseAsync(reason.Code, _settings.LingerTimeout, _time).AsTask();
            _queues.Dispose();
            return;
        }

        End(reason);
    }

    private async Task RunAsync(ILinkEvents events)
    {
        try
        {
            await events.UpAsync(this);
            End(await ReceiveAsync(events));
        }
        catch (Exception e)
        {
            // Not the peer's doing: whoever receives the events failed. The link must not stay half alive.
            Log.LinkEventsFailed(_logger, e, Peer);
            End(new LinkEnd(LinkEndCode.Closed, Detail: "a fault of this node"));
        }

        _readingEnded.TrySetResult();
        await Volatile.Read(ref _closing);
        _writeWatch.Dispose();
        _queues.Dispose();
        _connection.Ended(_end!);
        await events.DownAsync(this, _end!);
    }

    private void End(LinkEnd reason)
    {
        if (Interlocked.CompareExchange(ref _end, reason, null) is not null)
            return;
        Volatile.Write(ref _closing, EndAsync(reason));
        // A stranger who broke the protocol comes back when it is over; this node's own dials have waits of their own.
        if (reason is { Code: LinkEndCode.ProtocolViolation, ByPeer: false } && !Outbound)
            _node.Penalties.Note(Peer, Source);
        if (reason is { Code: LinkEndCode.Clone, ByPeer: true } && Chosen)
            _node.WarnOfOwnKey($"{Peer} says that two nodes run with this node's key");
    }

    private void RoomAgain()
    {
        if (_queues.TakeRefused())
            _events?.Writable(this);
    }

    private async Task EndAsync(LinkEnd reason)
    {
        // Off the caller's stack: the caller may be the router's loop, or the very loop that is awaited below.
        await Task.Yield();
        using CancellationTokenSource patience = new(_settings.LingerTimeout, _time);
        if (!reason.ByPeer && reason.Code != LinkEndCode.TransportFailed)
        {
            try
            {
                _queues.Close([(byte)FrameKind.Bye, (byte)reason.Code]);
                Flush();
                await _drained.Task.WaitAsync(patience.Token);
                await _connection.CompleteWritesAsync().AsTask().WaitAsync(patience.Token);
                await _readingEnded.Task.WaitAsync(patience.Token);
                await _connection.DiscardAsync(patience.Token);
            }
            catch (Exception e) when (LinkConnection.IsLinkFault(e))
            {
                // The peer does not listen any more, or not fast enough: it was told as well as could be.
            }
        }

        await _stop.CancelAsync();
        await _connection.DisposeAsync();
    }
}

/// <summary>How a link came about, for choosing between two links to one peer.</summary>
internal interface ILinkOrigin
{
    /// <summary>Counts the dials of the process that dialled.</summary>
    uint DialNumber { get; }

    /// <summary>Where the link comes from, or leads.</summary>
    LinkSource Source { get; }
}
