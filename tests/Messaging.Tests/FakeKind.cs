using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests;

/// <summary>A conversation whose only key is a counter.</summary>
internal sealed class CounterState(ConversationId id) : ConversationState(id)
{
    internal byte Counter { get; set; }

    internal bool FailsToSave { get; set; }

    public override byte[] Save() =>
        FailsToSave ? throw new InvalidOperationException("a fault for a test") : [Counter];

    public override void GoBack() => Counter = Stored[0];
}

/// <summary>A kind with one conversation, in which each text uses the counter up.</summary>
internal sealed class FakeKind(EnvelopeKind kind, bool isStateless, FakeLoop? loop = null) : IConversationKind
{
    internal CounterState State { get; } = new(new ConversationId(kind, [7]));

    internal List<string> Log { get; } = [];

    internal int FaultCount { get; private set; }

    public EnvelopeKind Kind => kind;

    public bool IsStateless => isStateless;

    public Instant NextDue { get; set; } = Instant.Never;

    internal bool FailsToTick { get; set; }

    public void Restore(Instant now, IReadOnlyList<SavedConversation> states)
    {
    }

    public Arrival Take(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload) =>
        new(token, id, header, payload.ToArray());

    public void Received(Instant now, Arrival arrival, MessageTransaction transaction)
    {
        if (arrival.Payload.Span[0] == 0)
            throw new InvalidOperationException("a fault for a test");
        transaction.Touch(State, spent: false);
        transaction.WhenWritten(_ => Log.Add($"received {arrival.Token}"));
    }

    public ValueTask<Outgoing?> PrepareAsync(SendRequest request, ICaller caller) =>
        request.Text == "wrong" ? throw new MessagingException(Refusal.Usage, "wrong")
            : new(new Outgoing(request, caller));

    public Task<Outgoing> PrepareLaterAsync(SendRequest request, ICaller caller) =>
        throw new InvalidOperationException();

    public void Send(Instant now, Outgoing outgoing, MessageTransaction transaction)
    {
        if (outgoing.Request.Text == "fault")
            throw new InvalidOperationException("a fault for a test");
        Log.Add($"send {outgoing.Request.Text}");
        State.Counter++;
        transaction.Touch(State, spent: true);
        transaction.WhenWritten(_ => Log.Add($"written {outgoing.Request.Text}"));
        transaction.WhenFailed(_ => Log.Add($"failed {outgoing.Request.Text}"));
    }

    public void Tick(Instant now, MessageTransaction transaction)
    {
        if (NextDue > now)
            return;
        if (FailsToTick)
            throw new InvalidOperationException("a fault for a test");
        NextDue = Instant.Never;
        Log.Add("tick");
    }

    public Conversation? Describe(ConversationId id) => null;

    public string? NameOf(ConversationId id) => null;

    public ConversationId? Find(string name) => null;

    public void Faulted(Exception fault)
    {
        FaultCount++;
        loop?.Failed(fault);
    }

    public void GoBack(ConversationState state) => state.GoBack();
}
