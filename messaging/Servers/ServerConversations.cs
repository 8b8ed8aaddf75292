using System.Collections.Concurrent;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <summary>
/// Conversations on servers (docs/reference/server-conversations.md): MLS messages that go over no mesh but into the
/// inboxes of
/// accounts. All of it is on the loop; the port has the connections.
/// <code>
///  out:  Send -> ratchet, message, outbox on disk -> port.StoreAsync -> proof verified: forwarded -> outbox on disk
///  in:   port -> ReceiveAsync -> ratchet, message, number read, receipt on disk -> port acknowledges
/// </code>
/// </summary>
public sealed partial class ServerConversations : IConversationKind, IInboxes, IDisposable
{
    /// <summary>
    /// Persons in a group at most. Arbitrary: a Welcome has all of their leaves, of which there is a bound too.
    /// </summary>
    public const int MaxMembers = 64;

    /// <summary>
    /// Conversations of one account at most. Arbitrary: for each one with a single user a call waits at the server, and
    /// a connection
    /// has 64.
    /// </summary>
    public const int MaxConversations = 40;

    /// <summary>Those that strangers began and the owner has not written to, at most. Arbitrary.</summary>
    public const int MaxOfStrangers = 8;

    /// <summary>Accounts of one node at most. Arbitrary: each is a connection.</summary>
    public const int MaxAccounts = 8;

    /// <summary>
    /// Bytes of a message in an inbox that is looked at: a Welcome to a group of 64 has about half of it.
    /// </summary>
    public const int MaxMessage = 128 << 10;

    /// <summary>
    /// What failed for a reason that may pass is tried again after this, and later and later. Arbitrary.
    /// </summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Whoever made a channel makes the group; where it does not within this, the other side does. Arbitrary.
    /// </summary>
    private static readonly TimeSpan FoundPause = TimeSpan.FromMinutes(10);

    private readonly MessagingContext _context;
    private readonly ServerSelf _self;
    private readonly ServerDesk _desk;
    private readonly PairReceipts _receipts;
    private readonly Dictionary<string, ServerAccount> _accounts = new(StringComparer.Ordinal);
    private readonly Dictionary<ConversationId, ServerEntry> _entries = [];

    /// <summary>What the owner calls the conversations, for any thread.</summary>
    private readonly ConversationNames _names = new();

    /// <summary>Servers of accounts by what they are called among servers, for any thread.</summary>
    private readonly ConcurrentDictionary<string, string> _domains = new(StringComparer.Ordinal);

    private Action<IMessagingWork> _queue = static _ => throw new InvalidOperationException("Not attached yet.");
    private IServerPort _port = null!;
    private Instant _now;

    /// <summary>No accounts so far; <see cref="Restore"/> brings those that were kept.</summary>
    /// <param name="context">What all kinds of conversation stand on.</param>
    /// <param name="random">Keys come from it.</param>
    public ServerConversations(MessagingContext context, RandomFill random)
    {
        _context = context;
        _self = new ServerSelf(context.Identity, random, context.Time);
        _desk = new ServerDesk(_self);
        _receipts = new PairReceipts(context.Identity, [.. "qpc-mesh/1 server receipt"u8]);
    }

    /// <inheritdoc/>
    public EnvelopeKind Kind => EnvelopeKind.Server;

    /// <inheritdoc/>
    public string? Prefix => "server";

    /// <inheritdoc/>
    public bool IsStateless => false;

    /// <inheritdoc/>
    public Instant NextDue
    {
        get
        {
            Instant due = Instant.Never;
            foreach (ServerEntry entry in _entries.Values)
            {
                due = Instant.Min(due, entry.Outbox.NextExpiry);
                if (IsOpen(entry) && !entry.IsBusy && entry.RetryAt != default)
                    due = Instant.Min(due, entry.RetryAt);
            }

            return due;
        }
    }

    /// <summary>What happened to messages.</summary>
    public ServerCounters Counters { get; } = new();

    /// <summary>Commands go where arrivals and texts go, in their order.</summary>
    public void WorkThrough(Conversations conversations) => _queue = work => conversations.Add(Kind, work);

    /// <summary>
    /// Takes the envelopes of groups of the mesh that lie in inboxes; there before the loop starts. Null: none does.
    /// </summary>
    public IInboxEnvelopes? Envelopes { get; set; }

