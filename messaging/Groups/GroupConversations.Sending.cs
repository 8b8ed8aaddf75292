using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Messaging.Groups.Ways;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>Texts that go out.</content>
public sealed partial class GroupConversations
{
    /// <summary>Longest content in bytes (docs/reference/content.md, section 1).</summary>
    public const int MaxTextBytes = MessageContent.MaxSize;

    /// <summary>Envelopes under way after which those are forgotten whose texts are not. Arbitrary.</summary>
    private const int MaxCopies = 1 << 16;

    /// <summary>
    /// How long proofs wait for each other, and how many are noted at once: no text waits for that. If the process is
    /// killed before, a text may be sealed again that is there already, and is told by its name.
    /// </summary>
    internal static readonly TimeSpan ProofPatience = TimeSpan.FromMilliseconds(200);
    private const int ProofsTogether = 64;

    /// <summary>How long a text that is sealed again is tried.</summary>
    private static readonly TimeSpan AgainLifetime = TimeSpan.FromDays(3);

    /// <inheritdoc/>
    public ValueTask<Outgoing?> PrepareAsync(SendRequest request, ICaller caller)
    {
        ArgumentNullException.ThrowIfNull(request);
        MessageContent content = Find(request.To) is { } group
            ? _context.Contents.ToSend(group, request.Content) : request.Content;
        return content.Size > MaxTextBytes
            ? throw Usage($"a message to a group may have {MaxTextBytes} bytes")
            : ValueTask.FromResult<Outgoing?>(new Outgoing(request, caller));
    }

    /// <inheritdoc/>
    public Task<Outgoing> PrepareLaterAsync(SendRequest request, ICaller caller) =>
        throw new InvalidOperationException("A group's members and keys are known: there is nothing to wait for.");

    /// <inheritdoc/>
    public void Send(Instant now, Outgoing outgoing, MessageTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(outgoing);
        _now = now;
        if (outgoing is PairOutgoing toPair)
        {
            SendToPair(now, toPair, transaction);
            return;
        }

        SendRequest asked = outgoing.Request;
        GroupEntry state = Group(asked.To);
        if (state.Group.Status == MembershipStatus.Out)
            throw Refused($"this node is no member of '{state.Group.Name}' any more");
        var output = new GroupOutput();
        MessageContent content = _context.Contents.ToSend(state.Id, asked.Content);
        if (state.Group.Send(now, content.ToBytes(), output) is not { } id)
            throw new MessagingException(Refusal.NobodyElse, $"nobody else is in '{state.Group.Name}' yet");
        SealedText text = output.Texts.First(t => t.Message == id);
        List<SentEnvelope> envelopes = [], beside = [];
        List<EnvelopeId> posted = [], unposted = [];
        // Who was invited gets it too; whoever waits for its delivery does not wait for the invited to accept.
        bool hasJoined = text.To.Any(m => !state.Group.IsInvited(m));
        foreach (NodeAddress member in text.To)
        {
            if (_sealing.Text(
                state.Group.KeyOf(member).Span, text.PayloadFor(member), asked.Priority, asked.Lifetime)
                is not { } envelope)
                continue;
            bool counts = !hasJoined || !state.Group.IsInvited(member);
            Carry(state, id, member, envelope.Id);
            MemberWay way = WayTo(now, member, envelope.Id);
            if (!way.IsRouted)
            {
                bool isPosted = TryPost(way, state.Group.KeyOf(member).Span, envelope, transaction);
                if (!counts)
                    continue;
                posted.Add(envelope.Id);
                if (!isPosted)
                    unposted.Add(envelope.Id);
                if (content.IsShown)
                    transaction.Copy(new MessageCopy(envelope.Id, id, MessageState.Queued));
                continue;
            }

            (counts ? envelopes : beside).Add(envelope);

            // A change of another message is no row that its copies could go with.
            if (content.IsShown && counts)
                transaction.Send(envelope, id);
            else
                transaction.Send(envelope);
        }

        Apply(now, state, output, transaction);
        DateTimeOffset at = _context.Time.GetUtcNow();
        _context.Contents.Send(transaction, new Message(
            id, state.Id, Outgoing: true, state.Id.AsPeer, content.Text, MessageState.Queued, StateReason.None, 0,
            asked.Priority, at, at)
        {
            Content = content,
            Place = state.Group.PlaceOf(id),
            Protection = ProtectionOf(state, text.Compactly.Count > 0),
        });
        transaction.WhenFailed(
            _ => outgoing.Caller.Refused(Refusal.Refused, "the store is full or failing: nothing was sent"));
        transaction.WhenWritten(then =>
        {
            Counters.Add(GroupCount.TextSent);
            _context.Deliveries.Send(_context.Router, then, id, envelopes, outgoing, others: posted);
            foreach (EnvelopeId copy in unposted)
                _context.Deliveries.StateChanged(then, copy, MessageState.Failed, StateReason.StoreFull, 0);
            foreach (SentEnvelope envelope in beside)
                Release(then, envelope);
        }, _ => _context.Deliveries.Forsake(id, outgoing.Caller));
    }

