using System.Security.Cryptography;
using Npgsql;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>
/// Inboxes in PostgreSQL. What is stored goes through lanes; the rest is one statement or transaction.
/// </summary>
internal sealed class PostgresInboxes : IInboxStore, IAsyncDisposable
{
    // Arbitrary: connections of a process that store. An inbox has its lane: a process does not wait for itself.
    private const int LaneCount = 4;

    // One statement, so that all of it is of one moment. A message that alone is too large is read nevertheless.
    private const string Read = """
        WITH box AS (
            SELECT i.id, i.next, coalesce((SELECT acked FROM progress p WHERE p.inbox = i.id AND p.device = $3), 0) AS acked
            FROM inbox i WHERE i.recipient = $1 AND i.channel = $2
        ), found AS (
            SELECT m.seq, m.message, m.time, m.payload, row_number() OVER (ORDER BY m.seq) AS place,
                sum(octet_length(m.payload)) OVER (ORDER BY m.seq) AS total
            FROM box, LATERAL (SELECT * FROM message WHERE inbox = box.id AND seq > box.acked AND expires > $4
                ORDER BY seq LIMIT $5) m
        )
        SELECT box.next, coalesce((SELECT seq FROM message WHERE inbox = box.id AND expires > $4 ORDER BY seq LIMIT 1),
            box.next), f.seq, f.message, f.time, f.payload
        FROM box LEFT JOIN found f ON f.total <= $6 OR f.place = 1 ORDER BY f.seq
        """;

    private const string Own = "SELECT id FROM inbox WHERE recipient = $1 AND channel = $2";

    private const string Progress = """
        INSERT INTO progress AS p (inbox, device, acked)
        SELECT id, $3, least($4, next - 1) FROM inbox WHERE recipient = $1 AND channel = $2
        ON CONFLICT (inbox, device) DO UPDATE SET acked = greatest(p.acked, excluded.acked)
        """;

    // What every device has acknowledged: one that never did counts as 0. Without devices, the unnamed one's word is
    // enough.
    private const string Settle = $"""
        WITH box AS ({Own}), settled AS (
            SELECT CASE WHEN EXISTS (SELECT FROM account a JOIN device d ON d.account = a.id WHERE a.identity = $1)
                THEN (SELECT min(coalesce(p.acked, 0)) FROM account a JOIN device d ON d.account = a.id
                    LEFT JOIN progress p ON p.inbox = box.id AND p.device = d.device WHERE a.identity = $1)
                ELSE (SELECT acked FROM progress p WHERE p.inbox = box.id AND p.device = ''::bytea) END AS upto, box.id
            FROM box
        ), gone AS (
            DELETE FROM message m WHERE m.inbox = (SELECT id FROM settled) AND m.seq <= (SELECT upto FROM settled)
            RETURNING m.inbox, m.sender, octet_length(m.payload) AS size
        ), {Recount}
        """;

    private const string Expire = $"""
        WITH gone AS (
            DELETE FROM message m WHERE m.ctid = ANY(ARRAY(
                SELECT l.ctid FROM unnest($1::bigint[], $2::bigint[]) AS w (inbox, seq)
                CROSS JOIN LATERAL (SELECT ctid FROM message WHERE inbox = w.inbox AND seq = w.seq OFFSET 0) l))
            RETURNING m.inbox, m.sender, octet_length(m.payload) AS size
        ), {Recount}
        """;

    // Takes what is gone off the counters. Whoever runs it has locked the inboxes, so that rows stay where they are.
    private const string Recount = """
        part AS (
            SELECT inbox, sender, count(*)::integer AS messages, sum(size)::bigint AS bytes FROM gone GROUP BY inbox, sender
        ), shares AS (
            UPDATE share s SET messages = s.messages - w.messages, bytes = s.bytes - w.bytes
            FROM (SELECT l.ctid AS place, p.messages, p.bytes FROM part p
                CROSS JOIN LATERAL (SELECT ctid FROM share WHERE inbox = p.inbox AND sender = p.sender OFFSET 0) l) w
            WHERE s.ctid = w.place
        )
        UPDATE inbox i SET messages = i.messages - w.messages, bytes = i.bytes - w.bytes
        FROM (SELECT inbox, sum(messages)::integer AS messages, sum(bytes)::bigint AS bytes FROM part GROUP BY inbox) w
        WHERE i.id = w.inbox
        """;

    private readonly PostgresDatabase _database;
    private readonly StoreLimits _limits;
    private readonly TimeProvider _time;
    private readonly PostgresLane[] _lanes;

