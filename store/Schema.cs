using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Store;

/// <summary>
/// The tables, version by version. A file's version is its <c>user_version</c>; an older file is brought up to date in
/// one transaction, step by step; a newer one is refused. A migration that was released never changes.
/// </summary>
internal static class Schema
{
    /// <summary>"qpcm": tells the store from other SQLite files (PRAGMA application_id).</summary>
    private const int ApplicationId = 0x7170636D;

    // Sealed columns hold what RowCipher makes. seq orders messages where clocks cannot.
    private const string First = """
        CREATE TABLE message (
            seq      INTEGER PRIMARY KEY,
            id       BLOB NOT NULL UNIQUE,
            outgoing INTEGER NOT NULL,
            peer     BLOB NOT NULL,
            text     BLOB NOT NULL, -- sealed
            state    INTEGER NOT NULL,
            reason   INTEGER NOT NULL,
            hops     INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            created  INTEGER NOT NULL, -- Unix milliseconds
            updated  INTEGER NOT NULL
        );
        CREATE INDEX message_peer ON message (peer, seq);
        CREATE TABLE envelope (
            seq        INTEGER PRIMARY KEY,
            id         BLOB NOT NULL UNIQUE,
            upstream   BLOB NOT NULL,
            originated INTEGER NOT NULL,
            expires    INTEGER NOT NULL, -- second of this node's running time
            header     BLOB NOT NULL,
            payload    BLOB NOT NULL, -- sealed
            proof      BLOB -- sealed
        );
        CREATE TABLE seen (slot INTEGER PRIMARY KEY, number INTEGER NOT NULL, entries BLOB NOT NULL);
        CREATE TABLE alias (name BLOB PRIMARY KEY, address BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE announce (address BLOB PRIMARY KEY, sequence INTEGER NOT NULL, bytes BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE value (name BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID; -- sealed
        """;

    private const string Second = """
        CREATE TABLE route (
            destination BLOB PRIMARY KEY, next_hop BLOB NOT NULL, sequence INTEGER NOT NULL, metric INTEGER NOT NULL
        ) WITHOUT ROWID;
        """;

    // MLS-Lite. A message to a group is one row, with a copy for each member; what could not be opened yet waits.
    private const string Third = """
        ALTER TABLE message ADD COLUMN group_id BLOB;
        ALTER TABLE message ADD COLUMN security INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX message_group ON message (group_id, seq) WHERE group_id IS NOT NULL;
        CREATE TABLE lite_group (id BLOB PRIMARY KEY, state BLOB NOT NULL); -- sealed
        CREATE TABLE lite_copy (id BLOB PRIMARY KEY, message BLOB NOT NULL, state INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX lite_copy_message ON lite_copy (message);
        CREATE TRIGGER lite_copy_gone AFTER DELETE ON message WHEN old.group_id IS NOT NULL BEGIN
            DELETE FROM lite_copy WHERE message = old.id;
        END;
        CREATE TABLE lite_seen (seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, sender BLOB NOT NULL);
        CREATE TABLE lite_waiting (
            seq      INTEGER PRIMARY KEY,
            id       BLOB NOT NULL UNIQUE,
            group_id BLOB,
            expires  INTEGER NOT NULL, -- second of this node's running time
            header   BLOB NOT NULL,
            payload  BLOB NOT NULL -- sealed
        );
        """;

    // Strangers knock: who is known (1) or refused (2), and which messages are requests. What was written before has
    // been seen: no request is made of it. sent: Unix milliseconds, as the sender sealed it. arrived: second of this
    // node's running time. erased: keyed hashes of ids that must not come back as new.
    private const string Fourth = """
        ALTER TABLE message ADD COLUMN request INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE message ADD COLUMN sent INTEGER;
        ALTER TABLE message ADD COLUMN late INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE message ADD COLUMN arrived INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX message_request ON message (peer, seq) WHERE request = 1;
        CREATE TABLE peer (seq INTEGER PRIMARY KEY, address BLOB NOT NULL UNIQUE, standing INTEGER NOT NULL);
        INSERT OR IGNORE INTO peer (address, standing) SELECT address, 1 FROM alias;
        INSERT OR IGNORE INTO peer (address, standing) SELECT peer,
            1 FROM message WHERE outgoing = 1 AND group_id IS NULL;
        CREATE TABLE erased (
            seq INTEGER PRIMARY KEY, mark BLOB NOT NULL UNIQUE, until INTEGER NOT NULL, evicted INTEGER NOT NULL
        );
        """;

