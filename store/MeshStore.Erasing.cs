using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// Room for messages, and what goes to make it.
public sealed partial class MeshStore
{
    /// <summary>Refusals that are remembered. Arbitrary.</summary>
    private const int MaxRefused = 4096;

    /// <summary>Messages looked at in one go when room is made. Arbitrary.</summary>
    private const int ErasedTogether = 64;

    /// <summary>What is deleted is overwritten where that writes no further page.</summary>
    private const string FastErasing = "PRAGMA secure_delete = FAST";

    private long _erased;

    /// <summary>A message that is to be erased.</summary>
    private readonly record struct Victim(
        long Seq, EnvelopeId Id, bool Outgoing, MessageShares.Key Key, long Cost, long Arrived);

    /// <summary>Tells whether a message may come, and erases what has to go for it.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="key">The conversation that it belongs to.</param>
    /// <param name="cost">What it takes.</param>
    /// <param name="without">Why it does not come.</param>
    private bool MakeRoom(in EnvelopeId id, in MessageShares.Key key, long cost, out Inserted without)
    {
        without = Inserted.AlreadyThere;
        return key.IsRequest ? MakeRoomForRequest(id, key, cost, ref without) : MakeRoomForMessage(id, key, cost);
    }

    // One stranger that fills its own share loses its oldest, but for the first, which says who it is: its messages are
    // not left with relays that would bring them again and again. All strangers together fill theirs, and then whoever
    // has most gives way: a newcomer always finds room.
    private bool MakeRoomForRequest(in EnvelopeId id, in MessageShares.Key key, long cost, ref Inserted without)
    {
        if (_shares.Of(key).Bytes + cost <= Quota.OneStranger && _shares.Requests.Bytes + cost <= Quota.Requests)
            return true;
        if (Exists(id))
            return false;
        without = Inserted.NotKept;
        if (cost > Quota.OneStranger)
            return false;
        while (_shares.Of(key).Bytes + cost > Quota.OneStranger)
        {
            if (!EvictRequest(key))
                return false;
        }

        while (_shares.Requests.Bytes + cost > Quota.Requests && _shares.Largest(requests: true) is { } largest)
        {
            if (!EvictRequest(largest))
                return false;
        }

        return true;
    }

    // Some at a time, because each time costs a walk; the first goes when nothing else is left.
    private bool EvictRequest(in MessageShares.Key key)
    {
        int count = _shares.Of(key).Count;
        int some = Math.Clamp(count / 16, 1, ErasedTogether);
        Statement oldest = _messages.OldRequests.Bind(1, key.With).Bind(2, some).Bind(3, count > 1 ? 1 : 0);
        return Erase(Victims(oldest), thoroughly: false, evicted: true) > 0;
    }

    // A conversation above its part loses its own oldest messages; above the whole, the largest one does. Messages whose
    // state is not final stay: they are this node's own, and few.
    private bool MakeRoomForMessage(in EnvelopeId id, in MessageShares.Key key, long cost)
    {
        bool checkedId = false;
        while (Crowded(key, cost) is { } crowded)
        {
            if (!checkedId && Exists(id))
                return false;
            checkedId = true;
            if (Erase(OldestFinal(crowded), thoroughly: false, evicted: false) == 0)
                break;
        }

        return true;
    }

    private MessageShares.Key? Crowded(in MessageShares.Key key, long cost) =>
        _shares.Of(key).Bytes + cost > Quota.OneConversation ? key
        : _shares.Others.Bytes + cost > Quota.Messages || _shares.Others.Count >= _options.MaxMessages ? _shares.Largest(requests: false)
        : null;

    // Some at a time, because each time costs a walk over the oldest.
    private List<Victim> OldestFinal(in MessageShares.Key key)
    {
        int some = Math.Clamp(Math.Min(_options.MaxMessages, _shares.Of(key).Count) / 100, 1, ErasedTogether);
        return Victims(key.Conversation is { } conversation
            ? Named(_messages.OldestInConversation, 2, conversation).Bind(1, (long)conversation.Kind).Bind(3, some)
            : _messages.OldestWithPeer.Bind(1, key.With).Bind(2, some));
    }

