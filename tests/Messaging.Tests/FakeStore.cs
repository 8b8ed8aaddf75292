using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests;

/// <summary>A disk in memory: transactions wait until the test says how they went.</summary>
internal sealed class FakeStore : IMessageStore, IEventSink
{
    internal Queue<MessageTransaction> Waiting { get; } = new();

    internal List<string> Wrote { get; } = [];

    internal List<MessagingEvent> Events { get; } = [];

    internal Dictionary<EnvelopeId, Message> Messages { get; } = [];

    internal HashSet<NodeAddress> Known { get; } = [];

    internal HashSet<NodeAddress> Blocked { get; } = [];

    internal Queue<Action<Instant, IReadOnlyList<EnvelopeId>>> Erasing { get; } = new();

    public bool HasListeners { get; set; }

    public void Commit(MessageTransaction transaction) => Waiting.Enqueue(transaction);

    public void SetState(Instant now, in EnvelopeId message, in StateChange change) =>
        Wrote.Add($"message {message.High} {change.State}");

    public void SetCopyState(Instant now, in EnvelopeId copy, MessageState state) =>
        Wrote.Add($"copy {copy.High} {state}");

    public void Forget(Instant now, in EnvelopeId envelope) => Wrote.Add($"forget {envelope.High}");

    public Message? FindMessage(in EnvelopeId id) => Messages.GetValueOrDefault(id);

    public bool IsBlocked(in NodeAddress address) => Blocked.Contains(address);

    internal HashSet<EnvelopeId> Dropped { get; } = [];

    public bool IsDropped(in EnvelopeId id) => Dropped.Contains(id);

    public bool IsKnown(in NodeAddress address) => Known.Contains(address);

    public IReadOnlyList<KeyValuePair<ConversationId, ConversationSetting>> Settings() => [];

    public void MarkRead(ConversationId conversation, Action<Instant, IReadOnlyList<Message>?> read) =>
        read(default, []);

    public void MarkRead(IReadOnlyList<EnvelopeId> messages, Action<Instant, IReadOnlyList<Message>?> read) =>
        read(default, []);

    public TimeSpan Running { get; set; }

    public TimeSpan? UntilNextExpiry { get; set; }

    public void EraseExpired(Action<Instant, IReadOnlyList<EnvelopeId>> erased) => Erasing.Enqueue(erased);

    public NodeAddress? FindOpened(EnvelopeKind kind, in EnvelopeId id) => null;

    public IReadOnlyList<SavedConversation> Conversations(EnvelopeKind kind) => [];

    public IReadOnlyList<MessageCopy> CopiesUnderWay() => [];

    IReadOnlyList<WaitingEnvelope> IMessageStore.Waiting(EnvelopeKind kind) => [];

    public void Damaged(string what) => Wrote.Add(what);

    public void Publish(MessagingEvent happened) => Events.Add(happened);

    /// <summary>Ends the oldest transaction that waits.</summary>
    internal void Settle(bool written, Instant now = default) => Waiting.Dequeue().Done(now, written);
}

/// <summary>Runs everything at once, on the test's thread.</summary>
internal sealed class FakeLoop : IMessagingLoop
{
    internal List<Exception> Faults { get; } = [];

    public ValueTask PostAsync(Action<Instant> work, Action<Instant>? onFault = null)
    {
        work(default);
        return ValueTask.CompletedTask;
    }

    public Task<T> AskAsync<T>(Func<Instant, T> question) => Task.FromResult(question(default));

    public void RunAside(Action work, Action<Instant> then)
    {
        work();
        then(default);
    }

    public void Reach(MessagingPlace place)
    {
    }

    public void Failed(Exception fault) => Faults.Add(fault);
}

/// <summary>Remembers what it was told.</summary>
internal sealed class FakeCaller(List<string> told, string name) : ICaller
{
    public void Done(in SentMessage sent) => told.Add(
        $"{name} {sent.State}" + (sent.Copies is { } copies ? $" {copies.DeliveredTo} of {copies.Recipients}" : ""));

    public void Refused(Refusal why, string text) => told.Add($"{name} {why}: {text}");
}
