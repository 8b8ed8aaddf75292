using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Store;

/// <summary>The writer's statements about conversations, compiled once.</summary>
internal sealed class ConversationStatements(Database database)
{
    internal Statement Put { get; } = database.Prepare(
        "INSERT OR REPLACE INTO conversation (kind, id, state) VALUES (?, ?, ?)");

    internal Statement Delete { get; } = database.Prepare("DELETE FROM conversation WHERE kind = ? AND id = ?");

    // Where the value is as long as the one before, its bytes are overwritten where they stand.
    internal Statement PutPiece { get; } = database.Prepare(
        "INSERT INTO piece (kind, id, slot, value) VALUES (?, ?, ?, ?) "
            + "ON CONFLICT (kind, id, slot) DO UPDATE SET value = excluded.value");

    internal Statement DeletePiece { get; } =
        database.Prepare("DELETE FROM piece WHERE kind = ? AND id = ? AND slot = ?");

    internal Statement DeletePieces { get; } = database.Prepare("DELETE FROM piece WHERE kind = ? AND id = ?");

    internal Statement PutCopy { get; } = database.Prepare(
        "INSERT OR REPLACE INTO copy (id, kind, message, state) VALUES (?, ?, ?, ?)");

    // 0 and 1 are Queued and Forwarded: whatever else is proven is final.
    internal Statement UpdateCopy { get; } = database.Prepare(
        "UPDATE copy SET state = ? WHERE id = ? AND state IN (0, 1)");

    internal Statement PutOpened { get; } = database.Prepare(
        "INSERT OR IGNORE INTO opened (id, kind, sender) VALUES (?, ?, ?)");

    internal Statement PruneOpened { get; } = database.Prepare(
        "DELETE FROM opened WHERE seq <= (SELECT max(seq) FROM opened) - ?");

    internal Statement PutWaiting { get; } = database.Prepare(
        "INSERT OR REPLACE INTO waiting (id, kind, conversation, expires, header, payload) VALUES (?, ?, ?, ?, ?, ?)");

    internal Statement DeleteWaiting { get; } = database.Prepare("DELETE FROM waiting WHERE id = ?");
}