    private List<Victim> Victims(Statement rows)
    {
        var victims = new List<Victim>();
        while (rows.Step())
        {
            ConversationId? conversation = IdOf(rows.Blob(4), rows.Long(8));
            // A damaged row goes like others; nothing is remembered of it but that it is gone.
            EnvelopeId id = rows.Blob(1).Length == EnvelopeId.Size ? EnvelopeId.Read(rows.Blob(1)) : default;
            NodeAddress peer = rows.Blob(3).Length == NodeAddress.Size ? NodeAddress.Read(rows.Blob(3)) : default;
            victims.Add(new Victim(
                rows.Long(0), id, rows.Long(2) != 0, new MessageShares.Key(conversation?.AsPeer ?? peer, conversation, rows.Long(5) == 1),
                MessageShares.CostOf(rows.Long(6)), rows.Long(7)));
        }

        return victims;
    }

    private int Erase(List<Victim> victims, bool thoroughly, bool evicted)
    {
        if (victims.Count == 0)
            return 0;
        if (thoroughly)
            _database.Execute("PRAGMA secure_delete = ON"); // Takes effect when it is compiled.
        try
        {
            foreach (Victim victim in victims)
            {
                _messages.Delete.Bind(1, victim.Seq).Run();
                _shares.Add(victim.Key, -victim.Cost, -1);
                if (!victim.Outgoing)
                    Remember(victim, evicted);
            }
        }
        finally
        {
            if (thoroughly)
                _database.Execute(FastErasing);
        }

        _eraseLog |= thoroughly;
        int kept = evicted ? Math.Max(1, Quota.Erased / 4) : Quota.Erased;
        _messages.PruneErased.Bind(1, evicted ? 1 : 0).Bind(2, _running.Seconds).Bind(3, kept).Run();
        return victims.Count;
    }

    // An envelope travels at most for the longest lifetime; so long a copy of it may come, and is not new.
    private void Remember(in Victim victim, bool evicted)
    {
        long until = victim.Arrived + (long)Limits.MaxLifetime.TotalSeconds;
        if (until <= _running.Seconds)
            return;
        Span<byte> mark = stackalloc byte[RowCipher.MarkSize];
        _cipher.Mark(victim.Id, mark);
        _messages.PutErased.Bind(1, mark).Bind(2, until).Bind(3, evicted ? 1 : 0).Run();
        _erased++;
    }

    private bool IsErased(in EnvelopeId id)
    {
        Span<byte> mark = stackalloc byte[RowCipher.MarkSize];
        _cipher.Mark(id, mark);
        Statement erased = _messages.IsErased.Bind(1, mark);
        bool found = erased.Step();
        erased.Reset();
        return found;
    }

    private void RestoreShares()
    {
        try
        {
            CountMessages();
        }
        catch (StoreException e) when (e.Error == StoreError.Corrupt)
        {
            // A damaged page: what is behind it takes room that nobody is charged for.
            Damage.Note("message", e.Message);
        }

        foreach ((NodeAddress peer, Standing standing) in Reader.Standings())
            _standings.Restore(peer, standing);
        _erased = _database.Query("SELECT count(*) FROM erased");
        _shares.Commit();
    }

    private void CountMessages()
    {
        using Statement rows = _database.PrepareOnce(
            $"SELECT conversation, peer, request, count(*), sum({MessageShares.CostInSql}), kind FROM message "
            + "GROUP BY request, kind, conversation, CASE WHEN conversation IS NULL THEN peer END");
        while (rows.Step())
        {
            ConversationId? conversation = IdOf(rows.Blob(0), rows.Long(5));
            NodeAddress peer = rows.Blob(1).Length == NodeAddress.Size ? NodeAddress.Read(rows.Blob(1)) : default;
            _shares.Add(
                new MessageShares.Key(conversation?.AsPeer ?? peer, conversation, rows.Long(2) == 1), rows.Long(4), (int)rows.Long(3));
        }
    }

    /// <summary>The id of a row; null where it has none, or a damaged one.</summary>
    private static ConversationId? IdOf(ReadOnlySpan<byte> bytes, long kind) =>
        bytes.Length is > 0 and <= ConversationId.MaxSize ? new ConversationId((EnvelopeKind)kind, bytes) : null;

    private static long BytesOf(string path)
    {
        long bytes = 0;
        foreach (string suffix in (ReadOnlySpan<string>)["", "-wal"])
            bytes += new FileInfo(path + suffix) is { Exists: true } file ? file.Length : 0;
        return bytes;
    }
}
