using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

/// <summary>
/// Reads what is committed, on a connection of its own. Safe to call from several threads, also while something is
/// being written. Every method throws <see cref="StoreException"/> where the disk fails. Of a damaged row, methods that
/// look for one row throw it too; lists leave it out and note it in <see cref="Damage"/>.
/// </summary>
public sealed partial class StoreReader
{
    private readonly Lock _gate = new();
    private readonly Database _database;
    private readonly RowCipher _cipher;
    private readonly int _seenCapacity;
    private readonly Statement _message;
    private readonly Statement _envelope;
    private readonly Statement _value;

    internal StoreReader(Database database, RowCipher cipher, RunningTime running, int seenCapacity)
    {
        _database = database;
        _cipher = cipher;
        _seenCapacity = seenCapacity;
        RunningTime = running;
        _message = database.Prepare(MessageColumns + "WHERE id = ?");
        _newest = database.Prepare(MessageColumns + "WHERE seq < ? ORDER BY seq DESC LIMIT ?");
        _newestWith = database.Prepare(MessageColumns
            + "WHERE peer = ? AND conversation IS NULL AND seq < ? ORDER BY seq DESC LIMIT ?");
        const string referenced = "SELECT id, kind, conversation, peer FROM message WHERE ";
        _byPrefix = database.Prepare(referenced + "id BETWEEN ? AND ? LIMIT 8");
        _byPlace = database.Prepare(referenced + "place = ? LIMIT 8");
        _dropped = database.Prepare(
            $"SELECT 1 FROM erased WHERE mark = ? AND evicted = {(int)MeshStore.Erasure.Dropped}");
        _place = database.Prepare("SELECT seq FROM message WHERE id = ?");
        _envelope = database.Prepare("SELECT header, payload FROM envelope WHERE id = ?");
        _newestInConversation =
            database.Prepare(MessageColumns
                + "WHERE kind = ? AND conversation = ? AND seq < ? ORDER BY seq DESC LIMIT ?");
        _opened = database.Prepare("SELECT sender FROM opened WHERE id = ? AND kind = ?");
        _newestRequest = database.Prepare(MessageColumns + "WHERE peer = ? AND request = 1 ORDER BY seq DESC LIMIT 1");
        const string unfinished = "AND outgoing = 1 AND state IN (0, 1)";
        _underWay = database.Prepare($"SELECT id FROM message WHERE peer = ? AND conversation IS NULL {unfinished}");
        _underWayInConversation =
            database.Prepare($"SELECT id FROM message WHERE kind = ? AND conversation = ? {unfinished}");
        _oldestWith = database.Prepare(
            MessageColumns + "WHERE peer = ? AND conversation IS NULL AND seq > ? ORDER BY seq LIMIT ?");
        _oldestInConversation = database.Prepare(
            MessageColumns + "WHERE kind = ? AND conversation = ? AND seq > ? ORDER BY seq LIMIT ?");
        _value = database.Prepare("SELECT value FROM value WHERE name = ?");
        _gossip = database.Prepare("SELECT record FROM gossip WHERE id = ?");
    }

    internal RunningTime RunningTime { get; }

    internal PeerStandings PeerStandings { get; } = new();

