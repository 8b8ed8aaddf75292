using System.Collections.Concurrent;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Lite;
using QuicProChat.Mesh.Node.Loop;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Conversations;

/// <summary>
/// Messages between people, on top of the router's envelopes.
/// <code>
/// out:  seal (session's thread) -> store message + envelope -> Router.Send -> states as they are proven
/// in:   Router.Deliver -> open -> store message -> Router.DeliveryDone (receipt) -> event
/// </code>
/// </summary>
internal sealed partial class Conversations
{
    /// <summary>Up to so many envelopes of a batch are opened on the loop: less than its other work would take anyway.</summary>
    private const int MostOpenedInline = 16;

    /// <summary>Public keys kept for sealing; arbitrary.</summary>
    private const int MostKeys = 4096;

    private readonly NodeLoop _loop;
    private readonly StoreWriter _writer;
    private readonly ContainedReader _stored;
    private readonly Sealer _sealer;
    private readonly EventHub _events;
    private readonly MessageView _views;
    private readonly TimeProvider _time;
    private readonly ushort _hopLimit;
    private readonly ConcurrentDictionary<NodeAddress, byte[]> _keys = new();
    private readonly Dictionary<EnvelopeId, OutgoingMessage> _waiting = [];
    private readonly HashSet<ControlSession> _answered = [];
    private List<IncomingMessage> _arrived = [];
    private Router _router = null!;
    private bool _opening;

    internal Conversations(
        NodeLoop loop, StoreWriter writer, StoreReader reader, Sealer sealer, EventHub events, MessageView views, TimeProvider time,
        NodeAddress self, ushort hopLimit)
    {
        _views = views;
        _loop = loop;
        _writer = writer;
        _stored = new ContainedReader(reader);
        _sealer = sealer;
        _events = events;
        _time = time;
        Self = self;
        _hopLimit = hopLimit;
    }

    internal NodeAddress Self { get; }

    /// <summary>Messages in MLS-Lite groups.</summary>
    internal required LiteConversations Lite { get; init; }

    /// <summary>Envelopes for this node that did not open or held nothing that can be shown.</summary>
    internal long Rejected { get; private set; }

    /// <summary>Messages not kept: of nodes that were refused, and of strangers where one is larger than they may send.</summary>
    internal long NotKept { get; private set; }

    /// <summary>Who learns that a message arrived.</summary>
    internal ReceiptPolicy Receipts { get; init; }

    /// <summary>Messages stored, both directions.</summary>
    internal long Accepted { get; private set; }

    /// <summary>Envelopes wait to be opened, and nobody is at it.</summary>
    internal bool HasArrived => (_arrived.Count > 0 && !_opening) || Lite.HasWork;

    /// <summary>Called once, before the loop starts.</summary>
    internal void Attach(Router router)
    {
        _router = router;
        Lite.Attach(router, Instant.Now(_time));
    }

    /// <summary>After everything else in a batch: answers are sent.</summary>
    internal void Flush()
    {
        foreach (ControlSession session in _answered)
            session.Flush();
        _answered.Clear();
        Lite.Flush();
        _events.Flush();
    }

    /// <summary>What is proven about a message of ours has changed.</summary>
    internal void StateChanged(Instant now, in EnvelopeId id, MessageState state, StateReason reason, int hops)
    {
        if (Lite.StateChanged(now, id, state, reason, hops))
            return;
        var change = new StateChange(state, reason, hops, _time.GetUtcNow());
        _writer.Later(now).State(id, change);
        if (_waiting.TryGetValue(id, out OutgoingMessage? waiting) && MessageProgress.Answers(state, waiting.Wait))
        {
            _waiting.Remove(id);
            Answer(waiting, state, reason);
        }

        if (_events.HasListeners && _stored.FindMessage(id) is { } stored)
            _events.Publish(new EventInfo("state", change.At) { Message = _views.Of(stored with { State = state, Reason = (byte)reason, Hops = hops, UpdatedAt = change.At }, null) });
    }

    private void Answer(OutgoingMessage message, MessageState state, StateReason reason) =>
        Reply(message, ControlReply.Done(
            message.Tag, new SendInfo(message.Id.ToString(), Words.Of(state)) { Reason = Words.Of(reason) }, ControlJson.Default.SendInfo));

    private void Refuse(OutgoingMessage message, string why) =>
        Reply(message, ControlReply.Failed(message.Tag, ControlErrorCode.Refused, why));

    private void Reply(OutgoingMessage message, ReadOnlyMemory<byte> line)
    {
        message.Session.Reply(line.Span);
        _answered.Add(message.Session);
    }
}