    // Conversations of every kind: what MLS-Lite (kind 4) had alone, all have. The routes that were kept were never
    // used.
    private const string Fifth = """
        DROP TABLE route;
        DROP TRIGGER lite_copy_gone;
        DROP INDEX message_group;
        ALTER TABLE message RENAME COLUMN group_id TO conversation;
        ALTER TABLE message ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
        UPDATE message SET kind = 4 WHERE conversation IS NOT NULL;
        CREATE INDEX message_conversation ON message (kind, conversation, seq) WHERE conversation IS NOT NULL;
        CREATE TABLE conversation (
            kind INTEGER NOT NULL, id BLOB NOT NULL, state BLOB NOT NULL, -- sealed
            PRIMARY KEY (kind, id)
        );
        INSERT INTO conversation (kind, id, state) SELECT 4, id, state FROM lite_group;
        DROP TABLE lite_group;
        CREATE TABLE copy (
            id BLOB PRIMARY KEY, kind INTEGER NOT NULL, message BLOB NOT NULL, state INTEGER NOT NULL
        ) WITHOUT ROWID;
        INSERT INTO copy (id, kind, message, state) SELECT id, 4, message, state FROM lite_copy;
        DROP TABLE lite_copy;
        CREATE INDEX copy_message ON copy (message);
        CREATE TRIGGER copy_gone AFTER DELETE ON message WHEN old.conversation IS NOT NULL BEGIN
            DELETE FROM copy WHERE message = old.id;
        END;
        CREATE TABLE opened (
            seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, id BLOB NOT NULL UNIQUE, sender BLOB NOT NULL
        );
        INSERT INTO opened (seq, kind, id, sender) SELECT seq, 4, id, sender FROM lite_seen;
        DROP TABLE lite_seen;
        CREATE TABLE waiting (
            seq          INTEGER PRIMARY KEY,
            kind         INTEGER NOT NULL,
            id           BLOB NOT NULL UNIQUE,
            conversation BLOB,
            expires      INTEGER NOT NULL, -- second of this node's running time
            header       BLOB NOT NULL,
            payload      BLOB NOT NULL -- sealed
        );
        INSERT INTO waiting (seq, kind, id, conversation, expires, header, payload)
            SELECT seq, 4, id, group_id, expires, header, payload FROM lite_waiting;
        DROP TABLE lite_waiting;
        """;

    // Contents of every type: text holds any of them, and what was text stays as it is. What was written before has
    // been read, and stays. early: changes whose message is not there yet. What disappears does so at a second of this
    // node's running time; 0: never.
    private const string Sixth = """
        ALTER TABLE message ADD COLUMN extras BLOB; -- sealed
        ALTER TABLE message ADD COLUMN timer INTEGER NOT NULL DEFAULT 0; -- minutes
        ALTER TABLE message ADD COLUMN expires INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE message ADD COLUMN unread INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE message ADD COLUMN place BLOB;
        CREATE INDEX message_expires ON message (expires) WHERE expires > 0;
        CREATE INDEX message_unread ON message (kind, conversation, peer) WHERE unread = 1;
        CREATE INDEX message_place ON message (place) WHERE place IS NOT NULL;
        CREATE TABLE early (
            seq     INTEGER PRIMARY KEY,
            kind    INTEGER NOT NULL,
            id      BLOB NOT NULL, -- of the conversation
            target  BLOB NOT NULL,
            change  BLOB NOT NULL, -- sealed
            expires INTEGER NOT NULL
        );
        CREATE INDEX early_target ON early (target);
        CREATE TABLE setting (
            kind INTEGER NOT NULL, id BLOB NOT NULL, timer INTEGER NOT NULL, revision INTEGER NOT NULL,
                muted INTEGER NOT NULL,
            PRIMARY KEY (kind, id)
        ) WITHOUT ROWID;
        """;

