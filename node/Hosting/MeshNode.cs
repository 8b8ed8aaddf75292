using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Fapp.Mesh;
using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Channels;
using QuicProChat.Mesh.Messaging.Contacts;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Direct;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Lite;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Accounts;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Files;
using QuicProChat.Mesh.Node.Loop;
using QuicProChat.Mesh.Node.Page;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>
/// The node: what the parts are and in which order they begin and end.
/// <code>
///  links --- NodeLoop --- RouterHost --- Router           control sessions --- NodeControl
///                              |   \                               |
///                       StoreWriter  Conversations ----------------+
/// </code>
/// </summary>
internal sealed partial class MeshNode : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Func<long> _lostLines;
    private readonly Action<LogLevel> _setLevel;
    private readonly NodeLoop _loop;
    private readonly RouterHost _host;
    private readonly StoreWriter _writer;
    private readonly Sealer _sealer;
    private readonly LocalNode _local;
    private readonly Router _router;
    private readonly EventHub _events;
    private readonly TaskCompletionSource _stopRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _started;
    private readonly ServerFiles _serverFiles;
    private readonly HashSet<string> _damagedTables = [];
    private NodeLinks? _links;
    private Task _accountsStarted = Task.CompletedTask;

    internal MeshNode(
        NodeConfiguration configuration, LocalIdentity identity, MeshStore store, TimeProvider time,
        ILoggerFactory logs, Action<LogLevel> setLevel)
    {
        Configuration = configuration;
        Identity = identity;
        Store = store;
        _time = time;
        _log = logs.CreateLogger("node");
        _lostLines = () => (logs as ConsoleLog)?.Lost ?? 0;
        _setLevel = setLevel;
        _started = time.GetTimestamp();
        _loop = new NodeLoop(time, _log);
        _events = new EventHub(_loop.Faults);
        _writer = new StoreWriter(store, _loop, configuration.Durability == Durability.Full, Instant.Now(time),
            logs.CreateLogger("store"));
        _sealer = new Sealer(identity);
        RouterOptions options = PartOptions.OfRouter(configuration, store.Quota);
        store.Damage.Found += ReportDamage;
        if (store.IsNew)
            _log.StoreMade(configuration.DataDirectory);
        Book = new AddressBook(store.Reader.Aliases());
        Views = new MessageView(Book, id => Conversations!.NameOf(id), id => Destinations!.NameOf(id), FindReferenced);
        foreach ((_, byte[] kept) in store.Reader.FindValues(ContactBook.ValuePrefix))
        {
            if (Contact.TryRead(kept, out Contact? contact))
                Contacts.Set(contact);
            else
                store.Damage.Note("value", "A contact in the store makes no sense.");
        }

        var listener = new EventPublisher(_events, Answered, Views, time);
        var context = new MessagingContext(
            identity, new MessagingLoop(_loop), new MessageStore(_writer, store, identity.Address), listener, time)
        {
            HopLimit = options.HopLimit,
            Receipts = configuration.Receipts,
            PostQuantumOverRadio = configuration.PostQuantumOverRadio,
            PadsSealed = () => !HasRadio,
            HasRadio = () => HasRadio || !SpreadsKeyPackage,
            IsBehindRadio = () => HasRadio && Configuration.Peers.Count == 0 && Configuration.Listen.All(IsRadio),
        };
        Direct = new DirectConversations(context, _sealer, Book);
        Lite = new LiteConversations(context);
        Groups = new GroupConversations(
            context, _sealer, Book, RandomSource.System, Math.Min(configuration.Memory.Groups, store.Quota.Groups),
            configuration.DirectMessages)
        {
            Sealing = Direct,
            Offered = Offer,
        };
        Direct.Carrier = Groups;
        Channels = new ChannelConversations(context);
        Servers = new ServerConversations(context, RandomSource.System);
        Accounts = new AccountHost(new AccountPlace(
            identity, Servers, WriteAsync, name => store.Reader.FindValue(name), time, logs.CreateLogger("account"),
            WarnOfAccount));
        Servers.Attach(Accounts);
        Servers.Envelopes = Groups;
        Groups.Attach(Servers);
        FappTrust = OpenTrust(configuration, store);
        Fapp = new Appointments(context, PartOptions.OfFapp(configuration), FappTrust, new TablePlaces());
        var fileBlobs = new FileBlobs(Path.Combine(configuration.DataDirectory, FileBlobs.FolderName));
        var messages = context.Store;
        var filePort = new FilePort(() => _router!, () => Conversations!, messages, context.Loop, time, TellOfFile);
        Uploads = new FileUploads(fileBlobs, RandomSource.System, time);
        Files = new FileHost(
            new FileTransfers(_sealer, identity.Address, PartOptions.OfFiles(configuration), filePort, fileBlobs,
                RandomSource.System),
            new FileSettings(
                configuration.FileMaxBytes, configuration.FileAutoAcceptBytes,
                configuration.Downloads is { } folder ? new DownloadFolder(folder) : null),
            filePort, fileBlobs, Uploads, store, _writer, messages, context.Loop, RandomSource.System);
        _serverFiles = new ServerFiles(Accounts, Servers, Files.Transfers, filePort, fileBlobs, context);
        context.Contents.Offers = Files;
        IReadOnlyList<IConversationKind> kinds = [Direct, Lite, Groups, Channels, Servers, Fapp];
        Conversations = new Conversations(context, kinds);
        Lite.WorkThrough(Conversations);
        Groups.WorkThrough(Conversations);
        Channels.WorkThrough(Conversations);
        Servers.WorkThrough(Conversations);
        Fapp.WorkThrough(Conversations);
        Deliveries = context.Deliveries;
        Settings = context.Settings;
        Actions = new MessageActions(context);
        Destinations = new Destinations(identity.Address, Book, kinds, store.Reader.HasMessages);
        _host = new RouterHost(_writer, store.Reader, Conversations, listener, time, new SystemLedgerClock(),
            _loop.Faults)
        { Log = _log };
        _host.Files = Files;
        _local = new LocalNode(identity.PublicKey.Span, identity.Sign, configuration.Name,
            PartOptions.CapabilitiesOf(configuration));
        _router = new Router(
            options, _local, AnnounceVerifier.Instance, _host.Actions, RandomSource.Seeded(), store.Reader.Sequence(),
            Instant.Now(time));
        _host.Attach(_router);
        _host.Gossip.Attach(
            new GossipProtocol(PartOptions.OfGossip(configuration, store.Quota), _host.Gossip, RandomSource.Seeded(),
                RandomSource.System, Instant.Now(time)),
            store.Reader, Instant.Now(time));
        var records = new GossipRecords(_host.Gossip);
        _host.Gossip.Reader = records;
        Channels.Attach(records.Of(GossipClass.Channel, Channels.Judge), Instant.Now(time));
        Groups.Attach(
            records.Of(GossipClass.Key, static (Instant _, in GossipId _, in GossipRecord _) => GossipVerdict.NotMine),
            Instant.Now(time));
        Fapp.Attach(records.Of(GossipClass.Appointment, Fapp.Judge, () => FappClock), Instant.Now(time));
    }

    internal NodeConfiguration Configuration { get; private set; }

    internal LocalIdentity Identity { get; }

    internal MeshStore Store { get; }

    internal AddressBook Book { get; }

    internal MessageView Views { get; }

    /// <summary>Conversations of all kinds.</summary>
    internal Conversations Conversations { get; }

    internal DirectConversations Direct { get; }

    internal LiteConversations Lite { get; }

    internal GroupConversations Groups { get; }

    internal ChannelConversations Channels { get; }

    /// <summary>Conversations on servers.</summary>
    internal ServerConversations Servers { get; }

    /// <summary>Accounts on servers, and the connections to them.</summary>
    internal AccountHost Accounts { get; }

    internal Deliveries Deliveries { get; }

    /// <summary>Files of conversations; on the loop.</summary>
    internal FileHost Files { get; }

    /// <summary>Files that clients bring.</summary>
    internal FileUploads Uploads { get; }

    /// <summary>Those whose card the owner took, or whose number was compared.</summary>
    internal ContactBook Contacts { get; } = new();

    /// <summary>What is set for conversations.</summary>
    internal ConversationSettings Settings { get; }

    /// <summary>What the owner does with messages.</summary>
    internal MessageActions Actions { get; }

    /// <summary>What people call conversations.</summary>
    internal Destinations Destinations { get; }

    /// <summary>Clients whose answers leave at the end of the batch.</summary>
    internal AnsweredSessions Answered { get; } = new();

    internal EventHub Events => _events;

    /// <summary>Gossip; on the loop.</summary>
    internal GossipProtocol Gossip => _host.Gossip.Protocol;

    /// <summary>What the router wants done; on the loop.</summary>
    internal IRouterActions RouterActions => _host.Actions;

    /// <summary>Faults of this program that were caught, and where.</summary>
    internal Faults Faults => _loop.Faults;

    /// <summary>Where links report to.</summary>
    internal ILinkEvents LinkEvents => _loop;

    /// <summary>The page, where it is served.</summary>
    internal PageServer? Page { get; set; }

    /// <summary>Completes when somebody asked the node to stop.</summary>
    internal Task StopRequested => _stopRequested.Task;

    /// <summary>Completes when the loop has ended, by order or by a fault.</summary>
    internal Task LoopEnded => _loop.Completion;

    /// <summary>Grows while the loop lives.</summary>
    internal long Pulse => _loop.Batches;

    /// <summary>Takes back what survived the last run, then begins to handle events.</summary>
    internal void Start(NodeLinks links)
    {
        _links = links;
        links.Warned = w => _ = Task.Run(() => TellAsync(w));
        links.Reaches = ReachesAsync;
        foreach (byte[] bytes in Store.Reader.Announces())
        {
            if (Announce.TryRestore(bytes, out Announce? announce))
                _router.RestoreAnnounce(announce);
        }

        foreach (SeenEnvelope seen in Store.Reader.Seen())
            _router.RestoreSeen(seen.Id);
        int held = 0;
        foreach (StoredEnvelope envelope in Store.Reader.Envelopes())
            held += _router.RestoreEnvelope(envelope.Id, Held(envelope.Holding), envelope.Header, envelope.Size) ? 1
                : 0;
        if (held > 0)
            _log.Restored(held);
        Files.Restore(Instant.Now(_time));
        _loop.Start(_host);
        // Off this thread: each account is written once before its server is dialled.
        _accountsStarted = Task.Run(StartAccountsAsync);
    }

    // A worn flash has many such rows, and each is read again and again: the first of a table says enough.
    private void ReportDamage(string table, string what)
    {
        lock (_damagedTables)
        {
            if (!_damagedTables.Add(table))
                return;
        }

        _log.RowDamaged(table, what);
    }

    private EnvelopeId? FindReferenced(ConversationId conversation, ContentReference reference)
    {
        foreach ((EnvelopeId id, ConversationId where) in FindReferenced(reference))
        {
            if (where == conversation)
                return id;
        }

        return null;
    }

    /// <summary>The messages that a reference names, with their conversations: one, but for foul play.</summary>
    internal IReadOnlyList<(EnvelopeId Id, ConversationId Conversation)> FindReferenced(ContentReference reference) =>
        Store.Reader.FindReferenced(reference.IdPrefix, reference.Place?.ToBytes() ?? []);

    /// <summary>Makes an event of a warning; on the loop, as all events are made.</summary>
    private async Task TellAsync(Transports.LinkWarning warning)
    {
        try
        {
            await AskAsync(_ =>
            {
                _events.Publish(new WarningEvent(warning.At, warning.Text));
                return true;
            }).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            // The node stops; it is in the log.
        }
    }

    private async ValueTask<bool> ReachesAsync(NodeAddress peer)
    {
        try
        {
            return await AskAsync(now => _router.WayOf(now, peer).IsThere).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            // The node stops.
            return false;
        }
    }

    internal void RequestStop() => _stopRequested.TrySetResult();

    /// <summary>Runs a question on the loop.</summary>
    internal Task<T> AskAsync<T>(Func<Instant, T> question) => _loop.AskAsync(question);

    /// <summary>Writes something and waits until it is on disk.</summary>
    /// <exception cref="ControlException">It could not be written.</exception>
    internal async Task WriteAsync(Action<MeshStore> write)
    {
        if (!await TryWriteAsync(write).ConfigureAwait(false))
            throw ControlException.Refused("the store is full or failing");
    }

    /// <summary>
    /// Writes what may wait, so that who reads next sees it; while the disk fails, it is kept for later.
    /// </summary>
    internal Task SettleAsync() => TryWriteAsync(static _ => { });

    private async Task<bool> TryWriteAsync(Action<MeshStore> write)
    {
        var operation = new SingleWrite(write);
        await AskAsync(_ =>
        {
            _writer.Add(operation);
            return true;
        }).ConfigureAwait(false);
        return await operation.Written.ConfigureAwait(false);
    }

    /// <summary>
    /// Ends: links say goodbye while the loop still handles what they bring, then the loop runs dry, then the last
    /// writes reach the disk.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _accountsStarted.ConfigureAwait(false);
        await _serverFiles.DisposeAsync().ConfigureAwait(false);
        await Accounts.DisposeAsync().ConfigureAwait(false);
        if (_links is not null)
            await _links.DisposeAsync().ConfigureAwait(false);
        await _loop.DisposeAsync().ConfigureAwait(false);
        await _writer.DisposeAsync().ConfigureAwait(false);
        Lite.Dispose();
        Groups.Dispose();
        Channels.Dispose();
        Servers.Dispose();
        Fapp.Dispose();
        Uploads.Dispose();
        Store.Damage.Found -= ReportDamage;
        _sealer.Dispose();
    }

    private void TellOfFile(FileEntry file)
    {
        if (_events.HasListeners)
            _events.Publish(new FileEvent(_time.GetUtcNow(), FileViews.Of(this, file)));
    }

    private static HeldEnvelope Held(in Holding holding) =>
        new(holding.Upstream, holding.Originated, holding.LifetimeLeft, holding.ReceiptProof);

    private sealed class SingleWrite(Action<MeshStore> write) : StoreOperation
    {
        private readonly TaskCompletionSource<bool> _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task<bool> Written => _written.Task;

        internal override void Write(MeshStore store) => write(store);

        internal override void Done(Instant now, bool written) => _written.TrySetResult(written);
    }
}
