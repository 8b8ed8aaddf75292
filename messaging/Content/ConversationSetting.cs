using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Content;

/// <summary>What is set for one conversation.</summary>
/// <param name="After">After what time its messages disappear; those who write in it agree on that.</param>
/// <param name="Revision">The number of the change that set that; 0: none did.</param>
/// <param name="IsMuted">The owner is not to be disturbed by it; nobody else learns that.</param>
public readonly record struct ConversationSetting(DisappearAfter After, ushort Revision, bool IsMuted)
{
    /// <summary>Half of all 16-bit numbers: what is less far ahead is later (RFC 1982, section 3.2).</summary>
    private const int HalfRound = 1 << 15;

    /// <summary>The number of the next change. There always is one: after 65,535 comes 1, for 0 is none.</summary>
    public ushort NextRevision => Revision == ushort.MaxValue ? (ushort)1 : (ushort)(Revision + 1);

    /// <summary>
    /// Tells whether a change of the timer counts against what is set: a later one, and of two at the same time the
    /// shorter time, so that two changes end with the same one in whatever order they come.
    /// </summary>
    public bool YieldsTo(TimerContent timer) =>
        IsLater(timer.Revision) || (timer.Revision == Revision && Length(timer.Time) < Length(After));

    /// <summary>What a change makes of it.</summary>
    public ConversationSetting With(SettingChange change)
    {
        ConversationSetting after = this;
        if (change.Timer is { } timer && YieldsTo(timer))
            after = after with { After = timer.Time, Revision = timer.Revision };
        return change.IsMuted is { } muted ? after with { IsMuted = muted } : after;
    }

    // Serial numbers, so that nobody can take the last one and lock the timer for ever. RFC 1982 leaves open which of
    // two numbers half a round apart is the later; here it is the greater, for all have to end with the same one.
    private bool IsLater(ushort revision)
    {
        if (Revision == 0)
            return revision > 0;
        ushort ahead = unchecked((ushort)(revision - Revision));
        return ahead is > 0 and < HalfRound || (ahead == HalfRound && revision > Revision);
    }

    private static int Length(DisappearAfter after) => after.IsNever ? int.MaxValue : after.Minutes;
}

/// <summary>A setting that is to be written.</summary>
/// <param name="Conversation">Of which conversation.</param>
/// <param name="Timer">The timer, if that is set; who sets it is known or this node.</param>
/// <param name="IsMuted">Whether it is muted, if that is set.</param>
/// <param name="BelongsTo">The message that says so: where that is not kept, neither is this. Null: there is
/// none.</param>
public sealed record SettingChange(
    ConversationId Conversation, TimerContent? Timer, bool? IsMuted, InsertedMessage? BelongsTo = null)
{
    /// <summary>It counts: its message is among those of people the owner knows. Set before it is written.</summary>
    public bool Counts => BelongsTo is null or { Outcome: Insertion.Added };

    /// <summary>What is set after it; null where it changed nothing. Set while the transaction is written.</summary>
    public ConversationSetting? Result { get; set; }
}
