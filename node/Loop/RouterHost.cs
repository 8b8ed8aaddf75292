using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Loop;

/// <summary>
/// Stands between the router, which does no I/O, and everything that does. Events go in one by one; at the end of a
/// batch the opened messages, the router's acknowledgements and the transaction are settled, then all is flushed.
/// </summary>
internal sealed partial class RouterHost : ILoopOwner
{
    /// <summary>Envelopes read back from disk in one batch: the loop has other work.</summary>
    private const int MostLoadedPerBatch = 32;

    /// <summary>
    /// An outcome can lead to another write (a message to this node itself does); the rest waits for the next batch.
    /// </summary>
    private const int MostRounds = 3;

    /// <summary>How long what is due rests after a fault in it. Arbitrary.</summary>
    private static readonly TimeSpan RestAfterFault = TimeSpan.FromSeconds(1);

    private readonly StoreWriter _writer;
    private readonly ContainedReader _stored;
    private readonly Conversations _conversations;
    private readonly ILoopListener _listener;
    private readonly TimeProvider _time;
    private readonly Queue<EnvelopeId> _toLoad = [];
    private readonly HashSet<NodeAddress> _changedRoutes = [];
    private readonly Faults _faults;
    private readonly Action<ILink, Exception> _flushFailed;
    private Router _router = null!;
    private Instant _now;

    /// <summary>After a fault in what was due: not before this it is tried again.</summary>
    private Instant _pausedUntil;
    private bool _hasOutcomes;

    internal RouterHost(
        StoreWriter writer, StoreReader reader, Conversations conversations, ILoopListener listener, TimeProvider time, Faults faults)
    {
        _faults = faults;
        _flushFailed = FlushFailed;
        _writer = writer;
        _stored = new ContainedReader(reader);
        _conversations = conversations;
        _listener = listener;
        _time = time;
    }

    /// <summary>Where it tells.</summary>
    internal ILogger Log { get; init; } = NullLogger.Instance;

    /// <summary>The links that are up; for the loop only.</summary>
    internal LinkTable Links { get; } = new();

    /// <summary>Called once, before the loop starts.</summary>
    internal void Attach(Router router)
    {
        _router = router;
        _conversations.Attach(router, Instant.Now(_time));
    }

    /// <inheritdoc/>
    public Instant NextDue =>
        _toLoad.Count > 0
            ? _now
            : Instant.Min(
                Instant.Min(_router.NextDue < _pausedUntil ? _pausedUntil : _router.NextDue, _writer.NextDue), _conversations.NextDue);

    /// <inheritdoc/>
    public void LinkUp(Instant now, ILink link)
    {
        _now = now;
        LinkId id = _router.LinkUp(now, new LinkDescription(
            link.Peer, link.PeerPublicKey, link.Properties, link.PeerBootId, link.Outbound, link.SourceGroup, link.Chosen));
        if (id == LinkId.None)
        {
            link.Close(new LinkEnd(LinkEndCode.Self));
            return;
        }

        DateTimeOffset since = _time.GetUtcNow();
        Links.Add(id, link, since);
        Links.Touch(link);
        if (_listener.HasListeners)
            _listener.PeerUp(Describe(new LiveLink(id, link, since), null));
    }

    /// <inheritdoc/>
    public void LinkDown(Instant now, ILink link, LinkEnd reason)
    {
        _now = now;
        if (Links.Remove(link) is not { } gone)
            return;
        _router.LinkDown(now, gone.Id);
        if (_listener.HasListeners)
            _listener.PeerDown(Describe(gone, null), reason);
    }

    /// <inheritdoc/>
    public void Received(Instant now, ILink link, ReceivedFrames frames)
    {
        _now = now;
        using (frames)
        {
            while (frames.TryNext(out ReadOnlySpan<byte> frame))
            {
                // The router may have ended the link over the frame before.
                if (!Links.TryGetId(link, out LinkId id))
                    return;
                _router.Receive(now, id, frame);
            }
        }
    }

    /// <inheritdoc/>
    public void Writable(Instant now, ILink link)
    {
        _now = now;
        if (Links.TryGetId(link, out LinkId id))
            _router.LinkWritable(now, id);
    }

    /// <inheritdoc/>
    public void EndBatch(Instant now)
    {
        _now = now;
        Tick(now);
        LoadEnvelopes(now);
        for (int round = 0; round < MostRounds; round++)
        {
            Guard(FaultSeam.Message, "OpenArrived", now, static (host, at) => host._conversations.OpenArrived(at));
            Guard(FaultSeam.Message, "Pump", now, static (host, at) => host._conversations.Pump(at));
            Guard(FaultSeam.Batch, "EndOfBatch", now, static (host, at) => host._router.EndOfBatch(at));
            // What is forwarded need not wait for what is written.
            Links.Flush(_flushFailed);
            _hasOutcomes = false;
            Guard(FaultSeam.Store, "EndBatchOfWriter", now, static (host, at) => host._hasOutcomes = host._writer.EndBatch(at));
            if (!_hasOutcomes)
                break;
        }

        Guard(FaultSeam.Batch, "EndOfBatch", now, static (host, at) => host._router.EndOfBatch(at));
        Guard(FaultSeam.Event, "PublishRoutes", now, static (host, _) => host.PublishRoutes());
        Links.Flush(_flushFailed);
        Guard(FaultSeam.Event, "FlushSessions", now, static (host, _) => host._listener.Flush());
    }

    /// <inheritdoc/>
    public void Broken(ILink link) => link.Close(new LinkEnd(LinkEndCode.TransportFailed, Detail: "a fault of this program"));

    private void Tick(Instant now)
    {
        if (now < _router.NextDue || now < _pausedUntil)
            return;
        try
        {
            _faults.Probe?.Invoke("Tick");
            _router.Tick(now);
        }
        catch (Exception e)
        {
            // What is due stays due: without a rest the loop would do nothing else.
            _faults.Note(FaultSeam.Timer, e);
            _pausedUntil = now + RestAfterFault;
        }
    }

    /// <summary>Does one of the things that end a batch; a fault in it costs that one.</summary>
    private void Guard(FaultSeam seam, string place, Instant now, Action<RouterHost, Instant> what)
    {
        try
        {
            _faults.Probe?.Invoke(place);
            what(this, now);
        }
        catch (Exception e)
        {
            _faults.Note(seam, e);
        }
    }

    private void FlushFailed(ILink link, Exception fault)
    {
        _faults.Note(FaultSeam.Link, fault);
        Guard(FaultSeam.Link, "Broken", _now, (_, _) => Broken(link));
    }

    private void LoadEnvelopes(Instant now)
    {
        for (int loaded = 0; loaded < MostLoadedPerBatch && _toLoad.TryDequeue(out EnvelopeId id); loaded++)
        {
            try
            {
                _faults.Probe?.Invoke("EnvelopeLoaded");
                _router.EnvelopeLoaded(now, id, _stored.FindEnvelope(id));
            }
            catch (Exception e)
            {
                _faults.Note(FaultSeam.Load, e);
            }
        }
    }

    private void PublishRoutes()
    {
        if (_changedRoutes.Count == 0)
            return;
        NodeAddress[] changed = [.. _changedRoutes];
        _changedRoutes.Clear();
        foreach (NodeAddress destination in changed)
        {
            if (_router.FindRoute(destination) is { } route)
                _listener.RouteChanged(Describe(route));
        }
    }
}
