using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.MlsLite;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Lite;

/// <summary>
/// Messages between the members of MLS-Lite groups, on top of the router's envelopes (docs/reference/mls-lite.md,
/// section 7). All of
/// it is on the loop: a text is symmetric cryptography, a few microseconds; what comes seldom has signatures too.
/// </summary>
public sealed partial class LiteConversations : IConversationKind, IDisposable
{
    /// <summary>
    /// Key derivations (a microsecond or two each, ten times that on a small router) that forged messages of one source
    /// may cost, at once and in each minute. Arbitrary.
    /// </summary>
    internal const int DerivationsOfSource = 20_000;

    /// <summary>Derivations that are always spent: what a text in a known stream costs at most, and one.</summary>
    internal const int DerivationsAlways = 12;

    /// <summary>Groups of one node at most. Arbitrary; an epoch tag has 16 bits, so few share one.</summary>
    public const int MaxGroups = 64;

    private readonly MessagingContext _context;
    private readonly LiteSelf _self;
    private readonly LiteReceipts _receipts;
    private readonly Dictionary<ConversationId, LiteState> _groups = [];
    private readonly WaitingRoom _aside = new();
    private readonly SourceWork _forgeries = new(DerivationsOfSource, DerivationsAlways);

    /// <summary>What the owner calls the groups, for any thread.</summary>
    private readonly ConversationNames _names = new();

    private Action<IMessagingWork> _work = static _ => throw new InvalidOperationException("Not attached yet.");

    /// <summary>No groups so far; <see cref="Restore"/> brings those that were kept.</summary>
    public LiteConversations(MessagingContext context)
    {
        _context = context;
        _self = new LiteSelf(context.Identity, RandomSource.System, context.Time);
        _receipts = new LiteReceipts(context.Identity);
    }

    /// <inheritdoc/>
    public EnvelopeKind Kind => EnvelopeKind.MlsLite;

    /// <inheritdoc/>
    public string? Prefix => "group";

    /// <inheritdoc/>
    public bool IsStateless => false;

    /// <inheritdoc/>
    public Instant NextDue => _aside.NextDue;

    /// <summary>What happened to messages and groups.</summary>
    public LiteCounters Counters { get; } = new();

    /// <summary>Groups of this node.</summary>
    public int GroupCount => _groups.Count;

    /// <summary>Envelopes that cannot be opened yet.</summary>
    public int AsideCount => _aside.Count;

    /// <summary>Commands go where arrivals and texts go, in their order.</summary>
    public void WorkThrough(Conversations conversations) => _work = work => conversations.Add(Kind, work);

    /// <inheritdoc/>
    public void Restore(Instant now, IReadOnlyList<SavedConversation> states)
    {
        foreach ((ConversationId id, byte[] state) in states)
        {
            if (LiteState.TryLoad(_self, state) is { } entry && entry.Id == id)
                Add(entry);
            else
                _context.Store.Damaged(
                    $"The MLS-Lite group {id} is damaged, or of another version of the program; "
                    + "groups of builds before the first release have to be founded anew.");
        }

        foreach (WaitingEnvelope waiting in _context.Store.Waiting(Kind))
            _aside.Restore(now, waiting);
    }

    /// <inheritdoc/>
    public void Tick(Instant now, MessageTransaction transaction)
    {
        foreach (WaitingEnvelope over in _aside.TakeOverdue(now))
            GiveUp(over, transaction);
    }

    /// <inheritdoc/>
    public void Faulted(Exception fault)
    {
        Counters.Add(LiteEvent.Failed);
        _context.Loop.Failed(fault);
    }

    /// <inheritdoc/>
    public void GoBack(ConversationState state)
    {
        var entry = (LiteState)state;
        if (entry.IsStored)
        {
            entry.GoBack();
            Add(entry);
            return;
        }

        Remove(entry);
        entry.Dispose();
    }

    /// <inheritdoc/>
    public IReadOnlyList<NodeAddress> MembersOf(ConversationId id) => _groups.TryGetValue(id, out LiteState? entry)
        ? [.. Describe(entry).Members.Where(static m => !m.IsSelf).Select(static m => m.Address)] : [];

    /// <inheritdoc/>
    public Conversation? Describe(ConversationId id) =>
        _groups.TryGetValue(id, out LiteState? entry) ? Describe(entry) : null;

    /// <summary>What a group is called here; its id if it was left. From any thread.</summary>
    public string NameOf(ConversationId id) => _names.Of(id);

    /// <summary>The group with a name or id, if this node has one. From any thread.</summary>
    public ConversationId? Find(string name) => _names.Find(name);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (LiteState entry in _groups.Values)
            entry.Dispose();
        _groups.Clear();
        _receipts.Dispose();
    }

    private LiteState Group(string name) => Find(name) is { } id
        ? _groups[id] : throw new MessagingException(Refusal.UnknownConversation, $"there is no group '{name}'");

    private void Add(LiteState entry)
    {
        _groups[entry.Id] = entry;
        _names.Set(entry.Id, entry.Name);
    }

    private void Remove(LiteState entry)
    {
        _groups.Remove(entry.Id);
        _aside.Forget(entry.Id);
        _names.Remove(entry.Id);
    }
}
