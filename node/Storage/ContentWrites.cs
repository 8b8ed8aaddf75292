using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Storage;

/// <summary>
/// Applies contents to rows, within the transaction that brought them: the rules are messaging's, the rows the store's.
/// </summary>
internal static class ContentWrites
{
    /// <summary>Changes a message, or keeps the change until the message comes.</summary>
    internal static void Change(MeshStore store, PlannedChange planned)
    {
        ContentChange change = planned.Change;
        Standing standing = change.IsOwn ? Standing.Known : store.StandingOf(change.Author);
        planned.IsFromKnown = standing == Standing.Known;
        planned.Outcome = Change(store, change, standing, out Message? changed);
        planned.Message = changed;
    }

    /// <summary>Applies to a message that was just stored what came before it.</summary>
    internal static Message WithEarly(MeshStore store, Message message)
    {
        Message whole = Apply(store, message, ContentReference.To(message.Id));
        return message.Place is { } place ? Apply(store, whole, ContentReference.To(place)) : whole;
    }

    /// <summary>Sets what counts.</summary>
    internal static void Set(MeshStore store, SettingChange change)
    {
        change.Result = null;
        if (!change.Counts)
            return;
        ConversationSetting before = Read(store.SettingOf(change.Conversation));
        ConversationSetting after = before.With(change);
        if (after == before)
            return;
        store.PutSetting(new StoredSetting(change.Conversation, after.After.Minutes, after.Revision, after.IsMuted));
        change.Result = after;
    }

    internal static ConversationSetting Read(in StoredSetting stored) =>
        new(new DisappearAfter(stored.Timer), stored.Revision, stored.IsMuted);

    private static ChangeOutcome Change(MeshStore store, ContentChange change, Standing standing, out Message? changed)
    {
        changed = null;
        bool isGroup = !change.Conversation.IsDirect;
        if (standing is Standing.Blocked)
            store.Drop(change.Carrier);
        if (standing is Standing.Blocked || (standing is Standing.Refused && !isGroup)
            || (!change.IsOwn && store.IsDropped(change.Carrier)))
            return ChangeOutcome.NotKept;
        byte[] place = change.Target.Place?.ToBytes() ?? [];
        if (store.FindTarget(change.Conversation, change.Target.IdPrefix, place) is not { } row)
        {
            // That something was read is not worth keeping for later: it would take the room of edits.
            if (change.Content is ReadContent)
                return ChangeOutcome.NothingNew;
            // Strangers have no room for what may never be of use.
            bool mayWait = !change.IsOwn && (isGroup || standing == Standing.Known);
            return mayWait && store.PutEarly(
                change.Conversation, change.Target.ToBytes(), EarlyChange.Write(change), EarlyChange.AuthorOf)
                ? ChangeOutcome.Early : ChangeOutcome.NotKept;
        }

        Message target = MessageRows.Read(row);
        if (target.IsDamaged)
            return ChangeOutcome.NotAllowed;
        ChangeOutcome outcome = Apply(store, target, change, out Message after);
        changed = after;
        return outcome;
    }

    private static ChangeOutcome Apply(MeshStore store, Message target, ContentChange change, out Message changed)
    {
        ChangeOutcome outcome = ContentRules.Apply(target, change, out changed);
        if (outcome != ChangeOutcome.Changed
            || store.Change(
                MessageRows.Write(changed), saysSomethingNew: !ReferenceEquals(changed.Content, target.Content)))
            return outcome;
        changed = target;
        return ChangeOutcome.NotAllowed;
    }

    private static Message Apply(MeshStore store, Message message, ContentReference reference)
    {
        foreach (byte[] bytes in store.TakeEarly(message.Conversation, reference.ToBytes()))
        {
            if (EarlyChange.TryRead(bytes, message.Conversation, reference, out ContentChange? change))
                _ = Apply(store, message, change, out message);
        }

        return message;
    }
}
