namespace QuicProChat.Mesh.Messaging.Content;

/// <summary>What became of a content that came in; known once its transaction is written.</summary>
/// <param name="Message">The message that it is; null where it is none.</param>
/// <param name="Changes">What it changes in others.</param>
public sealed record AppliedContent(InsertedMessage? Message, IReadOnlyList<PlannedChange> Changes)
{
    /// <summary>
    /// What whoever answers for the envelope goes by. A change is accepted whether it was of use or not: it would be of
    /// no more use the next time. One that was not kept is like a message that was not.
    /// </summary>
    public Insertion Outcome =>
        Message is { } message ? message.Outcome
        : Changes.Count > 0 && Changes.All(static c => c.Outcome == ChangeOutcome.NotKept) ? Insertion.NotKept
        : Insertion.Added;

    /// <summary>Its author is known to the owner.</summary>
    public bool IsFromKnown => Message?.IsFromKnown ?? Changes.Any(static c => c.IsFromKnown);
}