    /// <inheritdoc/>
    public void Withdrawn(in EnvelopeId message)
    {
        EnvelopeId gone = message;
        if (!_groups.Values.Any(g => g.Group.Holds(gone)))
            return;
        _queue(new Step(this, (at, transaction) =>
        {
            foreach (GroupEntry state in _groups.Values.Where(g => g.Group.Holds(gone)).ToArray())
            {
                foreach (EnvelopeId copy in state.Group.Copies.Where(c => c.Message == gone).Select(c => c.Envelope))
                {
                    _context.Router.Cancel(at, copy);
                    TakeBack(copy, transaction);
                }

                Do(at, state, transaction, (g, o) => g.Withdraw(gone, o));
            }
        }));
    }

    private static MessagingException Usage(string message) => new(Refusal.Usage, message);

    private static MessagingException Refused(string message) => new(Refusal.Refused, message);

    private void Carry(GroupEntry state, in EnvelopeId message, in NodeAddress member, in EnvelopeId envelope)
    {
        if (_copies.Count >= MaxCopies)
            Remember();
        EnvelopeId first = state.Group.Carried(message, member, envelope);
        _copies[envelope] = new SentCopy(state.Id, message, member, first);
    }

    // Texts that are not under way any more leave their envelopes behind.
    private void Remember()
    {
        _copies.Clear();
        foreach (GroupEntry state in _groups.Values)
        {
            foreach ((EnvelopeId envelope, EnvelopeId message, NodeAddress member,
                EnvelopeId first) in state.Group.Copies)
                _copies[envelope] = new SentCopy(state.Id, message, member, first);
        }
    }

    // Not a copy of the message of its own: its receipt counts for the first envelope.
    private void SendAgain(GroupEntry state, SealedText text, MessageTransaction transaction)
    {
        foreach (NodeAddress member in text.To)
        {
            ReadOnlyMemory<byte> key = state.Group.KeyOf(member);
            if (key.IsEmpty
                || _sealing.Text(key.Span, text.PayloadFor(member), Priority.Normal, AgainLifetime)
                    is not { } envelope)
                continue;
            Carry(state, text.Message, member, envelope.Id);
            Post(key.Span, envelope, GroupCount.TextSentAgain, transaction, onlyRouted: state.IsPair);
        }
    }

    /// <summary>Gives an envelope to the router whose message does not count it.</summary>
    private void Release(Instant now, SentEnvelope envelope)
    {
        if (envelope.GiveTo(_context.Router, now) != SendStatus.Queued)
            _context.Store.Forget(now, envelope.Id);
    }

    private readonly List<SentCopy> _proven = [];
    private Instant _provenSince = Instant.Never;

    private Instant ProvenDue => _proven.Count == 0 ? Instant.Never
        : _proven.Count >= ProofsTogether ? _provenSince : _provenSince + ProofPatience;

    /// <summary>Notes with their groups which texts were proven since.</summary>
    private void TickProven(Instant now, MessageTransaction transaction)
    {
        if (now >= ProvenDue)
            NoteProven(now, transaction);
    }

    private void NoteProven(Instant now, MessageTransaction transaction)
    {
        SentCopy[] proven = [.. _proven];
        _proven.Clear();
        _provenSince = Instant.Never;
        foreach (IGrouping<ConversationId, SentCopy> ofGroup in proven.GroupBy(static c => c.Group))
        {
            if (!_groups.TryGetValue(ofGroup.Key, out GroupEntry? state))
                continue;
            Do(now, state, transaction, (g, o) =>
            {
                foreach (SentCopy copy in ofGroup)
                    g.Delivered(copy.Message, copy.Member, o);
            });
        }
    }

    // A receipt came. If it is for a text that was sealed again, it proves the same as one for the first envelope.
    private void Arrived(Instant now, EnvelopeId envelope)
    {
        if (!_copies.Remove(envelope, out SentCopy copy))
            return;
        _proven.Add(copy);
        _provenSince = Instant.Min(_provenSince, now);
        if (copy.First != envelope)
        {
            _copies.Remove(copy.First);
            _context.Deliveries.StateChanged(now, copy.First, MessageState.Delivered, StateReason.None, 0);
        }
    }
}
