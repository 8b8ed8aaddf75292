using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// What happens to messages after they were stored: changed, read, disappeared. What may stand between Begin and Commit.
public sealed partial class MeshStore
{
    /// <summary>Changes that wait for their message, in all and in one conversation. Arbitrary.</summary>
    public const int MaxEarly = 512;

    /// <summary>Of them in one conversation. Arbitrary.</summary>
    public const int MaxEarlyInConversation = 64;

    /// <summary>Of them by one author in one conversation. Arbitrary.</summary>
    public const int MaxEarlyOfAuthor = 8;

    /// <summary>Bytes of them in one conversation. Arbitrary: two of the longest texts.</summary>
    public const int MaxEarlyBytes = 68 << 10;

    /// <summary>Messages that one call marks as read and names. Arbitrary.</summary>
    private const int NamedTogether = 256;

    private readonly ContentStatements _contents;

    /// <summary>No message disappears before this second of the running time; long.MaxValue: none does.</summary>
    private long _nextExpiry = long.MaxValue;

    /// <summary>How long this node has run in all, restarts taken together; to the second. From any thread.</summary>
    public TimeSpan Running => TimeSpan.FromSeconds(_running.Seconds);

    /// <summary>Running time until the first message disappears; null: none will. From any thread.</summary>
    public TimeSpan? UntilNextExpiry =>
        Volatile.Read(ref _nextExpiry) is var second && second == long.MaxValue ? null : _running.Until(second);

    /// <summary>
    /// The message of a conversation that a reference names, also of this transaction; null if there is none.
    /// </summary>
    /// <param name="conversation">The conversation.</param>
    /// <param name="idPrefix">The first half of its id, if it has no place.</param>
    /// <param name="place">Its place; empty if it is named by its id.</param>
    /// <exception cref="StoreException">The row is damaged.</exception>
    public StoredMessage? FindTarget(ConversationId conversation, ulong idPrefix, ReadOnlySpan<byte> place)
    {
        Statement rows = place.IsEmpty
            ? _contents.ByPrefix.Bind(1, new EnvelopeId(idPrefix, 0)).Bind(2, new EnvelopeId(idPrefix, ulong.MaxValue))
            : _contents.ByPlace.Bind(1, place);
        try
        {
            while (rows.Step())
            {
                StoredMessage message = Reader.ReadMessage(rows, tolerant: false);
                if ((message.Conversation ?? ConversationId.With(message.Peer)) == conversation)
                    return message;
            }

            return null;
        }
        finally
        {
            rows.Reset();
        }
    }

    /// <summary>
    /// Replaces what was done with a message, and what it says if that is new: then nothing of the old stays in the
    /// files. False if there is no such message, or no room for what others make of it.
    /// </summary>
    /// <param name="message">The message as it is to be.</param>
    /// <param name="saysSomethingNew">Its text or content is another one.</param>
    public bool Change(StoredMessage message, bool saysSomethingNew)
    {
        Statement row = _contents.SizesOf.Bind(1, message.Id);
        if (!row.Step())
            return false;
        (long oldText, long oldExtras, bool isRequest) = (row.Long(0), row.Long(1), row.Long(2) == 1);
        row.Reset();
        byte[] text = saysSomethingNew ? SealContent(message) : [];
        byte[] extras = SealExtras(message);
        long size = (saysSomethingNew ? text.Length : oldText) + extras.Length;
        long grown = MessageShares.CostOf(size) - MessageShares.CostOf(oldText + oldExtras);
        var key = MessageShares.Key.Of(message, isRequest);
        if (grown > 0 && (IsBeyondShare(key, grown)
            || !_space.TryTake((int)grown, message.Outgoing ? Claim.Own : Claim.Contacts)))
            return false;
        if (saysSomethingNew)
            RunThoroughly(_contents.ChangeText.Bind(1, text).Bind(2, message.Id));
        _eraseLog |= saysSomethingNew;
        Statement change = _contents.ChangeExtras.Bind(2, message.Id);
        if (extras.Length == 0)
            change.BindNull(1);
        else
            change.Bind(1, extras);
        RunThoroughly(change);
        _shares.Add(key, grown, 0);
        return true;
    }

