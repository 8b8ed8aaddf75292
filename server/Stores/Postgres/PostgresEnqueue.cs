using System.Runtime.InteropServices;
using Npgsql;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>
/// The transaction that stores messages. It locks the rows of their inboxes in the order of their keys; whoever has
/// them gives the next numbers, and nobody sees a number before the lower ones: counters are rows, not SEQUENCEs.
/// </summary>
internal sealed class PostgresEnqueue(StoreLimits limits, TimeProvider time)
{
    private const string Lock = """
        SELECT i.recipient, i.channel, i.id, i.peer, i.next, i.messages, i.bytes
        FROM inbox i JOIN unnest($1::bytea[], $2::bytea[]) AS w (recipient, channel)
            ON i.recipient = w.recipient AND i.channel = w.channel
        ORDER BY i.recipient, i.channel FOR UPDATE OF i
        """;

    // LATERAL with OFFSET 0: else the planner, which knows little of arrays, reads all ids of an inbox for each one.
    private const string Known = """
        SELECT i.recipient, i.channel, w.message, m.seq, m.time, m.digest
        FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS w (recipient, channel, message)
        JOIN inbox i ON i.recipient = w.recipient AND i.channel = w.channel
        CROSS JOIN LATERAL (SELECT seq, time, digest FROM message_id WHERE inbox = i.id AND message = w.message
            OFFSET 0) m
        """;

    private const string Shares = """
        SELECT i.recipient, i.channel, w.sender, s.messages, s.bytes
        FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS w (recipient, channel, sender)
        JOIN inbox i ON i.recipient = w.recipient AND i.channel = w.channel
        CROSS JOIN LATERAL (SELECT messages, bytes FROM share WHERE inbox = i.id AND sender = w.sender OFFSET 0) s
        """;

    private const string InsertMessages = """
        INSERT INTO message (inbox, seq, message, sender, time, expires, payload)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bigint[], $6::bigint[], $7::bytea[])
        """;

    private const string InsertIds = """
        INSERT INTO message_id (inbox, message, seq, time, digest)
        SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bytea[])
        """;

    private const string Counters = """
        UPDATE inbox i SET next = w.next, messages = w.messages, bytes = w.bytes
        FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::bigint[]) AS w (id, next, messages, bytes)
        WHERE i.id = w.id
        """;

    private const string PutShares = """
        INSERT INTO share (inbox, sender, messages, bytes)
        SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::integer[], $4::bigint[])
        ON CONFLICT (inbox, sender) DO UPDATE SET messages = excluded.messages, bytes = excluded.bytes
        """;

    private const string Begin = """
        INSERT INTO inbox (recipient, channel, peer, next, messages, bytes) VALUES ($1, $2, $3, 1, 0, 0)
        ON CONFLICT (recipient, channel) DO NOTHING
        """;

    /// <summary>Stores what may be stored, and sets each outcome; it is on the disk when this returns.</summary>
    internal async Task RunAsync(PostgresDatabase database, IReadOnlyList<PostgresWork> group)
    {
        Dictionary<InboxId, EnqueueResult> refused = [];
        while (true)
        {
            InboxId[] missing = await database.TransactAsync(opened => TryAsync(opened, group, refused));
            if (missing.Length == 0)
                return;
            // Inboxes begin in transactions of their own: theirs lock accounts, which comes before inboxes.
            foreach (InboxId inbox in missing)
            {
                EnqueueResult begun = await database.TransactAsync(opened => BeginAsync(opened, inbox));
                if (begun != EnqueueResult.Stored)
                    refused[inbox] = begun;
            }
        }
    }

    private async Task<InboxId[]> TryAsync(
        NpgsqlConnection opened, IReadOnlyList<PostgresWork> group, Dictionary<InboxId, EnqueueResult> refused)
    {
        Loaded loaded = new();
        await LoadAsync(opened, group, loaded);
        InboxId[] missing = [.. group.SelectMany(w => w.Messages).Select(m => m.Inbox).Distinct()
            .Where(i => !refused.ContainsKey(i) && !loaded.Inboxes.ContainsKey(i))];
        if (missing.Length > 0)
            return missing;
        Insertion insertion = new();
        foreach (PostgresWork work in group)
            work.Outcome = await DecideAsync(opened, work, loaded, refused, insertion);
        if (insertion.Rows.Count > 0)
            await InsertAsync(opened, insertion);
        return missing;
    }

