using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Node.Files;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Transports.Lora.Airtime;
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

    /// <summary>Why a link ends over which a fault came.</summary>
    private static readonly LinkEnd _broken = new(LinkEndCode.TransportFailed, Detail: "a fault of this program");

    /// <summary>How long what is due rests after a fault in it. Arbitrary.</summary>
    private static readonly TimeSpan RestAfterFault = TimeSpan.FromSeconds(1);

    private readonly StoreWriter _writer;
    private readonly ContainedReader _stored;
    private readonly Conversations _conversations;
    private readonly ILoopListener _listener;
    private readonly TimeProvider _time;
    private readonly Queue<EnvelopeId> _toLoad = [];
    private readonly HashSet<NodeAddress> _changedRoutes = [];
    private readonly GossipHost _gossip;
    private readonly Faults _faults;
    private readonly ContainedActions _contained;
    private readonly Action<ILink, Exception> _flushFailed;
    private Router _router = null!;
    private Instant _now;

    /// <summary>After a fault in what was due: not before this it is tried again.</summary>
    private Instant _pausedUntil;
    private bool _hasOutcomes;

    internal RouterHost(
        StoreWriter writer, StoreReader reader, Conversations conversations, ILoopListener listener, TimeProvider time,
        ILedgerClock clock,
        Faults faults)
    {
        _faults = faults;
        _contained = new ContainedActions(this, faults);
        _flushFailed = FlushFailed;
        _writer = writer;
        _stored = new ContainedReader(reader);
        _conversations = conversations;
        _listener = listener;
        _time = time;
        _gossip = new GossipHost(_contained, writer, _stored, clock, faults);
    }

    /// <summary>Where it tells.</summary>
    internal ILogger Log { get; init; } = NullLogger.Instance;

    /// <summary>The links that are up; for the loop only.</summary>
    internal LinkTable Links { get; } = new();

    internal Router Router => _router;

    /// <summary>Files, beside messages; there before the loop starts.</summary>
    internal FileHost Files { get; set; } = null!;

    /// <summary>Gossip, beside the router.</summary>
    internal GossipHost Gossip => _gossip;

    /// <summary>Whoever waits for the state of a message is told that it is lost.</summary>
    internal void Forsake(in EnvelopeId id) => _conversations.Forsake(id);

    /// <summary>What the router gets: no fault of the host reaches it.</summary>
    internal IRouterActions Actions => _contained;

    /// <summary>Called once, before the loop starts.</summary>
    internal void Attach(Router router)
    {
        _router = router;
        _conversations.Attach(router, Instant.Now(_time));
    }

    /// <inheritdoc/>
    public Instant NextDue =>
        _toLoad.Count > 0 || _contained.HasAmends
            ? _now
            : Instant.Min(
                Instant.Min(AfterPause(Instant.Min(_router.NextDue, _gossip.NextDue)), _writer.NextDue),
                Instant.Min(_conversations.NextDue, AfterPause(Files.NextDue)));

    /// <inheritdoc/>
    public void LinkUp(Instant now, ILink link)
    {
        _now = now;
        var description = new LinkDescription(
            link.Peer, link.PeerPublicKey, link.Properties, link.PeerBootId, link.Outbound, link.SourceGroup,
            link.Chosen);
        LinkId id = _router.LinkUp(now, description);
        if (id == LinkId.None)
        {
            link.Close(new LinkEnd(LinkEndCode.Self));
            return;
        }

        DateTimeOffset since = _time.GetUtcNow();
        Links.Add(id, link, since);
        _gossip.At(now);
        _gossip.Protocol.LinkUp(now, id, description);
        Links.Touch(link);
        Tell(() => _listener.PeerUp(Describe(new LiveLink(id, link, since), null)));
    }

    /// <inheritdoc/>
    public void LinkDown(Instant now, ILink link, LinkEnd reason)
    {
        _now = now;
        if (Links.Remove(link) is { } gone)
            Drop(now, gone, reason);
    }

    /// <inheritdoc/>
    public void Received(Instant now, ILink link, ReceivedFrames frames)
    {
        _now = now;
        _gossip.At(now);
        while (frames.TryNext(out ReadOnlySpan<byte> frame))
        {
            // The router may have ended the link over the frame before.
            if (!Links.TryGetId(link, out LinkId id))
                return;
            if (frame.IsEmpty || !GossipProtocol.Handles((FrameKind)frame[0]))
                _router.Receive(now, id, frame);
            else if (!_gossip.Protocol.Receive(now, id, frame))
                _router.CountMalformed(now, id, frame);
        }
    }

    /// <inheritdoc/>
    public void Writable(Instant now, ILink link)
    {
        _now = now;
        if (!Links.TryGetId(link, out LinkId id))
            return;
        _router.LinkWritable(now, id);
        _gossip.Protocol.LinkWritable(now, id);
        Files.Transfers.Writable(now);
    }

    /// <inheritdoc/>
    public void EndBatch(Instant now)
    {
        _now = now;
        _gossip.At(now);
        Amend(now);
        Tick(now);
        LoadEnvelopes(now);
        Guard(FaultSeam.Timer, FaultPlace.Files, now, static (host, at) => host.TickFiles(at));
        for (int round = 0; round < MostRounds; round++)
        {
            Guard(FaultSeam.Message, FaultPlace.OpenArrived, now,
                static (host, at) => host._conversations.OpenArrived(at));
            Guard(FaultSeam.Message, FaultPlace.PumpConversations, now,
                static (host, at) => host._conversations.Pump(at));
            Guard(FaultSeam.Batch, FaultPlace.EndOfBatch, now, static (host, at) => host.EndOfBatch(at));
            // What is forwarded need not wait for what is written.
            Links.Flush(_faults, _flushFailed);
            _hasOutcomes = false;
            Guard(FaultSeam.Store, FaultPlace.EndBatchOfWriter, now,
                static (host, at) => host._hasOutcomes = host._writer.EndBatch(at));
            if (!_hasOutcomes)
                break;
        }

        Guard(FaultSeam.Batch, FaultPlace.EndOfBatch, now, static (host, at) => host.EndOfBatch(at));
        Amend(now);
        Guard(FaultSeam.Event, FaultPlace.PublishRoutes, now, static (host, _) => host.PublishRoutes());
        Links.Flush(_faults, _flushFailed);
        Guard(FaultSeam.Event, FaultPlace.FlushSessions, now, static (host, _) => host._listener.Flush());
    }

    /// <inheritdoc/>
    public void Broken(Instant now, ILink link)
    {
        _now = now;
        LiveLink? gone = Links.Remove(link);
        _faults.Contain(FaultSeam.Link, FaultPlace.CloseBroken, () => link.Close(_broken));
        if (gone is not null)
            DropBroken(now, gone);
    }

    private void DropBroken(Instant now, LiveLink gone)
    {
        try
        {
            _faults.At(FaultPlace.DropBroken);
            Drop(now, gone, _broken);
        }
        catch (Exception e)
        {
            // A neighbour that the router takes for living would swallow what it sends there.
            _faults.Note(FaultSeam.Link, e);
            _contained.Add((to, at) => to.Drop(at, gone, _broken));
        }
    }

    /// <summary>A link that is in the table no more.</summary>
    private void Drop(Instant now, LiveLink gone, LinkEnd reason)
    {
        try
        {
            _router.LinkDown(now, gone.Id);
        }
        finally
        {
            _gossip.At(now);
            _gossip.Protocol.LinkDown(now, gone.Id);
        }

        Tell(() => _listener.PeerDown(Describe(gone, null), reason));
    }

    /// <summary>Tells whoever listens; a fault in it costs them the event, and nobody the link.</summary>
    private void Tell(Action tell)
    {
        if (!_listener.HasListeners)
            return;
        try
        {
            tell();
        }
        catch (Exception e)
        {
            _faults.Note(FaultSeam.Event, e);
        }
    }

    /// <summary>Tells the router what it waits for in vain since a fault.</summary>
    private void Amend(Instant now)
    {
        while (_contained.TryNext(out Action<RouterHost, Instant>? amend))
            Guard(FaultSeam.Batch, FaultPlace.Amend, now, amend);
    }

    private void Tick(Instant now)
    {
        if (now < _pausedUntil || now < Instant.Min(_router.NextDue, _gossip.NextDue))
            return;
        try
        {
            _faults.At(FaultPlace.Tick);
            _router.Tick(now);
            _gossip.LoadRecords(now);
            _gossip.Protocol.Tick(now);
        }
        catch (Exception e)
        {
            // What is due stays due: without a rest the loop would do nothing else.
            _faults.Note(FaultSeam.Timer, e);
            _pausedUntil = now + RestAfterFault;
        }
    }

    private void TickFiles(Instant now)
    {
        if (now < _pausedUntil || now < Files.NextDue)
            return;
        try
        {
            Files.Tick(now);
        }
        catch
        {
            // What is due stays due, as above.
            _pausedUntil = now + RestAfterFault;
            throw;
        }
    }

    /// <summary>Does one of the things that end a batch; a fault in it costs that one.</summary>
    private void Guard(FaultSeam seam, FaultPlace place, Instant now, Action<RouterHost, Instant> what)
    {
        try
        {
            _faults.At(place);
            what(this, now);
        }
        catch (Exception e)
        {
            _faults.Note(seam, e);
        }
    }

    private void EndOfBatch(Instant now)
    {
        _router.EndOfBatch(now);
        _gossip.Protocol.EndOfBatch(now);
    }

    private Instant AfterPause(Instant due) => due < _pausedUntil ? _pausedUntil : due;

    private void FlushFailed(ILink link, Exception fault)
    {
        _faults.Note(FaultSeam.Link, fault);
        Broken(_now, link);
    }

    private void LoadEnvelopes(Instant now)
    {
        for (int loaded = 0; loaded < MostLoadedPerBatch && _toLoad.TryDequeue(out EnvelopeId id); loaded++)
        {
            try
            {
                _faults.At(FaultPlace.EnvelopeLoaded);
                _router.EnvelopeLoaded(now, id, _stored.FindEnvelope(id));
            }
            catch (Exception e)
            {
                _faults.Note(FaultSeam.Load, e);
                _contained.GiveUp(id);
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
