using Npgsql;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>
/// The order of commits: a group has one row with the number that it waits for, and whoever has locked it and asks for
/// that number wins. The server cannot read commits; a member is whoever sent or received the last one.
/// </summary>
internal static class PostgresCommitOrder
{
    private const string Insert = "INSERT INTO commit_order (grp, epoch) VALUES ($1, $2) ON CONFLICT DO NOTHING";

    /// <summary>Takes a commit's place in a transaction, or says why not.</summary>
    /// <param name="opened">In a transaction that has locked its inboxes, and no other group.</param>
    /// <param name="order">The place.</param>
    /// <param name="sender">Who commits.</param>
    /// <param name="messages">What the commit sends, to every member.</param>
    /// <returns>The result, and the number that the group waits for where it is stale.</returns>
    internal static async Task<(EnqueueResult Result, ulong Epoch)> TakeAsync(
        NpgsqlConnection opened, CommitOrder order, IdentityKey sender, IReadOnlyList<NewMessage> messages)
    {
        byte[] group = order.Group.ToArray();
        long next = unchecked((long)(order.Epoch + 1));
        if (await opened.ExecuteAsync(Insert, group, next) == 0)
        {
            ulong epoch = (ulong)(long)(await opened.ScalarAsync(
                "SELECT epoch FROM commit_order WHERE grp = $1 FOR UPDATE", group))!;
            if (await opened.ScalarAsync("SELECT 1 FROM group_member WHERE grp = $1 AND identity = $2", group,
                sender.ToArray()) is null)
                return (EnqueueResult.Forbidden, 0);
            if (epoch != order.Epoch)
                return (EnqueueResult.StaleEpoch, epoch);
            await opened.ExecuteAsync("UPDATE commit_order SET epoch = $2 WHERE grp = $1", group, next);
        }

        byte[][] members =
            [.. messages.Select(m => m.Inbox.Recipient).Concat(order.Elsewhere).Append(sender)
                .Distinct().Select(m => m.ToArray())];
        await using NpgsqlBatch batch = new(opened);
        await batch.With("DELETE FROM group_member WHERE grp = $1", group)
            .With("INSERT INTO group_member (grp, identity) SELECT $1, unnest($2::bytea[])", group, members)
            .ExecuteNonQueryAsync();
        return (EnqueueResult.Stored, 0);
    }
}
