using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// What one round of work changes, written as one: states of conversations, the messages that moved them, and the
/// envelopes that carry them. So no crash parts a message from its key, its envelope or its receipt. What does not
/// reach
/// the disk is undone in memory too.
/// <code>
///  Touch, Insert, Send, Opened, PutAside ... --> Freeze --> on disk?  yes: WhenWritten   no: states go back,
/// WhenFailed
/// </code>
/// </summary>
public sealed class MessageTransaction
{
    // Most transactions use two or three of these.
    private Dictionary<ConversationState, (bool Spent, bool WithMain)>? _touched;
    private List<FrozenState>? _states;
    private List<ConversationState>? _left;
    private List<InsertedMessage>? _messages;
    private List<PlannedChange>? _changes;
    private List<SettingChange>? _settings;
    private List<MessageCopy>? _copies;
    private List<SentEnvelope>? _envelopes;
    private List<(EnvelopeId Id, NodeAddress Sender)>? _opened;
    private List<EnvelopeId>? _dropped;
    private List<WaitingEnvelope>? _asideAdded;
    private List<EnvelopeId>? _asideGone;
    private List<FileEntry>? _files;
    private HashSet<EnvelopeId>? _asideRefused;
    private List<(bool Written, Action<Instant> Then, Action<Instant>? OnFault)>? _after;
    private readonly IStateOwner _owner;
    private bool _isDone;

    /// <summary>Begins one.</summary>
    /// <param name="owner">Whoever's states it changes.</param>
    public MessageTransaction(IStateOwner owner) => _owner = owner;

    /// <summary>The kind of conversation that everything in it belongs to.</summary>
    public EnvelopeKind Kind => _owner.Kind;

    /// <summary>A state as it is to be written. The bytes are secret.</summary>
    /// <param name="Of">Whose it is.</param>
    /// <param name="Bytes">The main value; null where only pieces changed.</param>
    /// <param name="Spent">A key of this node was used.</param>
    public readonly record struct FrozenState(ConversationState Of, byte[]? Bytes, bool Spent)
    {
        /// <summary>Pieces beside the main value that changed.</summary>
        public IReadOnlyList<PieceWrite> Pieces { get; init; } = [];

        /// <summary>It has never been on disk: whatever pieces are there belong to another.</summary>
        public bool IsFirst { get; init; }
    }

    /// <summary>There is something to write.</summary>
    public bool HasWrites =>
        _touched is not null || _left is not null || _messages is not null || _envelopes is not null
        || _opened is not null || _dropped is not null || _changes is not null || _settings is not null
        || _asideAdded is not null || _asideGone is not null;

    /// <summary>States to keep, in place of earlier ones.</summary>
    public IReadOnlyList<FrozenState> States => _states ?? (IReadOnlyList<FrozenState>)[];

    /// <summary>Conversations to forget.</summary>
    public IReadOnlyList<ConversationState> Left => _left ?? (IReadOnlyList<ConversationState>)[];

    /// <summary>Messages to keep.</summary>
    public IReadOnlyList<InsertedMessage> Messages => _messages ?? (IReadOnlyList<InsertedMessage>)[];

    /// <summary>Changes of other messages, in order; they follow <see cref="Messages"/>.</summary>
    public IReadOnlyList<PlannedChange> Changes => _changes ?? (IReadOnlyList<PlannedChange>)[];

    /// <summary>Settings of conversations; they follow <see cref="Messages"/>.</summary>
    public IReadOnlyList<SettingChange> Settings => _settings ?? (IReadOnlyList<SettingChange>)[];

    /// <summary>Envelopes of messages that have several.</summary>
    public IReadOnlyList<MessageCopy> Copies => _copies ?? (IReadOnlyList<MessageCopy>)[];

    /// <summary>Envelopes that leave when this is written.</summary>
    public IReadOnlyList<SentEnvelope> Envelopes => _envelopes ?? (IReadOnlyList<SentEnvelope>)[];

    /// <summary>Files of <see cref="Messages"/> whose bytes this node has; they follow them.</summary>
    public IReadOnlyList<FileEntry> Files => _files ?? (IReadOnlyList<FileEntry>)[];

    /// <summary>Envelopes that were opened, and who sent them.</summary>
    public IReadOnlyList<(EnvelopeId Id, NodeAddress Sender)> OpenedEnvelopes =>
        _opened ?? (IReadOnlyList<(EnvelopeId, NodeAddress)>)[];

    /// <summary>Messages of blocked nodes, which must not come later.</summary>
    public IReadOnlyList<EnvelopeId> DroppedMessages => _dropped ?? (IReadOnlyList<EnvelopeId>)[];

    /// <summary>Envelopes to keep until they can be opened.</summary>
    public IReadOnlyList<WaitingEnvelope> AsideAdded => _asideAdded ?? (IReadOnlyList<WaitingEnvelope>)[];

    /// <summary>Envelopes that wait no longer.</summary>
    public IReadOnlyList<EnvelopeId> AsideGone => _asideGone ?? (IReadOnlyList<EnvelopeId>)[];

    /// <summary>
    /// Keys were used up to read its messages: it is written as a whole or not at all, because nobody can read them
    /// again.
    /// </summary>
    public bool IsIndivisible => _touched is not null || _opened is not null;