    private static async Task LoadAsync(NpgsqlConnection opened, IReadOnlyList<PostgresWork> group, Loaded loaded)
    {
        InboxId[] inboxes = [.. group.SelectMany(w => w.Messages).Select(m => m.Inbox).Distinct()];
        (InboxId Inbox, MessageId Id)[] ids =
            [.. group.SelectMany(w => w.Messages).Select(m => (m.Inbox, m.Id)).Distinct()];
        (InboxId Inbox, IdentityKey Sender)[] senders =
            [.. group.SelectMany(w => w.Messages.SelectMany(
                m => ((InboxId, IdentityKey)[])[(m.Inbox, w.Sender), (m.Inbox, m.Inbox.Recipient)])).Distinct()];
        // Each statement sees what is committed when it begins: the others begin when all locks are taken.
        await using NpgsqlBatch batch = new(opened);
        batch.With(Lock, Recipients(inboxes), Channels(inboxes))
            .With(Known, Recipients(ids.Select(i => i.Inbox)), Channels(ids.Select(i => i.Inbox)),
                ids.Select(i => i.Id.ToArray()).ToArray())
            .With(Shares, Recipients(senders.Select(s => s.Inbox)), Channels(senders.Select(s => s.Inbox)),
                senders.Select(s => s.Sender.ToArray()).ToArray());
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            loaded.Inboxes[reader.Inbox(0)] = new InboxState(
                reader.Inbox(0), await reader.IsDBNullAsync(3) ? null : reader.Key(3))
            {
                Row = reader.GetInt64(2),
                Next = reader.GetInt64(4),
                Messages = reader.GetInt32(5),
                Bytes = reader.GetInt64(6),
            };
        }

        await reader.NextResultAsync();
        while (await reader.ReadAsync())
        {
            _ = MessageId.TryRead(reader.Bytes(2), out MessageId id);
            loaded.Known[(reader.Inbox(0), id)] =
                (new StoredMessage(reader.GetInt64(3), reader.GetInt64(4), Duplicate: true), reader.Bytes(5));
        }

