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
    internal (TimeSpan At, int Times) Sealed { get; set; }

    /// <summary>Who has not answered, and in which state it was sealed for them last.</summary>
    internal Dictionary<NodeAddress, StateId> Missing { get; } = [];

    /// <summary>
    /// The envelopes that it travels in: for each member the first, which the message's state counts, and the last.
    /// </summary>
    internal Dictionary<NodeAddress, (EnvelopeId First, EnvelopeId Last)> Copies { get; } = [];
}

/// <summary>The texts of this node that are under way.</summary>
internal sealed class OutgoingTexts
{
    /// <summary>Most texts; where more are under way, the oldest are not sealed again. Arbitrary.</summary>
    internal const int MaxTexts = 256;

    /// <summary>Most bytes of their contents. Arbitrary.</summary>
    internal const int MaxBytes = 1 << 20;

    private readonly List<OutgoingText> _texts = [];

    internal IReadOnlyList<OutgoingText> All => _texts;

    internal void Add(OutgoingText text)
    {
        _texts.Add(text);
        while (_texts.Count > MaxTexts || _texts.Sum(t => t.Content.Length) > MaxBytes)
            _texts.RemoveAt(0);
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
        text.Copies[member] = (first, envelope);
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
        return _texts.RemoveAll(t => t.Message == gone) > 0;
    }

    /// <summary>A member has proved that it has a text; false if nothing waited for that.</summary>
    internal bool Delivered(in EnvelopeId message, in NodeAddress member)
    {
        EnvelopeId wanted = message;
        if (_texts.Find(t => t.Message == wanted) is not { } text || !text.Missing.Remove(member))
            return false;
        text.Copies.Remove(member);
        if (text.Missing.Count == 0)
            _texts.Remove(text);
        return true;
    }

    /// <summary>
    /// Forgets what is too old. Who is no member now may be one again: the branch that took it out may lose.
    /// </summary>
    internal void Review(TimeSpan oldest) => _texts.RemoveAll(t => t.SentAt < oldest);
}