    /// <summary>
    /// Keeps a change until its message comes; it goes when no message can come any more. Where there is no room, the
    /// oldest of its author give way, then those of whoever has most in the conversation, then those of the
    /// conversation that has most.
    /// </summary>
    /// <param name="conversation">The conversation.</param>
    /// <param name="target">What the change names.</param>
    /// <param name="change">The change.</param>
    /// <param name="authorOf">Who made a change that is kept here; only messaging can read that.</param>
    /// <returns>False if there is no room for it, by its author or by what others send.</returns>
    public bool PutEarly(
        ConversationId conversation, ReadOnlySpan<byte> target, ReadOnlySpan<byte> change,
        Func<ReadOnlySpan<byte>, NodeAddress> authorOf)
    {
        if (change.Length + RowCipher.Overhead > MaxEarlyBytes || !_space.TryTake(change.Length, Claim.Others))
            return false;
        byte[] sealedChange = new byte[change.Length + RowCipher.Overhead];
        _cipher.Seal(
            AssociatedData.Early(stackalloc byte[2 * AssociatedData.MaxSize], conversation, target), change,
            sealedChange);
        Named(_contents.PutEarly, 2, conversation).Bind(1, (long)conversation.Kind).Bind(3, target)
            .Bind(4, sealedChange)
            .Bind(5, _running.End(Limits.MaxLifetime)).Run();
        List<long> beyond = EarlyBeyondShares(conversation, authorOf, out long newest);
        foreach (long seq in beyond)
            _contents.DeleteOneEarly.Bind(1, seq).Run();
        _contents.PruneEarly.Bind(1, MaxEarly).Bind(2, _running.Seconds).Run();
        _early = _database.Query("SELECT count(*) FROM early");
        return !beyond.Contains(newest);
    }

    // Whoever has least comes first, by bytes of what is newer of the same author; what then exceeds the conversation's
    // share goes.
    private List<long> EarlyBeyondShares(
        ConversationId conversation, Func<ReadOnlySpan<byte>, NodeAddress> authorOf, out long newest)
    {
        newest = 0;
        var beyond = new List<long>();
        var kept = new List<(long Seq, int Size, long OfAuthor)>();
        var authors = new Dictionary<NodeAddress, (int Count, long Bytes)>();
        Statement rows = Named(_contents.EarlyOf, 2, conversation).Bind(1, (long)conversation.Kind);
        while (rows.Step())
        {
            int size = rows.Blob(2).Length;
            newest = Math.Max(newest, rows.Long(0));
            NodeAddress author = EarlyAuthor(conversation, rows.Blob(1), rows.Blob(2), authorOf);
            (int count, long bytes) = authors.GetValueOrDefault(author);
            (count, bytes) = (count + 1, bytes + size);
            authors[author] = (count, bytes);
            if (count > MaxEarlyOfAuthor)
                beyond.Add(rows.Long(0));
            else
                kept.Add((rows.Long(0), size, bytes));
        }

        kept.Sort(static (a, b) => a.OfAuthor != b.OfAuthor ? a.OfAuthor.CompareTo(b.OfAuthor)
            : b.Seq.CompareTo(a.Seq));
        long all = 0;
        for (int i = 0; i < kept.Count; i++)
        {
            if (i >= MaxEarlyInConversation || all + kept[i].Size > MaxEarlyBytes)
                beyond.Add(kept[i].Seq);
            else
                all += kept[i].Size;
        }

        return beyond;
    }

    // What does not open has no author, and so a share of its own.
    private NodeAddress EarlyAuthor(
        ConversationId conversation, ReadOnlySpan<byte> target, ReadOnlySpan<byte> sealedChange,
        Func<ReadOnlySpan<byte>, NodeAddress> authorOf)
    {
        if (target.Length > AssociatedData.MaxSize)
            return default;
        byte[] change = new byte[Math.Max(0, sealedChange.Length - RowCipher.Overhead)];
        ReadOnlySpan<byte> bound =
            AssociatedData.Early(stackalloc byte[2 * AssociatedData.MaxSize], conversation, target);
        return _cipher.TryOpen(bound, sealedChange, change) ? authorOf(change) : default;
    }

    /// <summary>Takes out the changes that waited for a message, oldest first; what is damaged is left out.</summary>
    public IReadOnlyList<byte[]> TakeEarly(ConversationId conversation, ReadOnlySpan<byte> target)
    {
        if (_early == 0)
            return [];
        var found = new List<byte[]>();
        ReadOnlySpan<byte> bound =
            AssociatedData.Early(stackalloc byte[2 * AssociatedData.MaxSize], conversation, target);
        Statement rows = Named(_contents.Early, 2, conversation).Bind(1, (long)conversation.Kind).Bind(3, target);
        while (rows.Step())
        {
            byte[] change = new byte[Math.Max(0, rows.Blob(0).Length - RowCipher.Overhead)];
            if (_cipher.TryOpen(bound, rows.Blob(0), change))
                found.Add(change);
            else
                Damage.Note("early", "A change that waited for its message was altered.");
        }

        if (found.Count == 0)
            return found;
        Named(_contents.DeleteEarly, 2, conversation).Bind(1, (long)conversation.Kind).Bind(3, target).Run();
        _early = _database.Query("SELECT count(*) FROM early");
        return found;
    }

