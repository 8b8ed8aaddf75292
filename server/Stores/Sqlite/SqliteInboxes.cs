using System.Security.Cryptography;
using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>Inboxes in SQLite. What it remembers belongs to the writer's thread.</summary>
internal sealed class SqliteInboxes : IInboxStore
{
    private readonly SqliteGroup _group;
    private readonly SqliteInboxReaders _readers;
    private readonly SqliteInboxTable _table;
    private readonly SqliteCommitOrder _order;
    private readonly SqliteOwnCopies _ownCopies;
    private readonly StoreLimits _limits;
    private readonly TimeProvider _time;
    private readonly Statement _known, _insert, _required, _acked, _progress, _settling, _settle, _expired,
    _forget, _lastKnown;
    private long _forgotten;

    internal SqliteInboxes(
        Database database, SqliteGroup group, SqliteInboxReaders readers, StoreLimits limits, TimeProvider time)
    {
        _group = group;
        _readers = readers;
        _limits = limits;
        _time = time;
        _table = new SqliteInboxTable(database);
        _ownCopies = new SqliteOwnCopies(database);
        _order = new SqliteCommitOrder(database, limits, time);
        _known = database.Prepare("SELECT seq, time, digest FROM message WHERE inbox = ? AND message = ?");
        _insert = database.Prepare("""
            INSERT INTO message (inbox, seq, message, digest, sender, time, expires, live, payload) VALUES (?, ?, ?, ?,
                ?, ?, ?, 1, ?)
            """);
        _progress = database.Prepare("""
            INSERT INTO progress (inbox, device, acked) VALUES (?, ?, ?)
            ON CONFLICT (inbox, device) DO UPDATE SET acked = max(acked, excluded.acked)
            """);
        // What every device has acknowledged: one that never did counts as 0. Without devices, the unnamed one's word
        // is enough.
        _required = database.Prepare("""
            SELECT min(coalesce(p.acked, 0)), count(*) FROM account a JOIN device d ON d.account = a.id
            LEFT JOIN progress p ON p.inbox = ? AND p.device = d.device WHERE a.identity = ?
            """);
        _acked = database.Prepare("SELECT acked FROM progress WHERE inbox = ? AND device = x''");
        _settle = database.Prepare("""
            UPDATE message SET live = 0, payload = x'' WHERE inbox = ? AND live = 1 AND seq <= ?
            """);
        _settling = database.Prepare("""
            SELECT sender, count(*), sum(length(payload)) FROM message WHERE inbox = ? AND live = 1 AND seq <=
                ? GROUP BY sender
            """);
        _expired = database.Prepare("""
            UPDATE message SET live = 0, payload = x'' WHERE id IN (SELECT id FROM message WHERE live = 1 AND expires <=
                ? LIMIT ?)
            """);
        _lastKnown = database.Prepare("SELECT id, time FROM message WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?");
        _forget = database.Prepare("DELETE FROM message WHERE id <= ? AND live = 0 AND time <= ?");
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
        return _group.RunAsync(
            () => Enqueue(sender, messages, digests, order),
            outcome =>
            {
                for (int i = 0; i < outcome.Messages.Length; i++)
                {
                    if (!outcome.Messages[i].Duplicate)
                        Arrived(messages[i].Inbox);
                }
            });
    }

    /// <inheritdoc/>
    public Task<InboxContent> ReadAsync(InboxId inbox, DeviceId device, int limit, int maxBytes) =>
        _readers.ReadAsync(inbox, device, limit, maxBytes);

    /// <inheritdoc/>
    public Task AcknowledgeAsync(InboxId inbox, DeviceId device, long upTo) =>
        _group.RunAsync(() => Acknowledge(inbox, device, upTo));

    /// <inheritdoc/>
    public Task<int> ExpireAsync(int limit) => _group.RunAsync(() => Expire(limit));

    /// <summary>Writes the numbers that inboxes give next; before each commit.</summary>
    internal void WriteNumbers() => _table.WriteNumbers();

    /// <summary>Remembers nothing.</summary>
    internal void Forget() => _table.Forget();

