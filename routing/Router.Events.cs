using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <content>What happens to the router.</content>
public sealed partial class Router
{
    /// <summary>Violations (frames that do not parse) after which a neighbour is disconnected; arbitrary.</summary>
    private const int ViolationsAllowed = 8;

    // A link may stand for months; what it did long ago is forgiven.
    private static readonly TimeSpan ViolationsForgiven = TimeSpan.FromHours(1);

    private readonly List<LinkSlot> _links = [];
    private readonly List<(LinkId Id, LinkDescription Description)> _rising = [];

    /// <summary>An announce that was verified before a restart.</summary>
    public void RestoreAnnounce(Announce announce) => _routes.RestoreAnnounce(announce);

    /// <summary>An id that <see cref="IRouterActions.PersistSeen"/> was given before a restart, oldest first.</summary>
    public void RestoreSeen(in EnvelopeId id) => _custody.RestoreSeen(id);

    /// <summary>
    /// An envelope that was on disk at a restart. Its bytes stay there until they are asked for by
    /// <see cref="IRouterActions.LoadEnvelope"/>. False: there is no room for it in the quotas of today, or it is known
    /// already.
    /// </summary>
    /// <param name="id">Its id.</param>
    /// <param name="held">What was kept beside it.</param>
    /// <param name="header">Its header as stored.</param>
    /// <param name="size">Header and payload in bytes.</param>
    public bool RestoreEnvelope(in EnvelopeId id, in HeldEnvelope held, in EnvelopeHeader header, int size) =>
        _custody.RestoreEnvelope(id, held, header, size);

    /// <summary>
    /// A link is up; what there is to say to the neighbour goes out with <see cref="EndOfBatch"/>, or the next event.
    /// <see cref="LinkId.None"/>: the peer is this node itself; the link must be closed.
    /// </summary>
    public LinkId LinkUp(Instant now, in LinkDescription link)
    {
        if (link.Peer == _self)
            return LinkId.None;
        int index = 0;
        while (index < _links.Count && _links[index].Up)
            index++;
        if (index == _links.Count)
            _links.Add(default);

        _links[index] = new LinkSlot { Up = true, IsAsked = !link.Properties.PushRoutes };
        var id = new LinkId(index);
        _rising.Add((id, link));
        return id;
    }

    // The caller learns the number of a new link only when LinkUp returns, so nothing is sent on it before the next
    // event.
    private void Rise(Instant now)
    {
        while (_rising.Count > 0)
        {
            (LinkId id, LinkDescription description) = _rising[0];
            // Once only: a link over which a fault comes must not come up again and again with what happens to others.
            _rising.RemoveAt(0);
            try
            {
                _custody.LinkUp(now, id, description);
                _routes.LinkUp(now, id, description);
            }
            catch
            {
                _actions.CloseLink(id, new LinkEnd(LinkEndCode.TransportFailed, Detail: "a fault of this program"));
                throw;
            }
        }

        _custody.Settle(now);
    }

    /// <summary>A link is gone. Whatever the neighbour had not taken goes to other next hops at once.</summary>
    public void LinkDown(Instant now, LinkId link)
    {
        if (_rising.Count > 0)
            Rise(now);
        if (!IsUp(link))
            return;
        _links[link.Value] = default;
        try
        {
            _routes.LinkDown(now, link);
        }
        finally
        {
            _custody.LinkDown(now, link);
            _custody.Settle(now);
        }
    }

    /// <summary>A link that had no room has some again.</summary>
    public void LinkWritable(Instant now, LinkId link)
    {
        if (_rising.Count > 0)
            Rise(now);
        if (!IsUp(link))
            return;
        _routes.LinkWritable(now, link);
        _custody.LinkWritable(now, link);
    }

    /// <summary>One frame (kind and body) from a neighbour; anything may be in it.</summary>
    public void Receive(Instant now, LinkId link, ReadOnlySpan<byte> frame)
    {
        if (_rising.Count > 0)
            Rise(now);
        if (!IsUp(link))
            return;
        if (frame.IsEmpty)
        {
            _counters.Add(RouterCounter.FrameEmpty);
            Violated(now, link, frame);
            return;
        }

        ReadOnlySpan<byte> body = frame[1..];
        switch ((FrameKind)frame[0])
        {
            case FrameKind.Envelope:
                _routes.Heard(now, link);
                if (!_custody.ReceiveEnvelope(now, link, frame))
                    Violated(now, link, frame);
                break;
            case FrameKind.Bundle:
                _routes.Heard(now, link);
                if (!_custody.ReceiveBundle(now, link, frame))
                    Violated(now, link, frame);
                break;
            case FrameKind.ReceiptBundle:
                _routes.Heard(now, link);
                if (!_custody.ReceiveReceiptBundle(now, link, frame))
                    Violated(now, link, frame);
                break;
            case FrameKind.CustodyAck:
                _routes.Heard(now, link);
                if (!_custody.ReceiveAck(now, link, body))
                    Violated(now, link, frame);
                break;
            case FrameKind.Bulk:
                _routes.Heard(now, link);
                if (!_bulk.Receive(now, link, body))
                    Violated(now, link, frame);
                break;
            case FrameKind.Ping or FrameKind.Pong or FrameKind.Announce or FrameKind.RouteUpdate
                or FrameKind.PathRequest
                or FrameKind.AnnounceRequest or FrameKind.ControlAck:
                if (!_routes.Receive(now, link, (FrameKind)frame[0], body))
                    Violated(now, link, frame);
                _custody.Settle(now);
                break;
            case FrameKind.Hello or FrameKind.Bye:
                _counters.Add(RouterCounter.FrameUnexpected);
                break;
            default:
                _counters.Add(RouterCounter.FrameUnknownKind);
                break;
        }
    }

