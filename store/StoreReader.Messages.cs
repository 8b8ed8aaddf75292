using System.Text;
using System.Text.Unicode;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// Messages.
public sealed partial class StoreReader
{
    internal const string MessageColumns =
        "SELECT id, outgoing, peer, text, state, reason, hops, priority, created, updated, conversation, security, "
            + "request, sent, late, "
        + "CASE WHEN conversation IS NULL THEN 0 ELSE (SELECT count(*) FROM copy WHERE copy.message = message.id) END, "
        + "CASE WHEN conversation IS NULL THEN 0 ELSE (SELECT count(*) FROM copy WHERE copy.message = message.id AND "
        + "copy.state = 2) END, kind, extras, timer, expires, unread, place, seq "
        + "FROM message ";

    private const int SequenceColumn = 23;

    /// <summary>The place behind every message, for lists that begin with the newest.</summary>
    private const long End = long.MaxValue;

    /// <summary>Rows that a list reads at once: their texts are in memory together. Arbitrary.</summary>
    private const int RowsAtOnce = 32;

    private readonly Statement _newest;
    private readonly Statement _newestWith;
    private readonly Statement _place;
    private readonly Statement _byPrefix;
    private readonly Statement _byPlace;
    private readonly Statement _dropped;

    private static readonly long LatestTime = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>The message with an id; null if there is none.</summary>
    public StoredMessage? FindMessage(in EnvelopeId id)
    {
        lock (_gate)
            return ReadMessages(_message.Bind(1, id), tolerant: false).FirstOrDefault();
    }

    /// <summary>The newest messages, oldest first. One whose text is damaged is among them, without it.</summary>
    /// <param name="with">Only those of the conversation with this peer; null for all.</param>
    /// <param name="limit">How many at most.</param>
    public IReadOnlyList<StoredMessage> FindMessages(NodeAddress? with, int limit)
    {
        lock (_gate)
        {
            List<StoredMessage> messages = ReadMessages(Newest(with, End, limit), tolerant: true);
            messages.Reverse();
            return messages;
        }
    }

    /// <summary>
    /// The place of a message in the order in which messages came; null if there is none with that id.
    /// </summary>
    public long? FindPlace(in EnvelopeId id)
    {
        lock (_gate)
        {
            _place.Bind(1, id);
            if (!_place.Step())
                return null;
            long place = _place.Long(0);
            _place.Reset();
            return place;
        }
    }

    /// <summary>
    /// Messages, the newest first, damaged ones as in <see cref="FindMessages(NodeAddress?, int)"/>. A few are read at
    /// a time, while somebody takes them: a conversation may be longer than memory.
    /// </summary>
    /// <param name="with">Only those of the conversation with this peer; null for all.</param>
    /// <param name="before">Only those that came before the message of this place; null for all.</param>
    public IEnumerable<StoredMessage> NewestMessages(NodeAddress? with, long? before) =>
        ReadNewest(place => Newest(with, place, RowsAtOnce), before);

    /// <summary>There are messages of a conversation.</summary>
    public bool HasMessages(ConversationId conversation)
    {
        lock (_gate)
        {
            Statement any = conversation.IsDirect
                ? _newestWith.Bind(1, conversation.AsPeer).Bind(2, End).Bind(3, 1)
                : Named(_newestInConversation, conversation).Bind(3, End).Bind(4, 1);
            bool found = any.Step();
            any.Reset();
            return found;
        }
    }

    /// <summary>The messages that a reference names, each with its conversation; at most a few.</summary>
    /// <param name="idPrefix">The first half of an id, if there is no place.</param>
    /// <param name="place">A place in a conversation; empty if it is an id.</param>
    public IReadOnlyList<(EnvelopeId Id, ConversationId Conversation)> FindReferenced(
        ulong idPrefix, ReadOnlySpan<byte> place)
    {
        var found = new List<(EnvelopeId, ConversationId)>();
        lock (_gate)
        {
            Statement rows = place.IsEmpty
                ? _byPrefix.Bind(1, new EnvelopeId(idPrefix, 0)).Bind(2, new EnvelopeId(idPrefix, ulong.MaxValue))
                : _byPlace.Bind(1, place);
            while (rows.Step())
            {
                if (rows.Blob(0).Length == EnvelopeId.Size && rows.Blob(3).Length == NodeAddress.Size)
                {
                    found.Add((
                        EnvelopeId.Read(rows.Blob(0)), ReadId(rows, 1, 2)
                            ?? ConversationId.With(NodeAddress.Read(rows.Blob(3)))));
                }
            }
        }

        return found;
    }

    private Statement Newest(NodeAddress? with, long before, int limit) => with is { } peer
        ? _newestWith.Bind(1, peer).Bind(2, before).Bind(3, limit)
        : _newest.Bind(1, before).Bind(2, limit);

    /// <summary>Takes rows a few at a time, from the newest on.</summary>
    /// <param name="bind">The statement for rows before a place, bound; it brings <see cref="RowsAtOnce"/> at
    /// most.</param>
    /// <param name="before">Where to begin.</param>
    private IEnumerable<StoredMessage> ReadNewest(Func<long, Statement> bind, long? before)
    {
        long place = before ?? End;
        long begun;
        int rows;
        do
        {
            begun = place;
            List<StoredMessage> some;
            lock (_gate)
                some = ReadMessages(bind(place), tolerant: true, out rows, ref place);
            foreach (StoredMessage message in some)
                yield return message;
        }
        while (rows == RowsAtOnce && place < begun); // In a damaged file rows may stand in any order.
    }