    private EnqueueOutcome Enqueue(
        IdentityKey sender, IReadOnlyList<NewMessage> messages, byte[][] digests, CommitOrder? order)
    {
        // Checks first, for all of them: what is refused has written nothing.
        StoredMessage[] stored = new StoredMessage[messages.Count];
        InboxState[] inboxes = new InboxState[messages.Count];
        HashSet<(InboxId, MessageId)> ids = [];
        for (int i = 0; i < messages.Count; i++)
        {
            EnqueueResult allowed = _table.Find(messages[i].Inbox, sender, out InboxState? inbox);
            if (allowed != EnqueueResult.Stored)
                return new EnqueueOutcome(allowed, []);
            inboxes[i] = inbox!;
            if (messages.Count > 1 && !ids.Add((messages[i].Inbox, messages[i].Id)))
                return new EnqueueOutcome(EnqueueResult.Conflict, []);
            EnqueueResult known = FindKnown(inbox!, messages[i].Id, digests[i], out stored[i]);
            if (known != EnqueueResult.Stored)
                return new EnqueueOutcome(known, []);
        }

        if (InboxState.Check(sender, messages, inboxes, stored, order, _limits) is { } done)
            return done;
        if (order is not null)
        {
            EnqueueResult turn = _order.Take(order, sender, messages, out ulong epoch);
            if (turn != EnqueueResult.Stored)
                return new EnqueueOutcome(turn, [], epoch);
        }

        return Insert(sender, messages, digests, inboxes, stored);
    }

    private EnqueueOutcome Insert(
        IdentityKey sender, IReadOnlyList<NewMessage> messages, byte[][] digests, InboxState[] inboxes,
        StoredMessage[] stored)
    {
        foreach ((InboxState inbox, (int Messages, long Bytes) added) in InboxState.Sum(messages, inboxes, stored))
        {
            if (inbox.GivingWay(sender, added, _limits) is { } surplus)
                _ownCopies.Drop(inbox, surplus.Messages, surplus.Bytes);
        }

        long now = Now;
        for (int i = 0; i < messages.Count; i++)
        {
            if (stored[i].Duplicate)
                continue;
            NewMessage message = messages[i];
            long sequence = _table.TakeNumber(inboxes[i]);
            _insert.Bind(1, inboxes[i].Row).Bind(2, sequence).Bind(3, message.Id.ToArray()).Bind(4, digests[i])
                .Bind(5, sender.ToArray()).Bind(6, now).Bind(7, now + message.LifetimeMs)
                .Bind(8, message.Payload.Span).Run();
            inboxes[i].Count(sender, 1, message.Payload.Length);
            stored[i] = new StoredMessage(sequence, now, Duplicate: false);
        }

        return new EnqueueOutcome(EnqueueResult.Stored, stored);
    }

    private EnqueueResult FindKnown(InboxState inbox, MessageId id, byte[] digest, out StoredMessage stored)
    {
        stored = default;
        if (inbox.Row == 0)
            return EnqueueResult.Stored;
        _known.Bind(1, inbox.Row).Bind(2, id.ToArray());
        if (!_known.Step())
            return EnqueueResult.Stored;
        bool same = _known.Blob(2).SequenceEqual(digest);
        stored = new StoredMessage(_known.Long(0), _known.Long(1), Duplicate: true);
        _known.Reset();
        return same ? EnqueueResult.Stored : EnqueueResult.Conflict;
    }

    private bool Acknowledge(InboxId id, DeviceId device, long upTo)
    {
        if (!_table.TryFind(id, out InboxState? inbox))
            return false;
        _progress.Bind(1, inbox.Row).Bind(2, device.ToArray()).Bind(3, Math.Min(upTo, inbox.Next - 1)).Run();
        _required.Bind(1, inbox.Row).Bind(2, id.Recipient.ToArray());
        _ = _required.Step();
        (long settled, long devices) = (_required.Long(0), _required.Long(1));
        _required.Reset();
        if (devices == 0)
            settled = _acked.Bind(1, inbox.Row).Step() ? _acked.Long(0) : 0;
        _acked.Reset();
        if (settled == 0)
            return true;
        _settling.Bind(1, inbox.Row).Bind(2, settled);
        while (_settling.Step())
        {
            _ = IdentityKey.TryRead(_settling.Blob(0, IdentityKey.Size), out IdentityKey sender);
            inbox.Count(sender, -(int)_settling.Long(1), -_settling.Long(2));
        }

        _settle.Bind(1, inbox.Row).Bind(2, settled).Run();
        return true;
    }

    private int Expire(int limit)
    {
        long now = Now;
        _expired.Bind(1, now).Bind(2, limit).Run();
        int removed = _table.Changes;
        if (removed > 0)
            _table.Recount();
        // Ids: rows are in the order of time, so the oldest part of the table is looked at.
        long forgetBefore = now - (long)_limits.IdLifetime.TotalMilliseconds;
        _lastKnown.Bind(1, _forgotten).Bind(2, limit - 1);
        bool more = _lastKnown.Step();
        (long last, long time) = more ? (_lastKnown.Long(0), _lastKnown.Long(1)) : (long.MaxValue, 0);
        _lastKnown.Reset();
        _forget.Bind(1, last).Bind(2, forgetBefore).Run();
        int forgotten = _table.Changes;
        if (more && time <= forgetBefore)
            _forgotten = last;
        return removed + forgotten + _order.Expire(limit);
    }
}
