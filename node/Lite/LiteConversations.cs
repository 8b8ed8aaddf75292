using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.MlsLite;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Conversations;
using QuicProChat.Mesh.Node.Loop;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;
using LiteGroupId = QuicProChat.Mesh.Store.LiteGroupId;

namespace QuicProChat.Mesh.Node.Lite;

/// <summary>
/// Messages between the members of MLS-Lite groups, on top of the router's envelopes (docs/mls-lite.md, section 7).
/// <code>
/// arrivals, sends, commands --> inbox --> one transaction at a time --> on disk --> envelopes, receipts, replies
///                                   ^        groups change in memory       |
///                                   '------- not on disk: groups go back --'
/// </code>
/// All of it is on the loop: a text is symmetric cryptography, a few microseconds; what comes seldom has signatures too.
/// </summary>
internal sealed partial class LiteConversations : IDisposable
{
    /// <summary>Groups of one node at most. Arbitrary; an epoch tag has 16 bits, so few share one.</summary>
    internal const int MostGroups = 64;

    /// <summary>Pieces of work in one transaction. Arbitrary.</summary>
    private const int MostPerTransaction = 256;

    private readonly NodeLoop _loop;
    private readonly StoreWriter _writer;
    private readonly StoreReader _reader;
    private readonly ContainedReader _stored;
    private readonly LocalIdentity _identity;
    private readonly EventHub _events;
    private readonly MessageView _views;
    private readonly TimeProvider _time;
    private readonly ushort _hopLimit;
    private readonly LiteSelf _self;
    private readonly LiteFaults _faults;
    private readonly LiteReceipts _receipts;
    private readonly Dictionary<LiteGroupId, LiteEntry> _groups = [];
    private readonly Dictionary<EnvelopeId, Delivery> _deliveries = [];
    private readonly Dictionary<EnvelopeId, LiteOutgoing> _waitingFor = [];
    private readonly HashSet<ControlSession> _answered = [];
    private readonly LiteWaitingRoom _aside = new();
    private readonly LiteWork _work = new();
    private readonly Queue<ILiteWork> _inbox = [];

    /// <summary>What the owner calls the groups, for any thread.</summary>
    private readonly ConcurrentDictionary<LiteGroupId, string> _names = new();

    private Router _router = null!;
    private bool _underWay;

    internal LiteConversations(
        NodeLoop loop, StoreWriter writer, StoreReader reader, LocalIdentity identity, EventHub events, MessageView views, TimeProvider time,
        ushort hopLimit, ILogger log)
    {
        _self = new LiteSelf(identity, RandomSource.System, time);
        _faults = new LiteFaults(log);
        _views = views;
        _loop = loop;
        _writer = writer;
        _reader = reader;
        _stored = new ContainedReader(reader);
        _identity = identity;
        _events = events;
        _time = time;
        _hopLimit = hopLimit;
        _receipts = new LiteReceipts(identity);
    }

    internal LiteCounters Counters { get; } = new();

    /// <summary>Who learns that a message arrived; members of groups count as contacts.</summary>
    internal ReceiptPolicy Receipts { get; init; }

    internal int GroupCount => _groups.Count;

    /// <summary>Envelopes that cannot be opened yet.</summary>
    internal int AsideCount => _aside.Count;

    /// <summary>Work waits, and none is being written.</summary>
    internal bool HasWork => _inbox.Count > 0 && !_underWay;

    /// <summary>Takes back what survived the last run; called once, before the loop starts.</summary>
    /// <exception cref="StoreException">It cannot be read.</exception>
    internal void Attach(Router router, Instant now)
    {
        _router = router;
        foreach ((LiteGroupId id, byte[] state) in _reader.LiteGroups())
        {
            if (LiteEntry.TryLoad(_self, state) is { } entry && entry.Id == id)
                Add(entry);
            else
                _reader.Damage.Note(
                    "lite_group",
                    $"The MLS-Lite group {id} is damaged, or of another version of the program; "
                    + "groups of builds before the first release have to be founded anew.");
        }

        foreach (IGrouping<EnvelopeId, LiteCopy> copies in _reader.LiteCopies().GroupBy(c => c.Message))
        {
            var delivery = new Delivery(copies.Key);
            foreach (LiteCopy copy in copies)
            {
                delivery.Add(copy.Id, copy.State);
                _deliveries[copy.Id] = delivery;
            }
        }

        foreach (LiteWaiting waiting in _reader.LiteWaiting())
            _aside.Restore(now, waiting);
    }

    /// <summary>Work for the next transaction; on the loop.</summary>
    internal void Add(ILiteWork work) => _inbox.Enqueue(work);