    internal PostgresInboxes(
        PostgresDatabase database, PostgresSignals signals, StoreLimits limits, TimeProvider time)
    {
        _database = database;
        _limits = limits;
        _time = time;
        PostgresEnqueue enqueue = new(limits, time);
        _lanes = [.. Enumerable.Range(0, LaneCount).Select(_ => new PostgresLane(database, enqueue, inbox =>
        {
            Arrived(inbox);
            signals.Tell(inbox);
        }))];
    }

    /// <inheritdoc/>
    public Action<InboxId> Arrived { get; set; } = _ => { };

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public Task<EnqueueOutcome> EnqueueAsync(IdentityKey sender, IReadOnlyList<NewMessage> messages, CommitOrder? order)
    {
        byte[][] digests = new byte[messages.Count][];
        for (int i = 0; i < digests.Length; i++)
            digests[i] = SHA256.HashData(messages[i].Payload.Span);
        ulong place = InboxHash.Of(messages[0].Inbox).Value % LaneCount;
        return _lanes[place].RunAsync(new PostgresWork(sender, messages, digests, order));
    }

    /// <inheritdoc/>
    public Task<InboxContent> ReadAsync(InboxId inbox, DeviceId device, int limit, int maxBytes) =>
        _database.RunAsync(async opened =>
        {
            await using NpgsqlCommand command = opened.Command(
                Read, inbox.Recipient.ToArray(), inbox.Channel.ToArray(), device.ToArray(), Now, limit, (long)maxBytes);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
            (long next, long oldest) = (1, 1);
            List<InboxMessage> messages = [];
            while (await reader.ReadAsync())
            {
                (next, oldest) = (reader.GetInt64(0), reader.GetInt64(1));
                if (await reader.IsDBNullAsync(2))
                    continue;
                _ = MessageId.TryRead(reader.Bytes(3), out MessageId id);
                messages.Add(new InboxMessage(reader.GetInt64(2), id, reader.GetInt64(4), reader.Bytes(5)));
            }

            return new InboxContent(messages, oldest, next - 1);
        });

    /// <inheritdoc/>
    public Task AcknowledgeAsync(InboxId inbox, DeviceId device, long upTo) => _database.RunAsync(async opened =>
    {
        byte[] recipient = inbox.Recipient.ToArray(), channel = inbox.Channel.ToArray();
        await using NpgsqlBatch batch = new(opened);
        return await batch.With(Own + " FOR UPDATE", recipient, channel)
            .With(Progress, recipient, channel, device.ToArray(), upTo)
            .With(Settle, recipient, channel)
            .With($"DELETE FROM share WHERE inbox = ({Own}) AND messages <= 0", recipient, channel)
            .ExecuteNonQueryAsync();
    });

    /// <inheritdoc/>
    public Task<int> ExpireAsync(int limit) => _database.TransactAsync(async opened =>
    {
        // One process at a time is enough.
        if (await opened.ScalarAsync("SELECT pg_try_advisory_xact_lock($1)", PostgresSchema.ExpiringLock) is not true)
            return 0;
        long now = Now;
        return await ExpireMessagesAsync(opened, now, limit) + await opened.ExecuteAsync("""
            DELETE FROM message_id WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM message_id WHERE time <= $1 ORDER BY time LIMIT $2))
            """, now - (long)_limits.IdLifetime.TotalMilliseconds, limit)
            + await PostgresCommitOrder.ExpireAsync(
                opened, now - (long)_limits.GroupLifetime.TotalMilliseconds, limit);
    });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (PostgresLane lane in _lanes)
            await lane.DisposeAsync();
    }

    private static async Task<int> ExpireMessagesAsync(NpgsqlConnection opened, long now, int limit)
    {
        List<long> inboxes = [], sequences = [];
        await using (NpgsqlCommand command = opened.Command(
            "SELECT inbox, seq FROM message WHERE expires <= $1 ORDER BY expires LIMIT $2", now, limit))
        await using (NpgsqlDataReader reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                inboxes.Add(reader.GetInt64(0));
                sequences.Add(reader.GetInt64(1));
            }
        }

        if (inboxes.Count == 0)
            return 0;
        long[] which = [.. inboxes.Distinct()];
        await using NpgsqlBatch batch = new(opened);
        await batch.With("SELECT 1 FROM inbox WHERE id = ANY($1) ORDER BY recipient, channel FOR UPDATE", which)
            .With(Expire, inboxes.ToArray(), sequences.ToArray())
            .With("DELETE FROM share WHERE inbox = ANY($1) AND messages <= 0", which)
            .ExecuteNonQueryAsync();
        return inboxes.Count;
    }
}
