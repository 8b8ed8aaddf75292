using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>
/// The order of commits: a group waits for one number, and the first commit that has it wins. The server cannot read
/// commits; a member is whoever sent or received the last one.
/// </summary>
internal sealed class SqliteCommitOrder(Database database, StoreLimits limits, TimeProvider time)
{
    /// <summary>What is kept of each group besides. A version that was released never changes.</summary>
    internal const string Founders = """
        ALTER TABLE commit_order ADD COLUMN founder BLOB NOT NULL DEFAULT x''; -- whose first commit it was
        ALTER TABLE commit_order ADD COLUMN origin BLOB NOT NULL DEFAULT x''; -- the founder, or the founder's server
        ALTER TABLE commit_order ADD COLUMN used INTEGER NOT NULL DEFAULT 0; -- the last commit
        UPDATE commit_order SET used = CAST(strftime('%s', 'now') AS INTEGER) * 1000;
        CREATE INDEX commit_order_founder ON commit_order (founder);
        CREATE INDEX commit_order_origin ON commit_order (origin);
        CREATE INDEX commit_order_used ON commit_order (used);
        """;

    /// <summary>What the end of an account leaves without anybody; ?1 is its identity.</summary>
    internal static readonly string[] Erase = [.. new[] { "group_member", "commit_order" }.Select(table =>
        $"DELETE FROM {table} WHERE grp IN (SELECT grp FROM commit_order WHERE founder = ?1 AND {Deserted})")];

    // Whoever forgets a group lets anybody begin it anew: so none is forgotten in which somebody here is.
    private const string Deserted = "NOT EXISTS (SELECT 1 FROM group_member m JOIN account a ON a.identity = "
        + "m.identity WHERE m.grp = commit_order.grp)";

    private const string Forgotten =
        $"(SELECT grp FROM commit_order WHERE used <= ? AND {Deserted} ORDER BY used, grp LIMIT ?)";

    private readonly Statement _epoch = database.Prepare("SELECT epoch FROM commit_order WHERE grp = ?");
    private readonly Statement _member = database.Prepare("SELECT 1 FROM group_member WHERE grp = ? AND identity = ?");
    private readonly Statement _ofFounder = database.Prepare("SELECT count(*) FROM commit_order WHERE founder = ?");
    private readonly Statement _ofOrigin = database.Prepare("SELECT count(*) FROM commit_order WHERE origin = ?");
    private readonly Statement _advance = database.Prepare("""
        INSERT INTO commit_order (grp, epoch, founder, origin, used) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (grp) DO UPDATE SET epoch = excluded.epoch, used = excluded.used
        """);
    private readonly Statement _clear = database.Prepare("DELETE FROM group_member WHERE grp = ?");
    private readonly Statement _add =
        database.Prepare("INSERT OR IGNORE INTO group_member (grp, identity) VALUES (?, ?)");
    private readonly Statement _forgetMembers = database.Prepare(
        "DELETE FROM group_member WHERE grp IN " + Forgotten);
    private readonly Statement _forget = database.Prepare(
        "DELETE FROM commit_order WHERE grp IN " + Forgotten);

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Takes a commit's place, or says why not.</summary>
    /// <param name="order">The place.</param>
    /// <param name="sender">Who sends: who commits, or the committer's server.</param>
    /// <param name="messages">What the commit sends, to every member.</param>
    /// <param name="epoch">The number that the group waits for.</param>
    internal EnqueueResult Take(
        CommitOrder order, IdentityKey sender, IReadOnlyList<NewMessage> messages, out ulong epoch)
    {
        ReadOnlySpan<byte> group = order.Group.Span;
        byte[] origin = sender.ToArray(), committer = (order.Committer ?? sender).ToArray();
        epoch = order.Epoch;
        _epoch.Bind(1, group);
        if (_epoch.Step())
        {
            epoch = (ulong)_epoch.Long(0);
            _epoch.Reset();
            _member.Bind(1, group).Bind(2, committer);
            bool isMember = _member.Step();
            _member.Reset();
            if (!isMember)
            {
                epoch = 0;
                return EnqueueResult.Forbidden;
            }

            if (epoch != order.Epoch)
                return EnqueueResult.StaleEpoch;
        }
        else if (Count(_ofFounder, committer) >= limits.MaxGroups
            || Count(_ofOrigin, origin) >= limits.MaxGroupsOfServer)
        {
            return EnqueueResult.Full;
        }

        _advance.Bind(1, group).Bind(2, unchecked((long)(order.Epoch + 1))).Bind(3, committer).Bind(4, origin)
            .Bind(5, Now).Run();
        _clear.Bind(1, group).Run();
        _add.Bind(1, group).Bind(2, committer).Run();
        foreach (IdentityKey member in messages.Select(m => m.Inbox.Recipient).Concat(order.Elsewhere))
            _add.Bind(1, group).Bind(2, member.ToArray()).Run();
        return EnqueueResult.Stored;
    }

    /// <summary>Forgets groups in which nobody commits any more, and none of whose members has an account.</summary>
    /// <param name="limit">At most so many.</param>
    /// <returns>How many.</returns>
    internal int Expire(int limit)
    {
        long before = Now - (long)limits.GroupLifetime.TotalMilliseconds;
        _forgetMembers.Bind(1, before).Bind(2, limit).Run();
        _forget.Bind(1, before).Bind(2, limit).Run();
        return (int)database.Changes;
    }

    private static long Count(Statement counting, byte[] who)
    {
        _ = counting.Bind(1, who).Step();
        long count = counting.Long(0);
        counting.Reset();
        return count;
    }
}
