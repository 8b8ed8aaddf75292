using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// Messages between people, on top of the router's envelopes: all kinds of conversations, each found by its envelopes.
/// <code>
/// out:  Prepare (caller's thread) -> kind.Send -> message, envelopes, keys on disk -> router -> states as they are
/// proven
/// in:   router -> Deliver -> Open (here, or aside) -> kind.Received -> message, keys on disk -> receipt -> event
/// </code>
/// </summary>
public sealed partial class Conversations
{
    /// <summary>
    /// Up to so many envelopes of a batch are opened on the loop: less than its other work would take anyway.
    /// </summary>
    private const int MaxOpenedInline = 16;

    /// <summary>
    /// Messages sealed by one caller that go to the loop together: enough to make their transaction cheap, few enough
    /// not to wait long for it.
    /// </summary>
    private const int SealedTogether = 8;

    private readonly MessagingContext _context;
    private readonly Entry?[] _table = new Entry?[16];
    private readonly List<Entry> _entries = [];
    private List<(Entry? Entry, Arrival Arrival)> _arrived = [];
    private bool _opening;
    private readonly Disappearing _disappearing;

    /// <summary>Puts the kinds into the table.</summary>
    public Conversations(MessagingContext context, IReadOnlyList<IConversationKind> kinds)
    {
        _context = context;
        _disappearing = new Disappearing(context, Withdraw);
        foreach (IConversationKind kind in kinds)
        {
            var entry = new Entry(kind, kind.IsStateless ? null : new SerialWork(kind, context.Store));
            _table[(int)kind.Kind] = entry;
            _entries.Add(entry);
        }
    }

    private sealed record Entry(IConversationKind Kind, SerialWork? Serial);

    /// <summary>Envelopes for this node that belong to no kind it knows.</summary>
    public long OfNoKind { get; private set; }

    /// <summary>When <see cref="OpenArrived"/> or <see cref="Pump"/> has something to do.</summary>
    public Instant NextDue
    {
        get
        {
            if (_arrived.Count > 0 && !_opening)
                return default;
            Instant next = _disappearing.NextDue;
            foreach (Entry entry in _entries)
            {
                if (entry.Serial is { } serial)
                    next = Instant.Min(next, serial.NextDue);
            }

            return next;
        }
    }

    /// <summary>Takes back what survived the last run; called once, before the loop starts.</summary>
    public void Attach(Router router, Instant now)
    {
        _context.Attach(router);
        _context.Settings.Restore(_context.Store.Settings());
        _context.Deliveries.Restore(_context.Store.CopiesUnderWay());
        foreach (Entry entry in _entries)
            entry.Kind.Restore(now, entry.Kind.IsStateless ? [] : _context.Store.Conversations(entry.Kind.Kind));
    }

    /// <summary>Work for the next transaction of a kind with states; on the loop.</summary>
    public void Add(EnvelopeKind kind, IMessagingWork work) => _table[(int)kind]!.Serial!.Add(work);

    /// <summary>A fault over the state of an envelope: whoever waits for its message is told. On the loop.</summary>
    public void Forsake(in EnvelopeId envelope) => _context.Deliveries.Forsake(envelope);

    /// <summary>
    /// The daemon stops: whoever waits for a state learns how far the message is, and that it goes on later. On the
    /// loop.
    /// </summary>
    public void AnswerWaiting()
    {
        _context.Deliveries.Stop();
        _context.Keys.Stop();
    }

    /// <summary>What is proven about an envelope of this node has changed.</summary>
    public void StateChanged(Instant now, in EnvelopeId id, MessageState state, StateReason reason, int hops) =>
        _context.Deliveries.StateChanged(now, id, state, reason, hops);

    /// <summary>
    /// Sends a message of this node no more, as far as it is still here, and keeps nothing of it for that. On the loop.
    /// </summary>
    public void Withdraw(Instant now, EnvelopeId message)
    {
        _context.Router.Cancel(now, message);
        foreach (EnvelopeId copy in _context.Deliveries.CopiesOf(message))
            _context.Router.Cancel(now, copy);
        foreach (Entry entry in _entries)
            entry.Kind.Withdrawn(message);
    }

    /// <summary>The announce of a node came in.</summary>
    public void Heard(in NodeAddress address)
    {
        _context.Keys.Heard(address);
        foreach (Entry entry in _entries)
            entry.Kind.Heard(address);
    }

    /// <summary>The others in a conversation, to whom its files may go. On the loop.</summary>
    public IReadOnlyList<NodeAddress> MembersOf(ConversationId id) => _table[(int)id.Kind]?.Kind.MembersOf(id) ?? [];

    /// <summary>What the owner calls a conversation; null where it has no name of its own. From any thread.</summary>
    public string? NameOf(ConversationId id) => _table[(int)id.Kind]?.Kind.NameOf(id);

    /// <summary>The conversation that has a name of its own, if there is one. From any thread.</summary>
    public ConversationId? Find(string name)
    {
        foreach (Entry entry in _entries)
        {
            if (entry.Kind.Find(name) is { } found)
                return found;
        }

        return null;
    }
}