        await reader.NextResultAsync();
        while (await reader.ReadAsync())
        {
            loaded.Inboxes[reader.Inbox(0)].Shares[reader.Key(2)] = (reader.GetInt32(3), reader.GetInt64(4));
        }
    }

    private async Task<EnqueueOutcome> DecideAsync(
        NpgsqlConnection opened, PostgresWork work, Loaded loaded, Dictionary<InboxId, EnqueueResult> refused,
        Insertion insertion)
    {
        StoredMessage[] stored = new StoredMessage[work.Messages.Count];
        InboxState[] inboxes = new InboxState[work.Messages.Count];
        HashSet<(InboxId, MessageId)> ids = [];
        for (int i = 0; i < stored.Length; i++)
        {
            (InboxId inbox, MessageId id) = (work.Messages[i].Inbox, work.Messages[i].Id);
            if (refused.TryGetValue(inbox, out EnqueueResult why))
                return new EnqueueOutcome(why, []);
            inboxes[i] = loaded.Inboxes[inbox];
            if (inboxes[i].Peer is { } peer && work.Sender != peer && work.Sender != inbox.Recipient)
                return new EnqueueOutcome(EnqueueResult.Forbidden, []);
            if (!ids.Add((inbox, id)))
                return new EnqueueOutcome(EnqueueResult.Conflict, []);
            if (!loaded.Known.TryGetValue((inbox, id), out (StoredMessage Stored, byte[] Digest) known))
                continue;
            if (!known.Digest.AsSpan().SequenceEqual(work.Digests[i]))
                return new EnqueueOutcome(EnqueueResult.Conflict, []);
            stored[i] = known.Stored;
        }

        if (InboxState.Check(work.Sender, work.Messages, inboxes, stored, work.Order, limits) is { } done)
            return done;
        if (work.Order is not null)
        {
            (EnqueueResult turn, ulong epoch) =
                await PostgresCommitOrder.TakeAsync(
                    opened, work.Order, work.Sender, work.Messages, limits,
                    time.GetUtcNow().ToUnixTimeMilliseconds());
            if (turn != EnqueueResult.Stored)
                return new EnqueueOutcome(turn, [], epoch);
        }

        foreach ((InboxState inbox, (int Messages, long Bytes) added) in InboxState.Sum(work.Messages, inboxes, stored))
        {
            if (inbox.GivingWay(work.Sender, added, limits) is { } surplus)
                await PostgresOwnCopies.DropAsync(opened, inbox, surplus.Messages, surplus.Bytes);
        }

        Number(work, loaded, inboxes, stored, insertion);
        return new EnqueueOutcome(EnqueueResult.Stored, stored);
    }

    private void Number(
        PostgresWork work, Loaded loaded, InboxState[] inboxes, StoredMessage[] stored, Insertion insertion)
    {
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        for (int i = 0; i < stored.Length; i++)
        {
            if (stored[i].Duplicate)
                continue;
            NewMessage message = work.Messages[i];
            stored[i] = new StoredMessage(inboxes[i].Next++, now, Duplicate: false);
            inboxes[i].Count(work.Sender, 1, message.Payload.Length);
            insertion.Rows.Add((inboxes[i].Row, message, work.Sender, work.Digests[i], stored[i]));
            insertion.Changed.Add((inboxes[i], work.Sender));
            // The same message may come again in this transaction.
            loaded.Known[(message.Inbox, message.Id)] = (stored[i] with { Duplicate = true }, work.Digests[i]);
        }
    }

    private static async Task InsertAsync(NpgsqlConnection opened, Insertion insertion)
    {
        List<(long Inbox, NewMessage Message, IdentityKey Sender, byte[] Digest, StoredMessage Stored)> rows =
            insertion.Rows;
        long[] inboxes = [.. rows.Select(r => r.Inbox)], sequences = [.. rows.Select(r => r.Stored.Sequence)],
            times = [.. rows.Select(r => r.Stored.TimeMs)];
        byte[][] ids = [.. rows.Select(r => r.Message.Id.ToArray())];
        InboxState[] changed = [.. insertion.Changed.Select(c => c.Inbox).Distinct()];
        (InboxState Inbox, IdentityKey Sender)[] shares =
            [.. insertion.Changed.Where(c => c.Inbox.Peer is null || c.Sender == c.Inbox.Id.Recipient)];
        await using NpgsqlBatch batch = new(opened);
        batch.With(InsertMessages, inboxes, sequences, ids, rows.Select(r => r.Sender.ToArray()).ToArray(), times,
                rows.Select(r => r.Stored.TimeMs + r.Message.LifetimeMs).ToArray(),
                rows.Select(r => Bytes(r.Message.Payload)).ToArray())
            .With(InsertIds, inboxes, ids, sequences, times, rows.Select(r => r.Digest).ToArray())
            .With(Counters, changed.Select(c => c.Row).ToArray(), changed.Select(c => c.Next).ToArray(),
                changed.Select(c => c.Messages).ToArray(), changed.Select(c => c.Bytes).ToArray());
        if (shares.Length > 0)
            batch.With(PutShares, shares.Select(s => s.Inbox.Row).ToArray(),
                shares.Select(s => s.Sender.ToArray()).ToArray(),
                shares.Select(s => s.Inbox.Shares[s.Sender].Messages).ToArray(),
                shares.Select(s => s.Inbox.Shares[s.Sender].Bytes).ToArray());
        await batch.ExecuteNonQueryAsync();
    }

    private static async Task<EnqueueResult> BeginAsync(NpgsqlConnection opened, InboxId inbox)
    {
        byte[] recipient = inbox.Recipient.ToArray();
        if (await opened.ScalarAsync("SELECT 1 FROM account WHERE identity = $1 FOR KEY SHARE", recipient) is null)
            return EnqueueResult.NoRecipient;
        object peer = DBNull.Value;
        if (!inbox.Channel.IsNone)
        {
            if (await opened.ScalarAsync(
                "SELECT CASE first WHEN $2 THEN second ELSE first END FROM channel WHERE id = $1 AND (first = $2 OR "
                    + "second = $2) FOR KEY SHARE",
                inbox.Channel.ToArray(), recipient) is not byte[] other)
                return EnqueueResult.Forbidden;
            peer = other;
        }

        await using NpgsqlCommand command = opened.Command(Begin, recipient, inbox.Channel.ToArray());
        command.Parameters.Add(new NpgsqlParameter { Value = peer, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bytea });
        await command.ExecuteNonQueryAsync();
        return EnqueueResult.Stored;
    }

    private static byte[][] Recipients(IEnumerable<InboxId> inboxes) =>
        [.. inboxes.Select(i => i.Recipient.ToArray())];

    private static byte[][] Channels(IEnumerable<InboxId> inboxes) => [.. inboxes.Select(i => i.Channel.ToArray())];

    private static byte[] Bytes(ReadOnlyMemory<byte> memory) =>
        MemoryMarshal.TryGetArray(memory, out ArraySegment<byte> segment) && segment.Offset == 0
            && segment.Count == segment.Array!.Length ? segment.Array : memory.ToArray();

    private sealed class Loaded
    {
        internal Dictionary<InboxId, InboxState> Inboxes { get; } = [];

        internal Dictionary<(InboxId, MessageId), (StoredMessage Stored, byte[] Digest)> Known { get; } = [];
    }

    private sealed class Insertion
    {
        internal List<(long Inbox, NewMessage Message, IdentityKey Sender, byte[] Digest, StoredMessage Stored)> Rows
        { get; } = [];

        internal HashSet<(InboxState Inbox, IdentityKey Sender)> Changed { get; } = [];
    }
}
