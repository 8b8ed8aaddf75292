using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Store;

/// <summary>The writer's statements about MLS-Lite groups, compiled once.</summary>
internal sealed class LiteStatements(Database database)
{
    internal Statement PutGroup { get; } = database.Prepare("INSERT OR REPLACE INTO lite_group (id, state) VALUES (?, ?)");

    internal Statement DeleteGroup { get; } = database.Prepare("DELETE FROM lite_group WHERE id = ?");

    internal Statement PutCopy { get; } = database.Prepare("INSERT OR REPLACE INTO lite_copy (id, message, state) VALUES (?, ?, ?)");

    // 0 and 1 are Queued and Forwarded: whatever else is proven is final.
    internal Statement UpdateCopy { get; } = database.Prepare("UPDATE lite_copy SET state = ? WHERE id = ? AND state IN (0, 1)");

    internal Statement PutSeen { get; } = database.Prepare("INSERT OR IGNORE INTO lite_seen (id, sender) VALUES (?, ?)");

    internal Statement PruneSeen { get; } = database.Prepare(
        "DELETE FROM lite_seen WHERE seq <= (SELECT max(seq) FROM lite_seen) - ?");

    internal Statement PutWaiting { get; } = database.Prepare(
        "INSERT OR REPLACE INTO lite_waiting (id, group_id, expires, header, payload) VALUES (?, ?, ?, ?, ?)");

    internal Statement DeleteWaiting { get; } = database.Prepare("DELETE FROM lite_waiting WHERE id = ?");
}
