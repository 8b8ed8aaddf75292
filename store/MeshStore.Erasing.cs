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

    /// <summary>What is deleted is overwritten wherever it stands.</summary>
    private const string ThoroughErasing = "PRAGMA secure_delete = ON";

    /// <summary>Marks of dropped messages after which the oldest are looked for. Arbitrary.</summary>
    private const int DroppedTogether = 64;

    private long _erased;
    private long _early;

    /// <summary>
    /// Why a message is erased: the marks of each sort have room of their own. The numbers are on disk.
    /// </summary>
    internal enum Erasure
    {
        /// <summary>Its conversation, or all of them, had no room.</summary>
        MessageGaveWay = 0,

        /// <summary>A request; the requests had no room.</summary>
        RequestGaveWay = 1,

        /// <summary>The owner deleted it, or refused whom it is from.</summary>
        ByOwner = 2,

        /// <summary>Its time was over.</summary>
        Disappeared = 3,

        /// <summary>It was never kept: its sender was blocked.</summary>
        Dropped = 4,
    }

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
        return Erase(Victims(oldest), Erasure.RequestGaveWay) > 0;
    }

    // A conversation above its part loses its own oldest messages; above the whole, the largest one does. Messages
    // whose state is not final stay: they are this node's own, and few.
    private bool MakeRoomForMessage(in EnvelopeId id, in MessageShares.Key key, long cost)
    {
        bool checkedId = false;
        while (Crowded(key, cost) is { } crowded)
        {
            if (!checkedId && Exists(id))
                return false;
            checkedId = true;
            if (Erase(OldestFinal(crowded), Erasure.MessageGaveWay) == 0)
                break;
        }

        return true;
    }

    private MessageShares.Key? Crowded(in MessageShares.Key key, long cost) =>
        _shares.Of(key).Bytes + cost > Quota.OneConversation ? key
        : _shares.Others.Bytes + cost > Quota.Messages || _shares.Others.Count >= _options.MaxMessages
        ? _shares.Largest(requests: false)
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
                rows.Long(0), id, rows.Long(2) != 0,
                new MessageShares.Key(conversation?.AsPeer ?? peer, conversation, rows.Long(5) == 1),
                MessageShares.CostOf(rows.Long(6)), rows.Long(7)));
        }

        return victims;
    }

    // A row that changes may move, and the pages of its text with it. Those that it leaves are overwritten, or the text
    // would outlive the row.
    private void RunThoroughly(Statement change)
    {
        _database.Execute(ThoroughErasing);
        try
        {
            change.Run();
        }
        finally
        {
            _database.Execute(FastErasing);
        }
    }

    private int Erase(List<Victim> victims, Erasure why)
    {
        if (victims.Count == 0)
            return 0;
        bool thoroughly = why is Erasure.ByOwner or Erasure.Disappeared;
        if (thoroughly)
            _database.Execute(ThoroughErasing); // Takes effect when it is compiled.
        try
        {
            foreach (Victim victim in victims)
            {
                _messages.Delete.Bind(1, victim.Seq).Run();
                _shares.Add(victim.Key, -victim.Cost, -1);
                if (!victim.Outgoing)
                    Remember(victim, why);
            }
        }
        finally
        {
            if (thoroughly)
                _database.Execute(FastErasing);
        }

        _eraseLog |= thoroughly;
        PruneMarks(why);
        return victims.Count;
    }

    private void PruneMarks(Erasure why) =>
        _messages.PruneErased.Bind(1, (long)why).Bind(2, _running.Seconds).Bind(3, MarksKept(why)).Run();

    // What others bring about must not push out what the owner did: the marks of that stay until no copy can come any
    // more. There are never more of them than messages were here.
    private int MarksKept(Erasure why) => why switch
    {
        Erasure.MessageGaveWay or Erasure.Disappeared => Quota.Erased,
        Erasure.RequestGaveWay or Erasure.Dropped => Math.Max(1, Quota.Erased / 4),
        Erasure.ByOwner => int.MaxValue,
        _ => throw new InvalidOperationException($"Nothing is erased for {why}."),
    };

    // An envelope travels at most for the longest lifetime; so long a copy of it may come, and is not new.
    private void Remember(in Victim victim, Erasure why)
    {
        long until = victim.Arrived + (long)Limits.MaxLifetime.TotalSeconds;
        if (until <= _running.Seconds)
            return;
        PutMark(victim.Id, until, why);
    }

    private void PutMark(in EnvelopeId id, long until, Erasure why)
    {
        Span<byte> mark = stackalloc byte[RowCipher.MarkSize];
        _cipher.Mark(id, mark);
        _messages.PutErased.Bind(1, mark).Bind(2, until).Bind(3, (long)why).Run();
        _erased++;
    }

    /// <summary>Why a message must not come as new; null if it may.</summary>
    private Erasure? MarkOf(in EnvelopeId id)
    {
        if (_erased == 0)
            return null;
        Span<byte> mark = stackalloc byte[RowCipher.MarkSize];
        _cipher.Mark(id, mark);
        Statement erased = _messages.MarkOf.Bind(1, mark);
        Erasure? why = erased.Step() ? (Erasure)erased.Long(0) : null;
        erased.Reset();
        return why;
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
        _early = _database.Query("SELECT count(*) FROM early");
        FindNextExpiry();
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
                new MessageShares.Key(conversation?.AsPeer ?? peer, conversation, rows.Long(2) == 1), rows.Long(4),
                (int)rows.Long(3));
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
