using Npgsql;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>
/// The order of commits: a group has one row with the number that it waits for, and whoever has locked it and asks for
/// that number wins. The server cannot read commits; a member is whoever sent or received the last one.
/// </summary>
internal static class PostgresCommitOrder
{
    /// <summary>What is kept of each group besides. A version that was released never changes.</summary>
    internal const string Founders = $"""
        ALTER TABLE {PostgresSchema.Name}.commit_order ADD COLUMN founder bytea NOT NULL DEFAULT ''; -- who began it
        ALTER TABLE {PostgresSchema.Name}.commit_order ADD COLUMN origin bytea NOT NULL DEFAULT ''; -- or its server
        -- The last commit. A process of the version before writes none.
        ALTER TABLE {PostgresSchema.Name}.commit_order ADD COLUMN used bigint NOT NULL
            DEFAULT (extract(epoch FROM now()) * 1000)::bigint;
        CREATE INDEX commit_order_founder ON {PostgresSchema.Name}.commit_order (founder);
        CREATE INDEX commit_order_origin ON {PostgresSchema.Name}.commit_order (origin);
        CREATE INDEX commit_order_used ON {PostgresSchema.Name}.commit_order (used);
        """;

    private const string Insert = """
        INSERT INTO commit_order (grp, epoch, founder, origin, used) SELECT $1, $2, $3, $4, $5
        WHERE (SELECT count(*) FROM commit_order WHERE founder = $3) < $6
            AND (SELECT count(*) FROM commit_order WHERE origin = $4) < $7 ON CONFLICT DO NOTHING
        """;

    private const string Find = "SELECT epoch FROM commit_order WHERE grp = $1 FOR UPDATE";

    // Whoever forgets a group lets anybody begin it anew: so none is forgotten in which somebody here is.
    private const string Deserted = """
        NOT EXISTS (SELECT FROM group_member m JOIN account a ON a.identity = m.identity WHERE m.grp = c.grp)
        """;

    /// <summary>What the end of an account leaves without anybody; $1 is its identity.</summary>
    internal const string Erase = $"""
        WITH gone AS (DELETE FROM commit_order c WHERE founder = $1 AND {Deserted} RETURNING grp)
        DELETE FROM group_member m USING gone g WHERE m.grp = g.grp
        """;

    // A group that somebody commits to is passed over.
    private const string Expire = $"""
        WITH gone AS (
            DELETE FROM commit_order WHERE grp = ANY(ARRAY(
                SELECT grp FROM commit_order c WHERE used <= $1 AND {Deserted}
                ORDER BY used LIMIT $2 FOR UPDATE SKIP LOCKED))
            RETURNING grp
        ), members AS (DELETE FROM group_member m USING gone g WHERE m.grp = g.grp)
        SELECT count(*)::integer FROM gone
        """;

    /// <summary>Takes a commit's place in a transaction, or says why not.</summary>
    /// <param name="opened">In a transaction that has locked its inboxes, and no other group.</param>
    /// <param name="order">The place.</param>
    /// <param name="sender">Who sends: who commits, or the committer's server.</param>
    /// <param name="messages">What the commit sends, to every member.</param>
    /// <param name="limits">Bounds of how many groups there are.</param>
    /// <param name="now">Unix milliseconds.</param>
    /// <returns>The result, and the number that the group waits for where it is stale.</returns>
    internal static async Task<(EnqueueResult Result, ulong Epoch)> TakeAsync(
        NpgsqlConnection opened, CommitOrder order, IdentityKey sender, IReadOnlyList<NewMessage> messages,
        StoreLimits limits, long now)
    {
        IdentityKey committer = order.Committer ?? sender;
        byte[] group = order.Group.ToArray();
        long next = unchecked((long)(order.Epoch + 1));
        object? found = await opened.ScalarAsync(Find, group);
        if (found is not null || await opened.ExecuteAsync(
            Insert, group, next, committer.ToArray(), sender.ToArray(), now, (long)limits.MaxGroups,
            limits.MaxGroupsOfServer) == 0)
        {
            // Another process may have begun it a moment ago.
            if ((found ?? await opened.ScalarAsync(Find, group)) is not long waited)
                return (EnqueueResult.Full, 0);
            ulong epoch = (ulong)waited;
            if (await opened.ScalarAsync("SELECT 1 FROM group_member WHERE grp = $1 AND identity = $2", group,
                committer.ToArray()) is null)
                return (EnqueueResult.Forbidden, 0);
            if (epoch != order.Epoch)
                return (EnqueueResult.StaleEpoch, epoch);
            await opened.ExecuteAsync(
                "UPDATE commit_order SET epoch = $2, used = $3 WHERE grp = $1", group, next, now);
        }

        byte[][] members =
            [.. messages.Select(m => m.Inbox.Recipient).Concat(order.Elsewhere).Append(committer)
                .Distinct().Select(m => m.ToArray())];
        await using NpgsqlBatch batch = new(opened);
        await batch.With("DELETE FROM group_member WHERE grp = $1", group)
            .With("INSERT INTO group_member (grp, identity) SELECT $1, unnest($2::bytea[])", group, members)
            .ExecuteNonQueryAsync();
        return (EnqueueResult.Stored, 0);
    }

    /// <summary>
    /// Forgets groups in which nobody committed since then, and none of whose members has an account, in a transaction.
    /// </summary>
    /// <returns>How many.</returns>
    internal static async Task<int> ExpireAsync(NpgsqlConnection opened, long before, int limit) =>
        (int)(await opened.ScalarAsync(Expire, before, limit))!;
}