    // Gossip: records of others and of this node; of a record that is gone the id stays. Any neighbour has the same
    // bytes, so they are not sealed, and the id covers them.
    private const string Seventh = """
        CREATE TABLE gossip (
            id      BLOB PRIMARY KEY,
            seen    INTEGER NOT NULL, -- second of this node's running time
            expires INTEGER NOT NULL, -- second of this node's running time
            source  INTEGER NOT NULL, -- whose share it counts to
            chosen  INTEGER NOT NULL,
            mine    INTEGER NOT NULL,
            record  BLOB
        ) WITHOUT ROWID;
        """;

    // Files: what of them is here, by the message with the offer; their bytes are beside the store, under the name in
    // blob. A row goes with its message, or when that turns into a tombstone, and leaves the name of the bytes that are
    // to be deleted.
    private const string Eighth = """
        CREATE TABLE file (
            message    BLOB PRIMARY KEY,
            blob       BLOB NOT NULL UNIQUE,
            state      INTEGER NOT NULL,
            over_radio INTEGER NOT NULL,
            have       BLOB NOT NULL,
            saved      BLOB -- sealed
        ) WITHOUT ROWID;
        CREATE TABLE erased_file (blob BLOB PRIMARY KEY, message BLOB NOT NULL,
            saved BLOB) WITHOUT ROWID; -- saved: sealed
        CREATE TRIGGER file_gone AFTER DELETE ON file BEGIN
            INSERT OR IGNORE INTO erased_file (blob, message, saved) VALUES (old.blob, old.message, old.saved);
        END;
        CREATE TRIGGER file_message_gone AFTER DELETE ON message BEGIN
            DELETE FROM file WHERE message = old.id;
        END;
        CREATE TRIGGER file_message_changed AFTER UPDATE OF text ON message BEGIN
            DELETE FROM file WHERE message = old.id;
        END;
        """;

    // A message to one node has a copy too where it went under the keys of both.
    private const string Ninth = """
        DROP TRIGGER IF EXISTS copy_gone;
        CREATE TRIGGER copy_gone AFTER DELETE ON message BEGIN
            DELETE FROM copy WHERE message = old.id;
        END;
        """;

    // Pieces of conversations' states: what a text changes, so that the rest of the state is not written with it. A
    // slot is a number that its state gave it; what it is called is sealed with it. envelope: that of a message which
    // has one, with another id; a row among copies cost as much as a third of the message.
    private const string Tenth = """
        CREATE TABLE piece (
            seq   INTEGER PRIMARY KEY,
            kind  INTEGER NOT NULL,
            id    BLOB NOT NULL, -- of the conversation
            slot  INTEGER NOT NULL,
            value BLOB NOT NULL, -- sealed
            UNIQUE (kind, id, slot)
        );
        ALTER TABLE message ADD COLUMN envelope BLOB;
        CREATE INDEX message_under_way ON message (envelope) WHERE envelope IS NOT NULL AND state IN (0, 1);
        """;

    /// <summary>The step to each version from the one before.</summary>
    internal static readonly string[] Migrations =
        [First, Second, Third, Fourth, Fifth, Sixth, Seventh, Eighth, Ninth, Tenth];

    internal static int Current => Migrations.Length;

    /// <summary>Brings a file up to date; returns the version that it had (0: it was empty).</summary>
    /// <exception cref="StoreException">It is newer than this program, or no store.</exception>
    internal static int Upgrade(Database database, string path, int target)
    {
        int version = (int)database.Query("PRAGMA user_version");
        if (version > Current)
        {
            throw new StoreException(
                StoreError.NewerSchema,
                $"The store {path} has schema version {version}; this program knows up to {Current}. Install the "
                    + "version that wrote it, or a later one.");
        }

        bool foreign = version == 0 ? database.Query("SELECT count(*) FROM sqlite_schema") != 0
            : database.Query("PRAGMA application_id") != ApplicationId;
        if (foreign)
            throw new StoreException(StoreError.Corrupt, $"The file {path} is a database of another program.");
        if (version >= target)
            return version;

        database.Execute("BEGIN IMMEDIATE");
        try
        {
            for (int next = version; next < target; next++)
                database.Execute(Migrations[next]);
            database.Execute($"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {target}; COMMIT");
        }
        catch (StoreException)
        {
            if (!database.IsIdle)
                database.Execute("ROLLBACK");
            throw;
        }

        return version;
    }
}