    /// <summary>
    /// The owner read what is unread in a conversation: from now on the time of what disappears runs. At most a few
    /// hundred at once; call it until it names none.
    /// </summary>
    public IReadOnlyList<StoredMessage> MarkRead(ConversationId conversation)
    {
        var read = new List<StoredMessage>();
        Statement rows = conversation.IsDirect
            ? _contents.UnreadWith.Bind(1, conversation.AsPeer).Bind(2, NamedTogether)
            : Named(_contents.UnreadIn, 2, conversation).Bind(1, (long)conversation.Kind).Bind(3, NamedTogether);
        var ids = new List<EnvelopeId>();
        while (rows.Step())
        {
            StoredMessage message = Reader.ReadMessage(rows, tolerant: true);
            ids.Add(message.Id);
            if (!message.IsDamaged)
                read.Add(message);
        }

        SetRead(ids, read);
        return read;
    }

    /// <summary>
    /// The owner read some messages, wherever: those of them that are unread here are read from now on.
    /// </summary>
    /// <param name="messages">Their ids; there need not be such messages.</param>
    /// <returns>What was unread.</returns>
    public IReadOnlyList<StoredMessage> MarkRead(IReadOnlyList<EnvelopeId> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        List<StoredMessage> read = [];
        foreach (EnvelopeId id in messages)
        {
            Statement row = _contents.ByPrefix.Bind(1, id).Bind(2, id);
            if (row.Step() && Reader.ReadMessage(row, tolerant: true) is { IsDamaged: false, IsUnread: true } message)
                read.Add(message);
            row.Reset();
        }

        SetRead(read.ConvertAll(m => m.Id), read);
        return read;
    }

    private void SetRead(List<EnvelopeId> ids, List<StoredMessage> read)
    {
        foreach (EnvelopeId id in ids)
        {
            _contents.MarkRead.Bind(1, _running.Seconds).Bind(2, id).Run();
            if (_database.Changes == 0)
                RunThoroughly(_contents.MarkLongRead.Bind(1, _running.Seconds).Bind(2, id));
        }

        foreach (StoredMessage message in read)
            ExpiresAt(message.Timer > 0 ? _running.Seconds + message.Timer * 60L : 0);
    }

    /// <summary>Erases some messages whose time is over, oldest first; says which.</summary>
    /// <param name="limit">How many at most.</param>
    public IReadOnlyList<EnvelopeId> EraseExpired(int limit)
    {
        List<Victim> over = Victims(_contents.Expired.Bind(1, _running.Seconds).Bind(2, limit));
        Erase(over, Erasure.Disappeared);
        FindNextExpiry();
        return over.ConvertAll(static v => v.Id);
    }

    /// <summary>Keeps what is set for a conversation.</summary>
    public void PutSetting(in StoredSetting setting) =>
        Named(_contents.PutSetting, 2, setting.Id).Bind(1, (long)setting.Id.Kind).Bind(3, setting.Timer)
            .Bind(4, setting.Revision).Bind(5, setting.IsMuted ? 1 : 0).Run();

    /// <summary>What is set for a conversation, also within this transaction.</summary>
    public StoredSetting SettingOf(ConversationId conversation)
    {
        Statement row = Named(_contents.Setting, 2, conversation).Bind(1, (long)conversation.Kind);
        StoredSetting setting = row.Step()
            ? new StoredSetting(conversation, (ushort)row.Long(0), (ushort)row.Long(1), row.Long(2) != 0)
            : new StoredSetting(conversation, 0, 0, false);
        row.Reset();
        return setting;
    }

    private byte[] SealContent(StoredMessage message)
    {
        byte[] plain = new byte[System.Text.Encoding.UTF8.GetMaxByteCount(message.Text.Length)
            + message.Content.Length];
        int length = WriteContent(message, plain);
        byte[] text = new byte[length + RowCipher.Overhead];
        _cipher.Seal(AssociatedData.Text(stackalloc byte[AssociatedData.MaxSize], message),
            plain.AsSpan(0, length), text);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(plain);
        return text;
    }

    private bool IsBeyondShare(in MessageShares.Key key, long grown) => key.IsRequest
        ? _shares.Of(key).Bytes + grown > Quota.OneStranger || _shares.Requests.Bytes + grown > Quota.Requests
        : _shares.Of(key).Bytes + grown > Quota.OneConversation || _shares.Others.Bytes + grown > Quota.Messages;

    // What this node wrote disappears from when it was written; what came in from when it was read, and unread when no
    // sender can be waiting any more.
    private long EndOf(StoredMessage message) => message.Timer == 0 ? 0
        : _running.Seconds + message.Timer * 60L + (message.IsUnread ? (long)Limits.MaxLifetime.TotalSeconds : 0);

    private void ExpiresAt(long second)
    {
        if (second > 0 && second < _nextExpiry)
            Volatile.Write(ref _nextExpiry, second);
    }

    private void FindNextExpiry()
    {
        long first = _database.Query("SELECT min(expires) FROM message WHERE expires > 0");
        Volatile.Write(ref _nextExpiry, first > 0 ? first : long.MaxValue);
    }
}
