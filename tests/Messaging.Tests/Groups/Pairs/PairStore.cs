using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests.Groups.Pairs;

/// <summary>The disk of a simulated node: what a process that is killed finds when it starts again.</summary>
internal sealed class PairStore(PairWorld world) : IMessageStore, IEventSink
{
    private readonly Dictionary<EnvelopeId, WaitingEnvelope> _aside = [];

    internal Queue<MessageTransaction> Waiting { get; } = new();

    internal Dictionary<ConversationId, GroupDisk> States { get; } = [];

    /// <summary>Messages in the order in which they were stored.</summary>
    internal List<Message> Messages { get; } = [];

    internal Dictionary<EnvelopeId, NodeAddress> Opened { get; } = [];

    internal Dictionary<EnvelopeId, MessageCopy> Copies { get; } = [];

    internal Dictionary<EnvelopeId, MessageState> Proven { get; } = [];

    internal HashSet<NodeAddress> Known { get; } = [];

    internal HashSet<NodeAddress> Blocked { get; } = [];

    /// <summary>States as they were when the disk was waited for last: what a power cut leaves.</summary>
    internal Dictionary<ConversationId, GroupDisk> Lasting { get; private set; } = [];

    /// <summary>Writes that the disk was waited for.</summary>
    internal int Waits { get; private set; }

    /// <summary>The power goes: what the disk was not waited for is lost.</summary>
    internal void LosePower()
    {
        States.Clear();
        foreach ((ConversationId id, GroupDisk state) in Lasting)
            States[id] = state.Copy();
    }

    internal List<MessagingEvent> Events { get; } = [];

    internal List<string> Damage { get; } = [];

    public bool HasListeners => true;

    public TimeSpan? UntilNextExpiry => null;

    public TimeSpan Running => TimeSpan.FromTicks(world.Now.Ticks);

    public void Commit(MessageTransaction transaction) => Waiting.Enqueue(transaction);

    /// <summary>Writes a transaction as one.</summary>
    internal void Write(MessageTransaction transaction)
    {
        foreach (MessageTransaction.FrozenState state in transaction.States)
        {
            if (!States.TryGetValue(state.Of.Id, out GroupDisk? rows))
                States[state.Of.Id] = rows = new GroupDisk();
            rows.Write(state);
        }

        foreach (ConversationState left in transaction.Left)
            States.Remove(left.Id);
        foreach (InsertedMessage inserted in transaction.Messages)
            Insert(inserted);
        foreach (PlannedChange change in transaction.Changes)
            change.Outcome = ChangeOutcome.Changed;
        foreach (MessageCopy copy in transaction.Copies)
            Copies[copy.Id] = copy;
        foreach ((EnvelopeId id, NodeAddress sender) in transaction.OpenedEnvelopes)
            Opened[id] = sender;
        foreach (WaitingEnvelope waiting in transaction.AsideAdded)
            _aside[waiting.Id] = waiting;
        foreach (EnvelopeId id in transaction.AsideGone)
            _aside.Remove(id);
        if (!transaction.States.Any(static s => s.Spent))
            return;
        Waits++;
        Lasting = States.ToDictionary(static s => s.Key, static s => s.Value.Copy());
    }

    public void SetState(Instant now, in EnvelopeId message, in StateChange change) =>
        Proven[message] = change.State;

    public void SetCopyState(Instant now, in EnvelopeId copy, MessageState state)
    {
        if (Copies.TryGetValue(copy, out MessageCopy known))
            Copies[copy] = known with { State = state };
    }

    public void Forget(Instant now, in EnvelopeId envelope)
    {
    }

    public Message? FindMessage(in EnvelopeId id)
    {
        EnvelopeId wanted = id;
        return Messages.Find(m => m.Id == wanted);
    }

    public bool IsKnown(in NodeAddress address) => Known.Contains(address);

    public bool IsBlocked(in NodeAddress address) => Blocked.Contains(address);

    public bool IsDropped(in EnvelopeId id) => false;

    public IReadOnlyList<KeyValuePair<ConversationId, ConversationSetting>> Settings() => [];

    public void MarkRead(ConversationId conversation, Action<Instant, IReadOnlyList<Message>?> read) =>
        read(default, []);

    public void MarkRead(IReadOnlyList<EnvelopeId> messages, Action<Instant, IReadOnlyList<Message>?> read) =>
        read(default, []);

    public void EraseExpired(Action<Instant, IReadOnlyList<EnvelopeId>> erased) => erased(default, []);

    public NodeAddress? FindOpened(EnvelopeKind kind, in EnvelopeId id) =>
        Opened.TryGetValue(id, out NodeAddress sender) ? sender : null;

    public IReadOnlyList<SavedConversation> Conversations(EnvelopeKind kind) =>
        [.. States.Where(s => s.Key.Kind == kind).Select(static s => s.Value.Saved(s.Key))];

    public IReadOnlyList<MessageCopy> CopiesUnderWay() =>
        [.. Copies.Values.Where(c => c.State != MessageState.Delivered
            && Proven.GetValueOrDefault(c.Message) != MessageState.Delivered)];

    IReadOnlyList<WaitingEnvelope> IMessageStore.Waiting(EnvelopeKind kind) => [.. _aside.Values];

    public void Damaged(string what) => Damage.Add(what);

    public void Publish(MessagingEvent happened) => Events.Add(happened);

    private void Insert(InsertedMessage inserted)
    {
        Message message = inserted.Message;
        if (Messages.Any(m => m.Id == message.Id))
        {
            inserted.Outcome = Insertion.AlreadyThere;
        }
        else if (!message.Outgoing && Blocked.Contains(message.Peer))
        {
            inserted.Outcome = Insertion.NotKept;
        }
        else
        {
            if (message.Outgoing)
                Known.Add(message.Peer);
            Messages.Add(message);
            if (message.Envelope is { } envelope)
                Copies[envelope] = new MessageCopy(envelope, message.Id, MessageState.Queued);
            inserted.Outcome = message.Outgoing || Known.Contains(message.Peer)
                ? Insertion.Added : Insertion.AddedAsRequest;
        }

        inserted.IsFromKnown = Known.Contains(message.Peer);
    }
}
