using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Store;

/// <summary>The writer's statements about messages, who they are with, and what was erased.</summary>
internal sealed class MessageStatements(Database database)
{
    private const string Rows = "SELECT seq, id, outgoing, peer, conversation, request, " + MessageShares.SizeInSql
        + ", arrived, kind FROM message WHERE ";

    // 0 and 1 are Queued and Forwarded: whatever else is proven is final.
    private const string Final = "state NOT IN (0, 1) ";

    private const string SetState =
        "UPDATE message SET state = ?, reason = ?, hops = ?, updated = ? WHERE id = ? AND state IN (0, 1) ";

    /// <summary>A row without pages of its own: what a change of it frees is overwritten in any case.</summary>
    internal const string Short = MessageShares.SizeInSql + " <= 512";

    internal Statement Insert { get; } = database.Prepare(
        "INSERT OR IGNORE INTO message (id, outgoing, peer, text, state, reason, hops, priority, created, updated, "
            + "conversation, security, request, sent, late, arrived, kind, extras, timer, expires, unread, place, "
            + "envelope) "
        + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

    internal Statement UpdateState { get; } = database.Prepare(SetState + "AND " + Short);

    internal Statement UpdateLongState { get; } = database.Prepare(SetState + "AND NOT " + Short);

    internal Statement Exists { get; } = database.Prepare("SELECT 1 FROM message WHERE id = ?");

    internal Statement ById { get; } = database.Prepare(Rows + "id = ?");

    internal Statement WithPeer { get; } =
        database.Prepare(Rows + "peer = ? AND conversation IS NULL ORDER BY seq LIMIT ?");

    internal Statement InConversation { get; } =
        database.Prepare(Rows + "kind = ? AND conversation = ? ORDER BY seq LIMIT ?");

    internal Statement OldestWithPeer { get; } = database.Prepare(
        Rows + "peer = ? AND conversation IS NULL AND request = 0 AND " + Final + "ORDER BY seq LIMIT ?");

    internal Statement OldestInConversation { get; } = database.Prepare(
        Rows + "kind = ? AND conversation = ? AND " + Final + "ORDER BY seq LIMIT ?");

    internal Statement Requests { get; } = database.Prepare(Rows + "peer = ? AND request = 1 ORDER BY seq LIMIT ?");

    internal Statement OldRequests { get; } =
        database.Prepare(Rows + "peer = ? AND request = 1 ORDER BY seq LIMIT ? OFFSET ?");

    internal Statement Delete { get; } = database.Prepare("DELETE FROM message WHERE seq = ?");

    internal Statement Adopt { get; } =
        database.Prepare("UPDATE message SET request = 0 WHERE peer = ? AND request = 1");

    internal Statement PutPeer { get; } =
        database.Prepare("INSERT OR REPLACE INTO peer (address, standing) VALUES (?, ?)");

    internal Statement PruneRefused { get; } = database.Prepare(
        "DELETE FROM peer WHERE standing = 2 AND seq <= (SELECT max(seq) FROM peer WHERE standing = 2) - ?");

    internal Statement MarkOf { get; } = database.Prepare("SELECT evicted FROM erased WHERE mark = ?");

    internal Statement PutErased { get; } =
        database.Prepare("INSERT OR REPLACE INTO erased (mark, until, evicted) VALUES (?, ?, ?)");

    internal Statement PruneErased { get; } = database.Prepare(
        "DELETE FROM erased WHERE evicted = ?1 AND (until <= ?2 OR seq IN (SELECT seq FROM erased WHERE evicted = ?1 "
            + "ORDER BY seq DESC LIMIT -1 OFFSET ?3))");
}
