using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// What is kept about conversations of every kind.
public sealed partial class StoreReader
{
    /// <summary>Kinds of envelopes that there can be: four bits of their first byte.</summary>
    private const long LastKind = 15;

    private readonly Statement _newestInConversation;
    private readonly Statement _opened;

    /// <summary>The newest messages of a conversation with an id of its own, oldest first.</summary>
    public IReadOnlyList<StoredMessage> FindMessages(ConversationId conversation, int limit)
    {
        lock (_gate)
        {
            List<StoredMessage> messages = ReadMessages(
                Named(_newestInConversation, conversation).Bind(3, End).Bind(4, limit), tolerant: true);
            messages.Reverse();
            return messages;
        }
    }

    /// <summary>
    /// Messages of a conversation with an id of its own, the newest first, as
    /// <see cref="NewestMessages(NodeAddress?, long?)"/>.
    /// </summary>
    public IEnumerable<StoredMessage> NewestMessages(ConversationId conversation, long? before) =>
        ReadNewest(place => Named(_newestInConversation, conversation).Bind(3, place).Bind(4, RowsAtOnce), before);

    /// <summary>Who sent an envelope that was opened before; null if it was not, or too long ago.</summary>
    public NodeAddress? FindOpened(EnvelopeKind kind, in EnvelopeId id)
    {
        lock (_gate)
        {
            _opened.Bind(1, id).Bind(2, (long)kind);
            if (!_opened.Step())
                return null;
            try
            {
                return NodeAddress.Read(_opened.Blob(0, NodeAddress.Size));
            }
            finally
            {
                _opened.Reset();
            }
        }
    }

    /// <summary>The states of all conversations of a kind. Secret: the caller zeroes them.</summary>
    public IReadOnlyList<(ConversationId Id, byte[] State)> Conversations(EnvelopeKind kind) => ReadAll(
        "conversation", $"SELECT kind, id, state FROM conversation WHERE kind = {(int)kind} ORDER BY id", row =>
    {
        ConversationId id = ReadId(row, 0, 1) ?? throw NoId();
        ReadOnlySpan<byte> bound = AssociatedData.Conversation(stackalloc byte[AssociatedData.MaxSize], id);
        return (id, _cipher.Open(bound, row.Blob(2)));
    });

    /// <summary>
    /// The pieces of the states of all conversations of a kind. Secret: the caller zeroes them. A piece that is damaged
    /// is among them without its value, because its state is worth nothing without it.
    /// </summary>
    public IReadOnlyList<StoredPiece> Pieces(EnvelopeKind kind) => ReadAll(
        "piece", $"SELECT kind, id, slot, value FROM piece WHERE kind = {(int)kind} ORDER BY id, slot", row =>
    {
        ConversationId id = ReadId(row, 0, 1) ?? throw NoId();
        int slot = (int)Bounded(row, 2, int.MaxValue);
        ReadOnlySpan<byte> bound = AssociatedData.Piece(stackalloc byte[AssociatedData.MaxSize], id, slot);
        ReadOnlySpan<byte> sealedValue = row.Blob(3);
        byte[] value = new byte[Math.Max(0, sealedValue.Length - RowCipher.Overhead)];
        if (_cipher.TryOpen(bound, sealedValue, value))
            return new StoredPiece(id, slot, value);
        Damage.Note("piece", "A piece of a conversation's state was altered: its seal does not hold.");
        return new StoredPiece(id, slot, null);
    });

    /// <summary>The copies of messages about which not everything is proven yet.</summary>
    public IReadOnlyList<StoredCopy> CopiesUnderWay() => ReadAll(
        "copy",
        "SELECT c.kind, c.id, c.message, c.state FROM copy c JOIN message m ON m.id = c.message "
        + "WHERE m.state IN (0, 1) "
        + "UNION ALL SELECT 3, envelope, id, state FROM message WHERE envelope IS NOT NULL AND state IN (0, 1)",
        row => new StoredCopy(
            (EnvelopeKind)Bounded(row, 0, LastKind), EnvelopeId.Read(row.Blob(1, EnvelopeId.Size)),
            EnvelopeId.Read(row.Blob(2, EnvelopeId.Size)), (MessageState)Bounded(row, 3, (long)MessageState.Received)));

    /// <summary>The envelopes of a kind that could not be opened yet, oldest first.</summary>
    public IReadOnlyList<StoredWaiting> Waiting(EnvelopeKind kind) => ReadAll(
        "waiting",
        $"SELECT id, kind, conversation, expires, header, payload FROM waiting WHERE kind = {(int)kind} ORDER BY seq",
        row =>
        {
            EnvelopeId id = EnvelopeId.Read(row.Blob(0, EnvelopeId.Size));
            ReadOnlySpan<byte> header = row.Blob(4, EnvelopeHeader.Size);
            ReadOnlySpan<byte> associated = AssociatedData.Payload(stackalloc byte[AssociatedData.MaxSize], id, header);
            byte[] envelope = [.. header, .. _cipher.Open(associated, row.Blob(5))];
            return new StoredWaiting(kind, id, ReadId(row, 1, 2), RunningTime.Left(row.Long(3)), envelope);
        });

    /// <summary>A conversation's id; null where the row has none.</summary>
    private static ConversationId? ReadId(Statement row, int kind, int bytes)
    {
        if (row.IsNull(bytes))
            return null;
        ReadOnlySpan<byte> id = row.Blob(bytes);
        return id.Length is 0 or > ConversationId.MaxSize
            ? throw NoId()
            : new ConversationId((EnvelopeKind)Bounded(row, kind, LastKind), id);
    }

    private static StoreException NoId() => new(StoreError.Corrupt, "A conversation in the store has no proper id.");

    private static Statement Named(Statement statement, ConversationId id)
    {
        Span<byte> name = stackalloc byte[ConversationId.MaxSize];
        id.Write(name);
        return statement.Bind(1, (long)id.Kind).Bind(2, name[..id.Size]);
    }
}
