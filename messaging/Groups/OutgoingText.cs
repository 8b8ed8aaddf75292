using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>A text of this node that somebody may not have received: its words are kept, to be sealed again.</summary>
internal sealed class OutgoingText
{
    /// <summary>Where it stands: where it was sealed first.</summary>
    internal required MessagePlace First { get; init; }

    /// <summary>The id that all members know it by.</summary>
    internal required EnvelopeId Message { get; init; }

    internal required byte[] Content { get; init; }

    internal required TimeSpan SentAt { get; init; }

    /// <summary>When it was sealed last, and how often; in running time.</summary>
    internal (TimeSpan At, int Times) Sealed
    {
        get => _sealed;
        set => (_sealed, IsChanged) = (value, true);
    }

    /// <summary>Who has not answered, and in which state it was sealed for them last.</summary>
    internal IReadOnlyDictionary<NodeAddress, StateId> Missing => _missing;

    /// <summary>
    /// The envelopes that it travels in: for each member the first, which the message's state counts, and the last.
    /// </summary>
    internal IReadOnlyDictionary<NodeAddress, (EnvelopeId First, EnvelopeId Last)> Copies => _copies;

    /// <summary>It is not as it was written last.</summary>
    internal bool IsChanged { get; set; } = true;

    /// <summary>A member has not answered, and it was sealed for that one in a state.</summary>
    internal void IsSealedFor(in NodeAddress member, StateId state)
    {
        _missing[member] = state;
        IsChanged = true;
    }

    /// <summary>For whomever it is under way, it has to be sealed again.</summary>
    internal void IsSealedForNobody(StateId noState)
    {
        foreach (NodeAddress member in _missing.Keys.ToArray())
            IsSealedFor(member, noState);
    }

    /// <summary>The envelopes that it travels to a member in.</summary>
    internal void TravelsIn(in NodeAddress member, in EnvelopeId first, in EnvelopeId last)
    {
        _copies[member] = (first, last);
        IsChanged = true;
    }

    /// <summary>A member has answered; false if that was not waited for.</summary>
    internal bool Answered(in NodeAddress member)
    {
        if (!_missing.Remove(member))
            return false;
        _copies.Remove(member);
        IsChanged = true;
        return true;
    }

    private readonly Dictionary<NodeAddress, StateId> _missing = [];
    private readonly Dictionary<NodeAddress, (EnvelopeId First, EnvelopeId Last)> _copies = [];
    private (TimeSpan At, int Times) _sealed;
}

/// <summary>The texts of this node that are under way.</summary>
internal sealed class OutgoingTexts
{
    /// <summary>Most texts; where more are under way, the oldest are not sealed again. Arbitrary.</summary>
    internal const int MaxTexts = 256;

    /// <summary>Most bytes of their contents. Arbitrary.</summary>
    internal const int MaxBytes = 1 << 20;

    private readonly List<OutgoingText> _texts = [];

    /// <summary>Texts that are no longer kept, and perhaps still on disk.</summary>
    private readonly HashSet<EnvelopeId> _gone = [];

    internal IReadOnlyList<OutgoingText> All => _texts;

    internal void Add(OutgoingText text)
    {
        _texts.Add(text);
        while (_texts.Count > MaxTexts || _texts.Sum(t => t.Content.Length) > MaxBytes)
        {
            _gone.Add(_texts[0].Message);
            _texts.RemoveAt(0);
        }
    }

    /// <summary>Takes the texts that changed, or all of them; null: it is not kept any more.</summary>
    internal void TakeChanges(bool all, Action<EnvelopeId, OutgoingText?> taken)
    {
        foreach (EnvelopeId gone in _gone)
            taken(gone, null);
        _gone.Clear();
        foreach (OutgoingText text in _texts)
        {
            if (all || text.IsChanged)
                taken(text.Message, text);
            text.IsChanged = false;
        }
    }

    /// <summary>A text travels to a member in an envelope; perhaps not in the first one.</summary>
    /// <returns>The first one.</returns>
    internal EnvelopeId Carried(in EnvelopeId message, in NodeAddress member, in EnvelopeId envelope)
    {
        EnvelopeId wanted = message;
        if (_texts.FindLast(t => t.Message == wanted) is not { } text)
            return envelope;
        EnvelopeId first = text.Copies.TryGetValue(member, out (EnvelopeId First, EnvelopeId Last) known)
            ? known.First : envelope;
        text.TravelsIn(member, first, envelope);
        return first;
    }

    /// <summary>
    /// The state that a text was sealed in for a member last; null if it is not under way to that one.
    /// </summary>
    internal StateId? SealedFor(in EnvelopeId message, in NodeAddress member)
    {
        EnvelopeId wanted = message;
        return _texts.Find(t => t.Message == wanted) is { } text && text.Missing.TryGetValue(member, out StateId state)
            ? state : null;
    }

    /// <summary>A text is not wanted any more; false if it was not kept.</summary>
    internal bool Withdraw(in EnvelopeId message)
    {
        EnvelopeId gone = message;
        return RemoveAll(t => t.Message == gone);
    }

    /// <summary>A member has proved that it has a text; false if nothing waited for that.</summary>
    internal bool Delivered(in EnvelopeId message, in NodeAddress member)
    {
        EnvelopeId wanted = message;
        if (_texts.Find(t => t.Message == wanted) is not { } text || !text.Answered(member))
            return false;
        if (text.Missing.Count == 0)
            RemoveAll(t => t == text);
        return true;
    }

    /// <summary>
    /// Forgets what is too old. Who is no member now may be one again: the branch that took it out may lose.
    /// </summary>
    internal void Review(TimeSpan oldest) => RemoveAll(t => t.SentAt < oldest);

    private bool RemoveAll(Predicate<OutgoingText> which)
    {
        foreach (OutgoingText text in _texts)
        {
            if (which(text))
                _gone.Add(text.Message);
        }

        return _texts.RemoveAll(which) > 0;
    }
}
