using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// Messages.
public sealed partial class StoreReader
{
    private const string MessageColumns =
        "SELECT id, outgoing, peer, text, state, reason, hops, priority, created, updated, conversation, security, request, sent, late, "
        + "CASE WHEN conversation IS NULL THEN 0 ELSE (SELECT count(*) FROM copy WHERE copy.message = message.id) END, "
        + "CASE WHEN conversation IS NULL THEN 0 ELSE (SELECT count(*) FROM copy WHERE copy.message = message.id AND copy.state = 2) END, kind "
        + "FROM message ";

    private static readonly long LatestTime = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>The message with an id; null if there is none.</summary>
    public StoredMessage? FindMessage(in EnvelopeId id)
    {
        lock (_gate)
            return ReadMessages(_message.Bind(1, id), tolerant: false).FirstOrDefault();
    }

    /// <summary>The newest messages, oldest first. One whose text is damaged is among them, without it.</summary>
    /// <param name="with">Only those to or from this peer; null for all.</param>
    /// <param name="limit">How many at most.</param>
    public IReadOnlyList<StoredMessage> FindMessages(NodeAddress? with, int limit)
    {
        lock (_gate)
        {
            List<StoredMessage> messages = ReadMessages(with is { } peer ? _newestWith.Bind(1, peer).Bind(2, limit) : _newest.Bind(1, limit), tolerant: true);
            messages.Reverse();
            return messages;
        }
    }

    /// <param name="rows">The statement, bound.</param>
    /// <param name="tolerant">Leave damaged rows out, and give those whose text alone is damaged without it.</param>
    private List<StoredMessage> ReadMessages(Statement rows, bool tolerant)
    {
        var messages = new List<StoredMessage>();
        try
        {
            while (rows.Step())
            {
                if (tolerant)
                    AddReadable("message", rows, row => ReadMessage(row, tolerant: true), messages);
                else
                    messages.Add(ReadMessage(rows, tolerant: false));
            }
        }
        catch (StoreException e) when (tolerant && e.Error == StoreError.Corrupt)
        {
            Damage.Note("message", e.Message);
        }
        finally
        {
            rows.Reset();
        }

        return messages;
    }

    private StoredMessage ReadMessage(Statement row, bool tolerant)
    {
        EnvelopeId id = EnvelopeId.Read(row.Blob(0, EnvelopeId.Size));
        bool outgoing = row.Long(1) != 0;
        NodeAddress peer = NodeAddress.Read(row.Blob(2, NodeAddress.Size));
        var message = new StoredMessage(
            id, outgoing, peer, "", (MessageState)Bounded(row, 4, (long)MessageState.Received), (byte)row.Long(5), (int)row.Long(6),
            (Priority)Bounded(row, 7, (long)Priority.Emergency), Time(row.Long(8)), Time(row.Long(9)))
        {
            Conversation = ReadId(row, 17, 10),
            Protection = (byte)Bounded(row, 11, byte.MaxValue),
            IsRequest = row.Long(12) == 1,
            SentAt = row.IsNull(13) ? null : Time(row.Long(13)),
            IsLate = row.Long(14) != 0,
            Recipients = (int)row.Long(15),
            DeliveredTo = (int)row.Long(16),
        };
        try
        {
            byte[] text = _cipher.Open(AssociatedData.Text(stackalloc byte[AssociatedData.MaxSize], message), row.Blob(3));
            return message with { Text = Encoding.UTF8.GetString(text) };
        }
        catch (StoreException e) when (tolerant && e.Error == StoreError.Corrupt)
        {
            Damage.Note("message", e.Message);
            return message with { IsDamaged = true };
        }
    }

    private static long Bounded(Statement row, int column, long last) => row.Long(column) is var value && value >= 0 && value <= last
        ? value : throw new StoreException(StoreError.Corrupt, "A message in the store has a state, priority or protection that does not exist.");

    private static DateTimeOffset Time(long milliseconds) => milliseconds >= 0 && milliseconds <= LatestTime
        ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
        : throw new StoreException(StoreError.Corrupt, "A message in the store has a time that does not exist.");
}