    /// <summary>A conversation changed.</summary>
    /// <param name="state">Its state.</param>
    /// <param name="spent">A key of this node was used.</param>
    /// <param name="onlyPieces">The main value of the state did not change.</param>
    public void Touch(ConversationState state, bool spent, bool onlyPieces = false)
    {
        _touched ??= [];
        (bool wasSpent, bool withMain) = _touched.GetValueOrDefault(state);
        _touched[state] = (wasSpent || spent, withMain || !onlyPieces);
    }

    /// <summary>A conversation and its keys are to be forgotten.</summary>
    public void Leave(ConversationState state)
    {
        _touched?.Remove(state);
        (_left ??= []).Add(state);
    }

    /// <summary>Keeps a message.</summary>
    /// <returns>Where what became of it will be found.</returns>
    public InsertedMessage Insert(Message message)
    {
        var inserted = new InsertedMessage(message);
        (_messages ??= []).Add(inserted);
        return inserted;
    }

    /// <summary>Keeps that a file is here, beside the message with its offer.</summary>
    public void Keep(FileEntry file) => (_files ??= []).Add(file);

    /// <summary>Changes another message, or keeps the change until that comes.</summary>
    /// <returns>Where what became of it will be found.</returns>
    public PlannedChange Change(ContentChange change)
    {
        var planned = new PlannedChange(change);
        (_changes ??= []).Add(planned);
        return planned;
    }

    /// <summary>Sets something for a conversation.</summary>
    public void Set(SettingChange setting) => (_settings ??= []).Add(setting);

    /// <summary>Keeps an envelope that belongs to no message, or is the only one of its message.</summary>
    public void Send(SentEnvelope envelope) => (_envelopes ??= []).Add(envelope);

    /// <summary>Keeps one of several envelopes of a message.</summary>
    public void Send(SentEnvelope envelope, in EnvelopeId ofMessage)
    {
        Send(envelope);
        (_copies ??= []).Add(new MessageCopy(envelope.Id, ofMessage, MessageState.Queued));
    }

    /// <summary>Keeps how far one of several copies of a message is that goes another way than the router's.</summary>
    public void Copy(in MessageCopy copy) => (_copies ??= []).Add(copy);

    /// <summary>An envelope was opened: it may come again, and its keys are gone.</summary>
    public void Opened(in EnvelopeId id, in NodeAddress sender) => (_opened ??= []).Add((id, sender));

    /// <summary>A message came from a blocked node: it must not come when that is heard again.</summary>
    public void Drop(in EnvelopeId message) => (_dropped ??= []).Add(message);

    /// <summary>Keeps an envelope that cannot be opened yet.</summary>
    public void PutAside(in WaitingEnvelope waiting) => (_asideAdded ??= []).Add(waiting);

    /// <summary>There was no room for an envelope that was to be put aside; for the store.</summary>
    public void RefuseAside(in EnvelopeId id) => (_asideRefused ??= []).Add(id);

    /// <summary>There was no room for an envelope that was to be put aside.</summary>
    public bool IsRefused(in EnvelopeId id) => _asideRefused is not null && _asideRefused.Contains(id);

    /// <summary>An envelope waits no longer.</summary>
    public void NoLongerAside(in EnvelopeId id) => (_asideGone ??= []).Add(id);

    /// <summary>What to do when all of it is on disk, in order; at once if there is nothing to write.</summary>
    /// <param name="then">That.</param>
    /// <param name="onFault">What to do where a fault of this program kept it from its end.</param>
    public void WhenWritten(Action<Instant> then, Action<Instant>? onFault = null) =>
        (_after ??= []).Add((true, then, onFault));

    /// <summary>What to do when nothing of it is on disk.</summary>
    public void WhenFailed(Action<Instant> then) => (_after ??= []).Add((false, then, null));

    /// <summary>What to do in either case.</summary>
    public void WhenOver(Action<Instant> then)
    {
        WhenWritten(then);
        WhenFailed(then);
    }

    /// <summary>Takes the states as they are now: they may be written on another thread.</summary>
    public void Freeze()
    {
        if (_touched is null)
            return;
        _states = new List<FrozenState>(_touched.Count);
        foreach ((ConversationState state, (bool spent, bool withMain)) in _touched)
            _states.Add(state.Freeze(spent, withMain));
    }

    /// <summary>The store tries to write it, perhaps not for the first time.</summary>
    public void WritingBegins() => _asideRefused?.Clear();

    /// <summary>
    /// It is on disk, or nothing of it is; on the loop. A fault in one of the things that follow costs that one. Only
    /// the first call counts.
    /// </summary>
    public void Done(Instant now, bool written)
    {
        if (_isDone)
            return;
        _isDone = true;
        foreach (FrozenState state in States)
        {
            if (written)
                state.Of.WasStored(state);
            else
                state.Of.WasNotStored(state);
        }

        if (!written && _touched is not null)
        {
            foreach (ConversationState state in _touched.Keys)
                _owner.GoBack(state);
        }

        foreach (ConversationState state in Left)
        {
            if (written)
                state.Dispose();
            else
                _owner.GoBack(state);
        }

        if (_after is null)
            return;
        foreach ((bool whenWritten, Action<Instant> then, Action<Instant>? onFault) in _after)
        {
            if (whenWritten == written)
                Contain(now, then, onFault);
        }
    }

    private void Contain(Instant now, Action<Instant> then, Action<Instant>? onFault)
    {
        try
        {
            then(now);
        }
        catch (Exception e)
        {
            _owner.Faulted(e);
            if (onFault is not null)
                Contain(now, onFault, null);
        }
    }
}
