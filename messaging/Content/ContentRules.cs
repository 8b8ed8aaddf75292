using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Content;

/// <summary>
/// What one content may do to another message (docs/reference/content.md, section 4): the same in every kind of
/// conversation. Pure: the same message and change give the same result, and changes in another order the same message.
/// </summary>
public static class ContentRules
{
    /// <summary>Applies a change to a message.</summary>
    /// <param name="target">The message.</param>
    /// <param name="change">The change; its reference names the message.</param>
    /// <param name="changed">The message after it.</param>
    public static ChangeOutcome Apply(Message target, ContentChange change, out Message changed)
    {
        changed = target;
        return change.Content switch
        {
            DeleteContent => Delete(target, change, ref changed),
            _ when target.Content is DeletedContent => ChangeOutcome.NothingNew,
            EditContent edit => Edit(target, change, edit, ref changed),
            ReactionContent reaction => React(target, change, reaction, ref changed),
            ReadContent => Read(target, change, ref changed),
            _ => ChangeOutcome.NotAllowed,
        };
    }

    /// <summary>
    /// The turn by which somebody puts a sign on a message or takes it back; null if that changes nothing.
    /// </summary>
    public static byte? NextTurn(MessageExtras extras, in NodeAddress by, string emoji, bool add)
    {
        byte turn = 0;
        foreach (Reaction reaction in extras.Reactions)
        {
            if (reaction.By == by && reaction.Emoji == emoji)
                turn = reaction.Turn;
        }

        return turn % 2 == (add ? 1 : 0) || turn == byte.MaxValue ? null : (byte)(turn + 1);
    }

    /// <summary>
    /// Only the author may, and it has to be proven who that is: in a group whose texts are not signed, any member
    /// could else take back what another wrote.
    /// </summary>
    private static bool IsByAuthor(Message target, ContentChange change) => change.IsProven
        && (change.IsOwn ? target.Outgoing : !target.Outgoing && target.Peer == change.Author);

    private static ChangeOutcome Delete(Message target, ContentChange change, ref Message changed)
    {
        if (!IsByAuthor(target, change))
            return ChangeOutcome.NotAllowed;
        if (target.Content is DeletedContent)
            return ChangeOutcome.NothingNew;
        changed = target with { Content = new DeletedContent(), Text = "", Extras = MessageExtras.None };
        return ChangeOutcome.Changed;
    }

    private static ChangeOutcome Edit(Message target, ContentChange change, EditContent edit, ref Message changed)
    {
        MessageContent? fresh = target.Content.Plain switch
        {
            TextContent => new TextContent(edit.Value),
            ReplyContent reply => reply with { Value = edit.Value },
            _ => null,
        };
        if (fresh is null || !IsByAuthor(target, change))
            return ChangeOutcome.NotAllowed;
        if (edit.Revision <= target.Extras.Revision)
            return ChangeOutcome.NothingNew;
        changed = target with
        {
            Content = TimedContent.Of(target.Content.After, fresh),
            Text = edit.Value,
            Extras = target.Extras with { Revision = edit.Revision, EditedAt = change.At },
        };
        return ChangeOutcome.Changed;
    }

    private static ChangeOutcome React(
        Message target, ContentChange change, ReactionContent reaction, ref Message changed)
    {
        var reactions = new List<Reaction>(target.Extras.Reactions);
        int at = reactions.FindIndex(r => r.By == change.Author && r.Emoji == reaction.Emoji);
        if (at >= 0 && reaction.Turn <= reactions[at].Turn)
            return ChangeOutcome.NothingNew;
        var fresh = new Reaction(change.Author, reaction.Turn, reaction.Emoji);
        if (at >= 0)
            reactions[at] = fresh;
        else if (reactions.Count(r => r.By == change.Author) >= MessageExtras.MaxSignsOfOne)
            return ChangeOutcome.NotAllowed;
        else
            reactions.Add(fresh);
        // The same signs in the same order, whichever came first.
        reactions.Sort(static (a, b) => a.By != b.By ? a.By.CompareTo(b.By) : string.CompareOrdinal(a.Emoji, b.Emoji));
        MessageExtras extras = target.Extras with { Reactions = reactions };
        if (extras.Size > MessageExtras.MaxSize)
            return ChangeOutcome.NotAllowed;
        changed = target with { Extras = extras };
        return ChangeOutcome.Changed;
    }

    private static ChangeOutcome Read(Message target, ContentChange change, ref Message changed)
    {
        if (change.IsOwn || (!target.Outgoing && target.Peer == change.Author))
            return ChangeOutcome.NotAllowed;
        if (target.Extras.ReadBy.Contains(change.Author))
            return ChangeOutcome.NothingNew;
        if (target.Extras.ReadBy.Count >= MessageExtras.MaxReaders)
            return ChangeOutcome.NotAllowed;
        NodeAddress[] readBy = [.. target.Extras.ReadBy.Append(change.Author).Order()];
        MessageExtras extras = target.Extras with { ReadBy = readBy };
        if (extras.Size > MessageExtras.MaxSize)
            return ChangeOutcome.NotAllowed;
        changed = target with { Extras = extras };
        return ChangeOutcome.Changed;
    }
}