    /// <summary>Begins the next transaction, unless one is under way.</summary>
    internal void Pump(Instant now)
    {
        if (!HasWork)
            return;
        var transaction = new LiteTransaction(this, _identity.Address);
        foreach (LiteWaiting over in _aside.TakeOverdue(now))
            GiveUp(over, transaction);
        for (int i = 0; i < MostPerTransaction && _inbox.TryDequeue(out ILiteWork? work); i++)
            Run(now, work, transaction);
        _underWay = true;
        if (!transaction.HasWrites)
        {
            transaction.Done(now, written: true);
            return;
        }

        transaction.Freeze();
        _writer.Add(transaction);
    }

    /// <summary>
    /// The one place where a fault of this program over an envelope or a command is caught: it costs that envelope or
    /// command, and nothing else.
    /// </summary>
    private void Run(Instant now, ILiteWork work, LiteTransaction transaction)
    {
        try
        {
            work.Run(now, transaction);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Counters.Add(LiteEvent.Failed);
            _faults.Note(now, e);
            work.Failed(now, transaction);
        }
    }

    /// <summary>The transaction is over.</summary>
    internal void Finished() => _underWay = false;

    /// <summary>A group's change did not reach the disk.</summary>
    internal void GoBack(LiteEntry entry)
    {
        if (entry.IsStored)
        {
            entry.GoBack();
            Add(entry);
            return;
        }

        Remove(entry);
        entry.Dispose();
    }

    /// <summary>After everything else in a batch: answers are sent.</summary>
    internal void Flush()
    {
        foreach (ControlSession session in _answered)
            session.Flush();
        _answered.Clear();
    }

    /// <summary>What a group is called here; its id if it was left. From any thread.</summary>
    internal string? NameOf(LiteGroupId? group) =>
        group is not { } id ? null : _names.TryGetValue(id, out string? name) ? name : id.ToString();

    /// <summary>The group with a name or id, if this node has one. From any thread.</summary>
    internal LiteGroupId? Find(string name)
    {
        foreach ((LiteGroupId id, string known) in _names)
        {
            if (known == name || id.ToString() == name)
                return id;
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (LiteEntry entry in _groups.Values)
            entry.Dispose();
        _groups.Clear();
        _receipts.Dispose();
    }

    private LiteEntry Group(string? name) =>
        name is not { Length: > 0 } ? throw Usage("this command needs \"group\": a name or an id")
        : Find(name) is { } id ? _groups[id]
        : throw new ControlException(ControlErrorCode.Refused, $"there is no group '{name}'; 'lite list' shows those there are");

    private void Add(LiteEntry entry)
    {
        _groups[entry.Id] = entry;
        _names[entry.Id] = entry.Name;
    }

    private void Remove(LiteEntry entry)
    {
        _groups.Remove(entry.Id);
        _aside.Forget(entry.Id);
        _names.TryRemove(entry.Id, out _);
    }

    private EnvelopeHeader Header(NodeAddress to, Priority priority, TimeSpan lifetime) =>
        new OutgoingEnvelope
        {
            Kind = EnvelopeKind.MlsLite,
            Destination = to,
            Priority = priority,
            WantsReceipt = true,
            Lifetime = lifetime,
            Payload = default,
        }.Header(_hopLimit);

    /// <summary>The envelope for one member; null if the member's key is unusable, which no proper member's is.</summary>
    private LiteEnvelope? Envelope(LiteMember to, Priority priority, TimeSpan lifetime, ReadOnlySpan<byte> payload)
    {
        EnvelopeHeader header = Header(to.Address, priority, lifetime);
        byte[] bytes = LiteIds.Envelope(header, payload);
        EnvelopeId id = LiteIds.OfEnvelope(bytes);
        byte[] proof = new byte[Receipt.ProofSize];
        return _receipts.TryExpect(to.PublicKey.Span, id, proof) ? new LiteEnvelope(id, header, lifetime, proof, bytes) : null;
    }

    private SendStatus Hand(Instant now, LiteEnvelope envelope) => _router.Send(now, new OutgoingEnvelope
    {
        Kind = EnvelopeKind.MlsLite,
        Destination = envelope.Header.Destination,
        Priority = envelope.Header.Priority,
        WantsReceipt = true,
        Lifetime = envelope.Lifetime,
        Payload = envelope.Bytes.AsSpan(EnvelopeHeader.Size),
        ReceiptProof = envelope.Proof,
        AlreadyPersisted = true,
    }).Status;
}

/// <summary>Something that changes groups, or asks them, within a transaction.</summary>
internal interface ILiteWork
{
    /// <summary>Runs on the loop, while no other transaction is under way.</summary>
    void Run(Instant now, LiteTransaction transaction);

    /// <summary><see cref="Run"/> threw: whoever waits for an answer must still get one.</summary>
    void Failed(Instant now, LiteTransaction transaction);
}