    /// <inheritdoc/>
    public bool HasAccount(string server) =>
        _accounts.TryGetValue(server, out ServerAccount? account) && IsFirst(account);

    /// <inheritdoc/>
    public Task<StoredAnswer> StoreAsync(string server, IReadOnlyList<ServerMessage> messages) =>
        _port.TryStoreAsync(server, messages);

    /// <inheritdoc/>
    public async Task<byte[]> FindUserAsync(string server, string user) =>
        (await FindKeyAsync(user, server).ConfigureAwait(false)).Key;

    /// <summary>Servers can be asked; called once, before the loop starts.</summary>
    public void Attach(IServerPort port) => _port = port;

    /// <inheritdoc/>
    public void Restore(Instant now, IReadOnlyList<SavedConversation> states)
    {
        _now = now;
        // KeyPackages and accounts first: their first byte says what a state is.
        foreach ((ConversationId id, byte[] saved) in states.OrderBy(s => s.Id.Size).ThenBy(s =>
            s.State.AsSpan().IsEmpty ? 0 : s.State[0]))
        {
            bool isRead = id == ServerDesk.Place ? _desk.TryLoad(saved)
                : ServerAccount.TryLoad(saved, _context.Identity.PublicKey.Span) is { } account && account.Id == id
                    ? Add(account)
                : ServerEntry.TryLoad(_self, id, saved, () => _now) is { } entry && Add(entry);
            if (!isRead)
                _context.Store.Damaged(
                    $"What was kept of servers under {id} is damaged, or of another version of the program.");
        }
    }

    /// <inheritdoc/>
    public Arrival Take(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload) =>
        new(token, id, header, default);

    /// <inheritdoc/>
    public void Received(Instant now, Arrival arrival, MessageTransaction transaction)
    {
        // No envelope of the mesh has this kind.
        Counters.Add(ServerCount.Refused);
        transaction.WhenOver(at => _context.Router.DeliveryDone(at, arrival.Token, DeliveryOutcome.Rejected, default,
            default));
    }

    /// <inheritdoc/>
    public void Tick(Instant now, MessageTransaction transaction)
    {
        _now = now;
        foreach (ServerEntry entry in _entries.Values.ToArray())
        {
            Expire(now, entry, transaction);
            if (entry.RetryAt == default || entry.RetryAt > now || entry.IsBusy)
                continue;
            entry.RetryAt = default;
            transaction.WhenOver(at => Advance(at, entry));
        }
    }

    /// <inheritdoc/>
    public void Faulted(Exception fault)
    {
        Counters.Add(ServerCount.Failed);
        _context.Loop.Failed(fault);
    }

    /// <inheritdoc/>
    public void GoBack(ConversationState state)
    {
        switch (state)
        {
            case ServerEntry { IsStored: false } entry:
                entry.Forget();
                Remove(entry);
                entry.Dispose();
                break;
            case ServerEntry entry:
                entry.GoBack();
                Add(entry);
                break;
            case ServerAccount { IsStored: true } account:
                account.GoBack();
                _accounts[account.Server] = account;
                break;
            case ServerAccount account:
                _accounts.Remove(account.Server);
                break;
            default:
                state.GoBack();
                break;
        }
    }

    /// <inheritdoc/>
    public Conversation? Describe(ConversationId id) => _entries.TryGetValue(id, out ServerEntry? entry)
        ? Describe(entry) : null;

    /// <summary>The server of a conversation; null where there is no such conversation. On the loop.</summary>
    public string? ServerOf(ConversationId id) => _entries.GetValueOrDefault(id)?.Server;

    /// <summary>Who this node is in a conversation: the account's identity. On the loop.</summary>
    public NodeAddress SelfIn(ConversationId id) => _entries.TryGetValue(id, out ServerEntry? entry)
        ? NodeAddress.Of(OwnIn(entry)) : _context.Identity.Address;

    /// <summary>What a conversation is called here; its id if it was left. From any thread.</summary>
    public string NameOf(ConversationId id) => _names.Of(id);