    /// <summary>
    /// Messages of a conversation, the oldest first; damaged ones and memory as in
    /// <see cref="NewestMessages(NodeAddress?, long?)"/>.
    /// </summary>
    /// <param name="conversation">The conversation.</param>
    /// <param name="after">Only those that came after the message of this place; null for all.</param>
    public IEnumerable<StoredMessage> OldestMessages(ConversationId conversation, long? after)
    {
        long place = after ?? 0;
        long begun;
        int rows;
        do
        {
            begun = place;
            List<StoredMessage> some;
            lock (_gate)
            {
                Statement bound = conversation.IsDirect
                    ? _oldestWith.Bind(1, conversation.AsPeer).Bind(2, place).Bind(3, RowsAtOnce)
                    : Named(_oldestInConversation, conversation).Bind(3, place).Bind(4, RowsAtOnce);
                some = ReadMessages(bound, tolerant: true, out rows, ref place);
            }

            foreach (StoredMessage message in some)
                yield return message;
        }
        while (rows == RowsAtOnce && place > begun);
    }

    private List<StoredMessage> ReadMessages(Statement rows, bool tolerant)
    {
        long place = End;
        return ReadMessages(rows, tolerant, out _, ref place);
    }

    /// <param name="rows">The statement, bound.</param>
    /// <param name="tolerant">Leave damaged rows out, and give those whose text alone is damaged without it.</param>
    /// <param name="count">Rows that were there, damaged ones among them.</param>
    /// <param name="place">Becomes that of the last of them.</param>
    private List<StoredMessage> ReadMessages(Statement rows, bool tolerant, out int count, ref long place)
    {
        var messages = new List<StoredMessage>();
        count = 0;
        try
        {
            while (rows.Step())
            {
                count++;
                place = rows.Long(SequenceColumn);
                if (tolerant)
                    AddReadable("message", rows, row => ReadMessage(row, tolerant: true), messages);
                else
                    messages.Add(ReadMessage(rows, tolerant: false));
            }
        }
        catch (StoreException e) when (tolerant && e.Error == StoreError.Corrupt)
        {
            // A damaged page: what is behind it cannot be found.
            count = 0;
            Damage.Note("message", e.Message);
        }
        finally
        {
            rows.Reset();
        }

        return messages;
    }

    internal StoredMessage ReadMessage(Statement row, bool tolerant)
    {
        EnvelopeId id = EnvelopeId.Read(row.Blob(0, EnvelopeId.Size));
        bool outgoing = row.Long(1) != 0;
        NodeAddress peer = NodeAddress.Read(row.Blob(2, NodeAddress.Size));
        var message = new StoredMessage(
            id, outgoing, peer, "", (MessageState)Bounded(row, 4, (long)MessageState.Received), (byte)row.Long(5),
            (int)row.Long(6),
            (Priority)Bounded(row, 7, (long)Priority.Emergency), Time(row.Long(8)), Time(row.Long(9)))
        {
            Conversation = ReadId(row, 17, 10),
            Protection = (byte)Bounded(row, 11, byte.MaxValue),
            IsRequest = row.Long(12) == 1,
            SentAt = row.IsNull(13) ? null : Time(row.Long(13)),
            IsLate = row.Long(14) != 0,
            Recipients = (int)row.Long(15),
            DeliveredTo = (int)row.Long(16),
            Timer = (ushort)Bounded(row, 19, ushort.MaxValue),
            ExpiresIn = row.Long(20) is > 0 and var expires ? RunningTime.Until(expires) : null,
            IsUnread = row.Long(21) != 0,
            Place = row.IsNull(22) ? default(ReadOnlyMemory<byte>) : row.Blob(22).ToArray(),
        };
        try
        {
            if (!row.IsNull(18))
            {
                ReadOnlySpan<byte> bound = AssociatedData.Extras(stackalloc byte[AssociatedData.MaxSize], message);
                message = message with { Extras = _cipher.Open(bound, row.Blob(18)) };
            }

            byte[] text = _cipher.Open(AssociatedData.Text(stackalloc byte[AssociatedData.MaxSize], message),
                row.Blob(3));
            return Utf8.IsValid(text) ? message with { Text = Encoding.UTF8.GetString(text) } : message with
            { Content = text };
        }
        catch (StoreException e) when (tolerant && e.Error == StoreError.Corrupt)
        {
            Damage.Note("message", e.Message);
            return message with { IsDamaged = true };
        }
    }

    private static long Bounded(Statement row, int column, long last) => row.Long(column) is var value && value >= 0
        && value <= last
        ? value : throw new StoreException(
            StoreError.Corrupt, "A message in the store has a state, priority or protection that does not exist.");

    private static DateTimeOffset Time(long milliseconds) => milliseconds >= 0 && milliseconds <= LatestTime
        ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
        : throw new StoreException(StoreError.Corrupt, "A message in the store has a time that does not exist.");
}