    /// <summary>The rows that could not be read.</summary>
    public StoreDamage Damage { get; } = new();

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
                ReadOnlySpan<byte> associated =
                    AssociatedData.Payload(stackalloc byte[AssociatedData.MaxSize], id, header);
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
        "envelope",
        "SELECT id, upstream, originated, expires, header, length(payload), proof FROM envelope ORDER BY seq", row =>
        {
            EnvelopeId id = EnvelopeId.Read(row.Blob(0, EnvelopeId.Size));
            if (!EnvelopeHeader.TryRead(row.Blob(4, EnvelopeHeader.Size), out EnvelopeHeader header))
                throw new StoreException(StoreError.Corrupt, "A held envelope's header in the store is damaged.");
            if (row.Long(5) < RowCipher.Overhead)
                throw new StoreException(StoreError.Corrupt, "A held envelope's payload in the store is cut.");
            ReadOnlySpan<byte> proof = row.Blob(6);
            var holding = new Holding(
                NodeAddress.Read(row.Blob(1, NodeAddress.Size)), row.Long(2) != 0, RunningTime.Left(row.Long(3)),
                proof.IsEmpty ? default
                    : _cipher.Open(AssociatedData.Proof(stackalloc byte[AssociatedData.MaxSize], id), proof));
            return new StoredEnvelope(id, holding, header, EnvelopeHeader.Size + (int)row.Long(5) - RowCipher.Overhead);
        });

    /// <summary>The seen ids, oldest first; the last entry of an id counts.</summary>
    public IReadOnlyList<SeenEnvelope> Seen()
    {
        var seen = new List<SeenEnvelope>();
        _ = ReadAll("seen", "SELECT entries FROM seen ORDER BY number", row =>
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
        ReadAll("announce", "SELECT bytes FROM announce", row => row.Blob(0).ToArray());

    /// <summary>The names given to addresses.</summary>
    public IReadOnlyDictionary<string, NodeAddress> Aliases()
    {
        var aliases = new Dictionary<string, NodeAddress>(StringComparer.Ordinal);
        foreach ((string alias, NodeAddress address) in ReadAll("alias", "SELECT name, address FROM alias", ReadAlias))
            aliases[alias] = address;
        return aliases;
    }

    /// <summary>This node's own announce sequence; 0 if none was kept, or it is damaged.</summary>
    public uint Sequence() => TryFindValue(MeshStore.SequenceName) is { Length: sizeof(uint) } bytes
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
                return _cipher.Open(AssociatedData.Value(stackalloc byte[AssociatedData.MaxSize], name),
                    _value.Blob(0));
            }
            finally
            {
                _value.Reset();
            }
        }
    }

    /// <summary>The value kept under a name; null if there is none, or it is damaged, which is noted.</summary>
    internal byte[]? TryFindValue(ReadOnlySpan<byte> name)
    {
        try
        {
            return FindValue(name);
        }
        catch (StoreException e) when (e.Error == StoreError.Corrupt)
        {
            Damage.Note("value", e.Message);
            return null;
        }
    }

    /// <summary>Some sealed value opens: the key is the right one.</summary>
    internal bool OpensAnything()
    {
        const int enough = 16;
        foreach (byte[] name in ReadAll("value", "SELECT name FROM value", row => row.Blob(0).ToArray()))
        {
            if (name.Length <= MeshStore.MaxValueName && TryFindValue(name) is not null)
                return true;
        }

        return FindMessages(null, enough).Any(m => !m.IsDamaged);
    }

    internal static ReadOnlySpan<byte> CheckedEntries(ReadOnlySpan<byte> entries) =>
        entries.Length % SeenLog.EntrySize == 0 && entries.Length <= SeenLog.BlockEntries * SeenLog.EntrySize
            ? entries : throw new StoreException(StoreError.Corrupt, "A block of seen ids in the store is damaged.");

    internal void Dispose()
    {
        lock (_gate)
            _database.Dispose();
    }

    private static KeyValuePair<string, NodeAddress> ReadAlias(Statement row) => Utf8.IsValid(row.Blob(0))
        ? KeyValuePair.Create(Encoding.UTF8.GetString(row.Blob(0)), NodeAddress.Read(row.Blob(1, NodeAddress.Size)))
        : throw new StoreException(StoreError.Corrupt, "A name in the store is not text.");

    private List<T> ReadAll<T>(string table, string sql, Func<Statement, T> read)
    {
        var all = new List<T>();
        lock (_gate)
        {
            try
            {
                using Statement rows = _database.PrepareOnce(sql);
                while (rows.Step())
                    AddReadable(table, rows, read, all);
            }
            catch (StoreException e) when (e.Error == StoreError.Corrupt)
            {
                // A damaged page: what is behind it cannot be found.
                Damage.Note(table, e.Message);
            }
        }

        return all;
    }

    private void AddReadable<T>(string table, Statement rows, Func<Statement, T> read, List<T> all)
    {
        try
        {
            all.Add(read(rows));
        }
        catch (StoreException e) when (e.Error == StoreError.Corrupt)
        {
            Damage.Note(table, e.Message);
        }
    }
}
