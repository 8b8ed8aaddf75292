using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

/// <summary>
/// Reads what is committed, on a connection of its own. Safe to call from several threads, also while something is
/// being written. Every method throws <see cref="StoreException"/> where the disk fails or a row was altered.
/// </summary>
public sealed partial class StoreReader
{
    private const string MessageColumns =
        "SELECT id, outgoing, peer, text, state, reason, hops, priority, created, updated, group_id, security, "
        + "CASE WHEN group_id IS NULL THEN 0 ELSE (SELECT count(*) FROM lite_copy WHERE lite_copy.message = message.id) END, "
        + "CASE WHEN group_id IS NULL THEN 0 ELSE (SELECT count(*) FROM lite_copy WHERE lite_copy.message = message.id AND lite_copy.state = 2) END "
        + "FROM message ";

    private readonly Lock _gate = new();
    private readonly Database _database;
    private readonly RowCipher _cipher;
    private readonly int _seenCapacity;
    private readonly Statement _message;
    private readonly Statement _newest;
    private readonly Statement _newestWith;
    private readonly Statement _between;
    private readonly Statement _envelope;
    private readonly Statement _value;

    internal StoreReader(Database database, RowCipher cipher, RunningTime running, int seenCapacity)
    {
        _database = database;
        _cipher = cipher;
        _seenCapacity = seenCapacity;
        RunningTime = running;
        _message = database.Prepare(MessageColumns + "WHERE id = ?");
        _newest = database.Prepare(MessageColumns + "ORDER BY seq DESC LIMIT ?");
        _newestWith = database.Prepare(MessageColumns + "WHERE peer = ? ORDER BY seq DESC LIMIT ?");
        _between = database.Prepare(MessageColumns + "WHERE id BETWEEN ? AND ? LIMIT 2");
        _envelope = database.Prepare("SELECT header, payload FROM envelope WHERE id = ?");
        _newestInGroup = database.Prepare(MessageColumns + "WHERE group_id = ? ORDER BY seq DESC LIMIT ?");
        _liteSeen = database.Prepare("SELECT sender FROM lite_seen WHERE id = ?");
        _value = database.Prepare("SELECT value FROM value WHERE name = ?");
    }

    internal RunningTime RunningTime { get; }

    /// <summary>The message with an id; null if there is none.</summary>
    public StoredMessage? FindMessage(in EnvelopeId id)
    {
        lock (_gate)
            return ReadMessages(_message.Bind(1, id)).FirstOrDefault();
    }

    /// <summary>The newest messages, oldest first.</summary>
    /// <param name="with">Only those to or from this peer; null for all.</param>
    /// <param name="limit">How many at most.</param>
    public IReadOnlyList<StoredMessage> FindMessages(NodeAddress? with, int limit)
    {
        lock (_gate)
        {
            List<StoredMessage> messages = ReadMessages(with is { } peer ? _newestWith.Bind(1, peer).Bind(2, limit) : _newest.Bind(1, limit));
            messages.Reverse();
            return messages;
        }
    }

    /// <summary>The message whose id begins with some hexadecimal digits, if there is exactly one.</summary>
    public PrefixMatch FindMessage(string idPrefix, out StoredMessage? message)
    {
        message = null;
        const int digits = EnvelopeId.Size * 2;
        if (idPrefix.Length is 0 or > digits
            || !UInt128.TryParse(idPrefix.PadRight(digits, '0'), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 low))
            return PrefixMatch.None;
        int free = 4 * (digits - idPrefix.Length);
        UInt128 high = low | (free == 128 ? UInt128.MaxValue : (UInt128.One << free) - 1);
        lock (_gate)
        {
            List<StoredMessage> found = ReadMessages(_between.Bind(1, Id(low)).Bind(2, Id(high)));
            message = found.Count == 1 ? found[0] : null;
            return (PrefixMatch)found.Count;
        }
    }

    /// <summary>Header and payload of a held envelope; null if it is gone.</summary>
    public byte[]? FindEnvelope(in EnvelopeId id)
    {
        lock (_gate)
        {
            _envelope.Bind(1, id);
            if (!_envelope.Step())
                return null;
            try
            {
                ReadOnlySpan<byte> header = _envelope.Blob(0, EnvelopeHeader.Size);
                ReadOnlySpan<byte> associated = AssociatedData.Payload(stackalloc byte[AssociatedData.MaxSize], id, header);
                return [.. header, .. _cipher.Open(associated, _envelope.Blob(1))];
            }
            finally
            {
                _envelope.Reset();
            }
        }
    }

    /// <summary>The held envelopes, oldest first, without their payloads; for a restart.</summary>
    public IReadOnlyList<StoredEnvelope> Envelopes() => ReadAll(
        "SELECT id, upstream, originated, expires, header, length(payload), proof FROM envelope ORDER BY seq", row =>
        {
            EnvelopeId id = EnvelopeId.Read(row.Blob(0, EnvelopeId.Size));
            if (!EnvelopeHeader.TryRead(row.Blob(4, EnvelopeHeader.Size), out EnvelopeHeader header))
                throw new StoreException(StoreError.Corrupt, "A held envelope's header in the store is damaged.");
            ReadOnlySpan<byte> proof = row.Blob(6);
            var holding = new Holding(
                NodeAddress.Read(row.Blob(1, NodeAddress.Size)), row.Long(2) != 0, RunningTime.Left(row.Long(3)),
                proof.IsEmpty ? default : _cipher.Open(AssociatedData.Proof(stackalloc byte[AssociatedData.MaxSize], id), proof));
            return new StoredEnvelope(id, holding, header, EnvelopeHeader.Size + (int)row.Long(5) - RowCipher.Overhead);
        });