    /// <summary>The conversation with a name or id, if this node has one. From any thread.</summary>
    public ConversationId? Find(string name) => _names.Find(name)
        ?? (ServerNames.TryParse(name, out string user, out string domain)
            && _domains.TryGetValue(domain, out string? server)
            ? _names.Find(ServerNames.Of(user, server)) : null);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ServerEntry entry in _entries.Values)
            entry.Dispose();
        foreach (ServerAccount account in _accounts.Values)
            account.Dispose();
        _entries.Clear();
        _desk.Dispose();
        _receipts.Dispose();
        _self.Dispose();
    }

    private static ServerStanding StandingOf(ServerEntry entry) =>
        entry.Groups.Count > 0 && entry.Groups.All(g => g.Status == GroupStatus.Removed) ? ServerStanding.Out
        : entry.Ready is null ? ServerStanding.Opening
        : entry.Change is null ? ServerStanding.Ready : ServerStanding.Changing;

    private static MessagingException Usage(string message) => new(Refusal.Usage, message);

    private static MessagingException Refused(string message) => new(Refusal.Refused, message);

    /// <summary>Something of a conversation failed: it is tried again, later and later.</summary>
    private static void PutOff(Instant now, ServerEntry entry)
    {
        if (entry.RetryAt > now)
            return;
        TimeSpan pause = FirstPause * (1 << Math.Min(entry.Failures, 6));
        entry.RetryAt = now + (pause < MaxPause ? pause : MaxPause);
        entry.Failures++;
    }

    private bool IsOpen(ServerEntry entry) => _accounts.TryGetValue(entry.Server, out ServerAccount? account)
        && account.IsOpen;

    private ServerEntry Entry(string name) => Find(name) is { } id && _entries.TryGetValue(id, out ServerEntry? entry)
        ? entry : throw new MessagingException(Refusal.UnknownConversation,
            $"there is no conversation '{name}' on a server");

    private bool Add(ServerAccount account)
    {
        if (account.Domain.Length > 0)
            _domains[account.Domain] = account.Server;
        return _accounts.TryAdd(account.Server, account);
    }

    private bool Add(ServerEntry entry)
    {
        _entries[entry.Id] = entry;
        if (!entry.IsOfDevices)
            _names.Set(entry.Id, entry.Name);
        return true;
    }

    private void Remove(ServerEntry entry)
    {
        _entries.Remove(entry.Id);
        _names.Remove(entry.Id);
    }

    private IEnumerable<ServerEntry> Of(string server) => _entries.Values.Where(e => e.Server == server);

    private void TouchDesk(MessageTransaction transaction)
    {
        if (!_self.Store.KeyPackagesChanged)
            return;
        _self.Store.KeyPackagesChanged = false;
        transaction.Touch(_desk, spent: true);
    }

    private void Changed(ServerEntry entry, MessageTransaction transaction)
    {
        if (entry.IsOfDevices)
            return;
        ServerConversation shown = Describe(entry);
        transaction.WhenWritten(_ =>
        {
            if (_context.Events.HasListeners)
                _context.Events.Publish(new ConversationChanged(shown, _context.Time.GetUtcNow()));
        });
    }

    private ServerConversation Describe(ServerEntry entry)
    {
        Group? group = entry.Groups.Count > 0 ? entry.Groups[0] : null;
        IEnumerable<byte[]> others = group is { Status: GroupStatus.Active, MemberCount: > 1 } ? OthersIn(entry, group)
            : entry.PeerKey is { } peer ? [peer] : [];
        return new ServerConversation(
            entry.Id, entry.Name, entry.Server, entry.IsDirect, group?.Epoch ?? 0, StandingOf(entry),
                entry.Outbox.Messages.Count,
            [.. others.Select(k => NodeAddress.Of(k)).Prepend(NodeAddress.Of(OwnIn(entry)))]);
    }

    private EnvelopeId Draw()
    {
        Span<byte> drawn = stackalloc byte[EnvelopeId.Size];
        _self.Random(drawn);
        return EnvelopeId.Read(drawn);
    }

    /// <summary>Does something within a transaction of this kind, and waits until it is on disk.</summary>
    private Task<T> DoAsync<T>(Func<Instant, MessageTransaction, T> act) => OwnerCommand<T>.RunAsync(
        _context.Loop, _queue, (now, transaction) =>
        {
            _now = now;
            T result = act(now, transaction);
            TouchDesk(transaction);
            return result;
        });
}
