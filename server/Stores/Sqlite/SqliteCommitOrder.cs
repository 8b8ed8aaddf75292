using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>
/// The order of commits: a group waits for one number, and the first commit that has it wins. The server cannot read
/// commits; a member is whoever sent or received the last one.
/// </summary>
internal sealed class SqliteCommitOrder(Database database)
{
    private readonly Statement _epoch = database.Prepare("SELECT epoch FROM commit_order WHERE grp = ?");
    private readonly Statement _member = database.Prepare("SELECT 1 FROM group_member WHERE grp = ? AND identity = ?");
    private readonly Statement _advance =
        database.Prepare("INSERT OR REPLACE INTO commit_order (grp, epoch) VALUES (?, ?)");
    private readonly Statement _clear = database.Prepare("DELETE FROM group_member WHERE grp = ?");
    private readonly Statement _add =
        database.Prepare("INSERT OR IGNORE INTO group_member (grp, identity) VALUES (?, ?)");

    /// <summary>Takes a commit's place, or says why not.</summary>
    /// <param name="order">The place.</param>
    /// <param name="sender">Who commits.</param>
    /// <param name="messages">What the commit sends, to every member.</param>
    /// <param name="epoch">The number that the group waits for.</param>
    internal EnqueueResult Take(
        CommitOrder order, IdentityKey sender, IReadOnlyList<NewMessage> messages, out ulong epoch)
    {
        ReadOnlySpan<byte> group = order.Group.Span;
        epoch = order.Epoch;
        _epoch.Bind(1, group);
        if (_epoch.Step())
        {
            epoch = (ulong)_epoch.Long(0);
            _epoch.Reset();
            _member.Bind(1, group).Bind(2, sender.ToArray());
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

        _advance.Bind(1, group).Bind(2, unchecked((long)(order.Epoch + 1))).Run();
        _clear.Bind(1, group).Run();
        _add.Bind(1, group).Bind(2, sender.ToArray()).Run();
        foreach (IdentityKey member in messages.Select(m => m.Inbox.Recipient).Concat(order.Elsewhere))
            _add.Bind(1, group).Bind(2, member.ToArray()).Run();
        return EnqueueResult.Stored;
    }
}
