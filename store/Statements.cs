using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Store;

/// <summary>The writer's statements, compiled once.</summary>
internal sealed class Statements(Database database)
{
    internal Statement Begin { get; } = database.Prepare("BEGIN IMMEDIATE");

    internal Statement Commit { get; } = database.Prepare("COMMIT");

    internal Statement Rollback { get; } = database.Prepare("ROLLBACK");

    internal Statement PutEnvelope { get; } = database.Prepare(
        "INSERT OR REPLACE INTO envelope (id, upstream, originated, expires, header, payload, proof) VALUES (?, ?, ?, "
            + "?, ?, ?, ?)");

    internal Statement DeleteEnvelope { get; } = database.Prepare("DELETE FROM envelope WHERE id = ?");

    internal Statement PutSeen { get; } =
        database.Prepare("INSERT OR REPLACE INTO seen (slot, number, entries) VALUES (?, ?, ?)");

    internal Statement PutAnnounce { get; } = database.Prepare(
        "INSERT OR REPLACE INTO announce (address, sequence, bytes) VALUES (?, ?, ?)");

    internal Statement DeleteAnnounce { get; } = database.Prepare("DELETE FROM announce WHERE address = ?");

    internal Statement PutAlias { get; } =
        database.Prepare("INSERT OR REPLACE INTO alias (name, address) VALUES (?, ?)");

    internal Statement DeleteAlias { get; } = database.Prepare("DELETE FROM alias WHERE name = ?");

    internal Statement PutValue { get; } = database.Prepare("INSERT OR REPLACE INTO value (name, value) VALUES (?, ?)");

    internal Statement DeleteValue { get; } = database.Prepare("DELETE FROM value WHERE name = ?");

    internal Statement PutGossip { get; } = database.Prepare(
        "INSERT OR REPLACE INTO gossip (id, seen, expires, source, chosen, mine, record) VALUES (?, ?, ?, ?, ?, ?, ?)");

    internal Statement DeleteGossip { get; } = database.Prepare("DELETE FROM gossip WHERE id = ?");

    // Only beside its message: that may have gone meanwhile.
    internal Statement PutFile { get; } = database.Prepare(
        "INSERT OR IGNORE INTO file (message, blob, state, over_radio, have) SELECT id, ?, ?, ?, ? FROM message WHERE "
            + "id = ?");

    internal Statement ChangeFile { get; } = database.Prepare(
        "UPDATE file SET state = ?, have = ? WHERE message = ? AND blob = ?");

    internal Statement SaveFile { get; } = database.Prepare("UPDATE file SET saved = ? WHERE message = ?");

    internal Statement DeleteFile { get; } = database.Prepare("DELETE FROM file WHERE message = ?");

    internal Statement DeleteErasedFile { get; } = database.Prepare("DELETE FROM erased_file WHERE blob = ?");

    private readonly Statement _freePages = database.Prepare("PRAGMA freelist_count");

    /// <summary>Pages of the file that hold nothing.</summary>
    internal long FreePages()
    {
        long pages = _freePages.Step() ? _freePages.Long(0) : 0;
        _freePages.Reset();
        return pages;
    }
}