    /// <summary>Does everything that is due; call it at <see cref="NextDue"/>.</summary>
    public void Tick(Instant now)
    {
        if (_rising.Count > 0)
            Rise(now);
        _routes.Tick(now);
        _custody.Tick(now);
    }

    /// <summary>After a batch of events of any sort: sends what was collected meanwhile.</summary>
    public void EndOfBatch(Instant now)
    {
        if (_rising.Count > 0)
            Rise(now);
        _routes.EndOfBatch(now);
        _custody.EndOfBatch(now);
    }

    /// <summary>Takes an envelope that starts here; see <see cref="OutgoingEnvelope"/>.</summary>
    public SendResult Send(Instant now, in OutgoingEnvelope envelope)
    {
        if (_rising.Count > 0)
            Rise(now);
        return _custody.Originate(now, envelope);
    }

    /// <summary>
    /// Sends a bulk frame that starts here; nobody answers for it (docs/reference/files.md, section 5).
    /// </summary>
    /// <param name="now">When.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="overRadio">It may cross radios.</param>
    /// <param name="payload">At most <see cref="BulkFrame.MaxPayload"/> bytes.</param>
    public BulkResult SendBulk(Instant now, in NodeAddress destination, bool overRadio, ReadOnlySpan<byte> payload)
    {
        if (_rising.Count > 0)
            Rise(now);
        return _bulk.Originate(now, destination, overRadio, payload);
    }

    /// <summary>What is known of the way to a node, for what is large (docs/reference/files.md, section 6).</summary>
    public BulkWay WayOf(Instant now, in NodeAddress destination) => _bulk.WayOf(now, destination);

    /// <summary>Gives up an envelope that started here; false if it is not carried any more.</summary>
    public bool Cancel(Instant now, in EnvelopeId id) => _custody.Cancel(now, id);

    /// <summary>What <see cref="IRouterActions.PersistEnvelope"/> asked for is on disk.</summary>
    public void Persisted(Instant now, long token) => _custody.Persisted(now, token);

    /// <summary>What <see cref="IRouterActions.PersistEnvelope"/> asked for could not be written.</summary>
    public void PersistFailed(Instant now, long token) => _custody.PersistFailed(now, token);

    /// <summary>
    /// The answer to <see cref="IRouterActions.LoadEnvelope"/>: header and payload; empty if they are gone.
    /// </summary>
    public void EnvelopeLoaded(Instant now, in EnvelopeId id, ReadOnlySpan<byte> envelope) =>
        _custody.EnvelopeLoaded(now, id, envelope);

    /// <summary>The answer to <see cref="IRouterActions.Deliver"/>.</summary>
    /// <param name="now">When.</param>
    /// <param name="token">As in the question.</param>
    /// <param name="outcome">What became of it.</param>
    /// <param name="sender">Who sent it: where a receipt goes to.</param>
    /// <param name="receiptProof">24 bytes (docs/reference/protocol.md, section 4.2); empty for no receipt.</param>
    public void DeliveryDone(
        Instant now, long token, DeliveryOutcome outcome, in NodeAddress sender, ReadOnlySpan<byte> receiptProof) =>
        _custody.DeliveryDone(now, token, outcome, sender, receiptProof);

    /// <summary>
    /// Somebody wants to write to a node that may not be known here: where routes are asked for, its route and with it
    /// its announce are asked for, repeatedly within the next two minutes. Cheap to call again. False: no neighbour is
    /// one that has to be asked, so who is not known is not there.
    /// </summary>
    public bool Seek(Instant now, in NodeAddress destination)
    {
        if (!_links.Exists(static l => l.Up && l.IsAsked))
            return false;
        _routes.Want(now, destination);
        return true;
    }

    /// <summary>Announces this node anew, because what <see cref="LocalNode"/> says has changed.</summary>
    public void Reannounce(Instant now) => _routes.Reannounce(now);

    /// <summary>
    /// A frame that belongs to somebody beside the router does not parse: it counts like one of the router's own.
    /// </summary>
    public void CountMalformed(Instant now, LinkId link, ReadOnlySpan<byte> frame)
    {
        if (IsUp(link))
            Violated(now, link, frame);
    }

    private bool IsUp(LinkId link) => (uint)link.Value < (uint)_links.Count && _links[link.Value].Up;

    private void Violated(Instant now, LinkId link, ReadOnlySpan<byte> frame)
    {
        _actions.Malformed(link, frame);
        LinkSlot slot = _links[link.Value];
        slot.Violations = slot.Violations > 0 && now - slot.LastViolation < ViolationsForgiven
            ? slot.Violations + 1 : 1;
        slot.LastViolation = now;
        _links[link.Value] = slot;
        if (slot.Violations == ViolationsAllowed)
            _actions.CloseLink(
                link, new LinkEnd(LinkEndCode.ProtocolViolation, Detail: "too many of its frames do not parse"));
    }

    private struct LinkSlot
    {
        public bool Up;

        /// <summary>Routes are not pushed over it.</summary>
        public bool IsAsked;

        public int Violations;
        public Instant LastViolation;
    }
}