    /// <summary>The seen ids, oldest first; the last entry of an id counts.</summary>
    public IReadOnlyList<SeenEnvelope> Seen()
    {
        var seen = new List<SeenEnvelope>();
        _ = ReadAll("SELECT entries FROM seen ORDER BY number", row =>
        {
            ReadOnlySpan<byte> entries = CheckedEntries(row.Blob(0));
            for (; !entries.IsEmpty; entries = entries[SeenLog.EntrySize..])
                seen.Add(new SeenEnvelope(EnvelopeId.Read(entries), entries[EnvelopeId.Size]));
            return 0;
        });
        return seen.Count <= _seenCapacity ? seen : CollectionsMarshal.AsSpan(seen)[^_seenCapacity..].ToArray();
    }

    /// <summary>The announces kept, verified before they were.</summary>
    public IReadOnlyList<byte[]> Announces() =>
        ReadAll("SELECT bytes FROM announce", row => row.Blob(0).ToArray());

    /// <summary>The routes kept.</summary>
    public IReadOnlyList<StoredRoute> Routes() => ReadAll(
        "SELECT destination, next_hop, sequence, metric FROM route", row => new StoredRoute(
            NodeAddress.Read(row.Blob(0, NodeAddress.Size)), NodeAddress.Read(row.Blob(1, NodeAddress.Size)),
            (ushort)row.Long(2), new Metric((ushort)row.Long(3))));

    /// <summary>The names given to addresses.</summary>
    public IReadOnlyDictionary<string, NodeAddress> Aliases() => ReadAll(
        "SELECT name, address FROM alias",
        row => KeyValuePair.Create(Encoding.UTF8.GetString(row.Blob(0)), NodeAddress.Read(row.Blob(1, NodeAddress.Size)))).ToDictionary();

    /// <summary>This node's own announce sequence; 0 if none was kept.</summary>
    public uint Sequence() => FindValue(MeshStore.SequenceName) is { Length: sizeof(uint) } bytes
        ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : 0;

    /// <summary>The value kept under a name; null if there is none.</summary>
    public byte[]? FindValue(ReadOnlySpan<byte> name)
    {
        lock (_gate)
        {
            _value.Bind(1, name);
            if (!_value.Step())
                return null;
            try
            {
                return _cipher.Open(AssociatedData.Value(stackalloc byte[AssociatedData.MaxSize], name), _value.Blob(0));
            }
            finally
            {
                _value.Reset();
            }
        }
    }

    internal static ReadOnlySpan<byte> CheckedEntries(ReadOnlySpan<byte> entries) =>
        entries.Length % SeenLog.EntrySize == 0 && entries.Length <= SeenLog.BlockEntries * SeenLog.EntrySize
            ? entries : throw new StoreException(StoreError.Corrupt, "A block of seen ids in the store is damaged.");

    internal void Dispose()
    {
        lock (_gate)
            _database.Dispose();
    }

    private static EnvelopeId Id(UInt128 value) => new((ulong)(value >> 64), (ulong)value);

    private List<T> ReadAll<T>(string sql, Func<Statement, T> read)
    {
        lock (_gate)
        {
            using Statement rows = _database.PrepareOnce(sql);
            var all = new List<T>();
            while (rows.Step())
                all.Add(read(rows));
            return all;
        }
    }

    private List<StoredMessage> ReadMessages(Statement rows)
    {
        var messages = new List<StoredMessage>();
        try
        {
            while (rows.Step())
                messages.Add(ReadMessage(rows));
        }
        finally
        {
            rows.Reset();
        }

        return messages;
    }

    private StoredMessage ReadMessage(Statement row)
    {
        EnvelopeId id = EnvelopeId.Read(row.Blob(0, EnvelopeId.Size));
        bool outgoing = row.Long(1) != 0;
        NodeAddress peer = NodeAddress.Read(row.Blob(2, NodeAddress.Size));
        var message = new StoredMessage(
            id, outgoing, peer, "", (MessageState)row.Long(4), (byte)row.Long(5), (int)row.Long(6),
            (Priority)row.Long(7), DateTimeOffset.FromUnixTimeMilliseconds(row.Long(8)), DateTimeOffset.FromUnixTimeMilliseconds(row.Long(9)))
        {
            Group = row.Blob(10).IsEmpty ? null : LiteGroupId.Read(row.Blob(10, LiteGroupId.Size)),
            Security = (MessageSecurity)row.Long(11),
            Recipients = (int)row.Long(12),
            DeliveredTo = (int)row.Long(13),
        };
        byte[] text = _cipher.Open(AssociatedData.Text(stackalloc byte[AssociatedData.MaxSize], message), row.Blob(3));
        return message with { Text = Encoding.UTF8.GetString(text) };
    }
}
