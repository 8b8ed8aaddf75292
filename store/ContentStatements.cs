using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Store;

/// <summary>The writer's statements about what happens to messages after they were stored.</summary>
internal sealed class ContentStatements(Database database)
{
    private const string Victim =
        "SELECT seq, id, outgoing, peer, conversation, request, " + MessageShares.SizeInSql
            + ", arrived, kind FROM message WHERE ";

    private const string OfConversation = "kind = ? AND id = ? ";

    private const string SetRead =
        "UPDATE message SET unread = 0, expires = CASE WHEN timer > 0 THEN ? + timer * 60 ELSE 0 END WHERE id = ? AND ";

    internal Statement ByPrefix { get; } = database.Prepare(StoreReader.MessageColumns + "WHERE id BETWEEN ? AND ?");

    internal Statement ByPlace { get; } = database.Prepare(StoreReader.MessageColumns + "WHERE place = ?");

    internal Statement SizesOf { get; } = database.Prepare(
        "SELECT length(text), ifnull(length(extras), 0), request FROM message WHERE id = ?");

    internal Statement ChangeText { get; } = database.Prepare("UPDATE message SET text = ? WHERE id = ?");

    internal Statement ChangeExtras { get; } = database.Prepare("UPDATE message SET extras = ? WHERE id = ?");

    internal Statement PutEarly { get; } = database.Prepare(
        "INSERT INTO early (kind, id, target, change, expires) VALUES (?, ?, ?, ?, ?)");

    internal Statement EarlyOf { get; } = database.Prepare(
        "SELECT seq, target, change FROM early WHERE " + OfConversation + "ORDER BY seq DESC");

    internal Statement DeleteOneEarly { get; } = database.Prepare("DELETE FROM early WHERE seq = ?");

    // Beyond the number of all, the oldest of the conversation that has most give way.
    internal Statement PruneEarly { get; } = database.Prepare(
        "DELETE FROM early WHERE expires <= ?2 OR seq IN (SELECT seq FROM ("
        + "SELECT seq, row_number() OVER (PARTITION BY kind, id ORDER BY seq DESC) AS number FROM early"
        + ") ORDER BY number, seq DESC LIMIT -1 OFFSET ?1)");

    internal Statement Early { get; } = database.Prepare(
        "SELECT change FROM early WHERE " + OfConversation + "AND target = ? ORDER BY seq");

    internal Statement DeleteEarly { get; } =
        database.Prepare("DELETE FROM early WHERE " + OfConversation + "AND target = ?");

    internal Statement UnreadWith { get; } = database.Prepare(
        StoreReader.MessageColumns
            + "WHERE unread = 1 AND kind = 0 AND conversation IS NULL AND peer = ? ORDER BY seq LIMIT ?");

    internal Statement UnreadIn { get; } = database.Prepare(
        StoreReader.MessageColumns + "WHERE unread = 1 AND kind = ? AND conversation = ? ORDER BY seq LIMIT ?");

    internal Statement MarkRead { get; } = database.Prepare(SetRead + MessageStatements.Short);

    internal Statement MarkLongRead { get; } = database.Prepare(SetRead + "NOT " + MessageStatements.Short);

    internal Statement Expired { get; } =
        database.Prepare(Victim + "expires > 0 AND expires <= ? ORDER BY expires LIMIT ?");

    internal Statement PutSetting { get; } = database.Prepare(
        "INSERT OR REPLACE INTO setting (kind, id, timer, revision, muted) VALUES (?, ?, ?, ?, ?)");

    internal Statement Setting { get; } =
        database.Prepare("SELECT timer, revision, muted FROM setting WHERE " + OfConversation);
}
