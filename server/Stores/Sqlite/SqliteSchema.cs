using System.Text;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>The tables of a server's database. A version that was released never changes.</summary>
internal static class SqliteSchema
{
    /// <summary>"qpcs": tells the file from other SQLite files (PRAGMA application_id).</summary>
    private const int ApplicationId = 0x71706373;

    // A message that everybody acknowledged, or that expired, stays as a row without payload while its id is
    // remembered. Rows are in the order of time, because only one process writes.
    private const string First = """
        CREATE TABLE account (
            id       INTEGER PRIMARY KEY,
            username BLOB NOT NULL UNIQUE,
            identity BLOB NOT NULL UNIQUE,
            record   BLOB NOT NULL,
            created  INTEGER NOT NULL -- Unix milliseconds, as all times
        );
        CREATE TABLE session (
            token   BLOB PRIMARY KEY, -- SHA-256
            account INTEGER NOT NULL,
            device  BLOB, -- NULL before its first use
            created INTEGER NOT NULL,
            expires INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX session_account ON session (account, created);
        CREATE TABLE invite (hash BLOB PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE device (
            account    INTEGER NOT NULL,
            device     BLOB NOT NULL,
            name       BLOB NOT NULL,
            registered INTEGER NOT NULL,
            PRIMARY KEY (account, device)
        ) WITHOUT ROWID;
        CREATE TABLE channel (
            id     BLOB PRIMARY KEY,
            first  BLOB NOT NULL, -- the smaller key
            second BLOB NOT NULL,
            maker  BLOB NOT NULL,
            UNIQUE (first, second)
        ) WITHOUT ROWID;
        CREATE INDEX channel_maker ON channel (maker);
        CREATE INDEX channel_second ON channel (second);
        CREATE TABLE inbox (
            id        INTEGER PRIMARY KEY,
            recipient BLOB NOT NULL,
            channel   BLOB NOT NULL,
            next      INTEGER NOT NULL,
            UNIQUE (recipient, channel)
        );
        CREATE INDEX inbox_channel ON inbox (channel);
        CREATE TABLE message (
            id      INTEGER PRIMARY KEY,
            inbox   INTEGER NOT NULL,
            seq     INTEGER NOT NULL,
            message BLOB NOT NULL,
            digest  BLOB NOT NULL, -- SHA-256 of the payload
            sender  BLOB NOT NULL,
            time    INTEGER NOT NULL,
            expires INTEGER NOT NULL,
            live    INTEGER NOT NULL,
            payload BLOB NOT NULL
        );
        CREATE UNIQUE INDEX message_id ON message (inbox, message);
        CREATE UNIQUE INDEX message_live ON message (inbox, seq) WHERE live = 1;
        CREATE INDEX message_expires ON message (expires) WHERE live = 1;
        CREATE TABLE progress (
            inbox  INTEGER NOT NULL,
            device BLOB NOT NULL,
            acked  INTEGER NOT NULL,
            PRIMARY KEY (inbox, device)
        ) WITHOUT ROWID;
        CREATE TABLE commit_order (grp BLOB PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE group_member (grp BLOB NOT NULL, identity BLOB NOT NULL,
            PRIMARY KEY (grp, identity)) WITHOUT ROWID;
        CREATE TABLE key_package (
            id          INTEGER PRIMARY KEY,
            owner       BLOB NOT NULL,
            fingerprint BLOB NOT NULL,
            package     BLOB NOT NULL,
            last_resort INTEGER NOT NULL,
            UNIQUE (owner, fingerprint)
        );
        CREATE INDEX key_package_owner ON key_package (owner, last_resort, id);
        """;

    // KeyPackages are a device's.
    private const string DevicesOfKeyPackages = """
        ALTER TABLE key_package ADD COLUMN device BLOB NOT NULL DEFAULT x''; -- empty: the account has none
        DROP INDEX key_package_owner;
        CREATE INDEX key_package_device ON key_package (owner, device, last_resort, id);
        """;

    // What leads from each version to the next one.
    private static readonly string[] Versions =
    [
        First, DevicesOfKeyPackages, $"{SqliteKeyLog.Tables} {SqliteModeration.Tables}", SqlitePushTokens.Tables,
        $"{SqliteBlobs.Tables} {SqliteRecovery.Tables}", SqliteCommitOrder.Founders,
    ];

    private const int WithLogOfKeys = 3;

    /// <summary>Makes the tables of a new file, or brings those of an old one up to date.</summary>
    /// <exception cref="StoreException">The file is no database of a server, or a newer program's.</exception>
    internal static void Prepare(Database database, string path)
    {
        long version = database.Query("PRAGMA user_version");
        if (version == 0 && database.Query("SELECT count(*) FROM sqlite_schema") == 0)
        {
            database.Execute($"BEGIN IMMEDIATE; PRAGMA application_id = {ApplicationId}; {From(0)} COMMIT");
            return;
        }

        if (database.Query("PRAGMA application_id") != ApplicationId)
            throw new StoreException(StoreError.Corrupt, $"{path} is not the database of a qpc-server.");
        if (version > Versions.Length)
            throw new StoreException(
                StoreError.NewerSchema, $"{path} was written by a later version of qpc-server ({version}).");
        if (version < Versions.Length)
            Upgrade(database);
    }

    // Another process may upgrade it at the same time: whoever is second finds it done.
    private static void Upgrade(Database database)
    {
        database.Execute("BEGIN IMMEDIATE");
        try
        {
            int version = (int)database.Query("PRAGMA user_version");
            database.Execute(From(version));
            if (version < WithLogOfKeys)
                FillLog(database);
            database.Execute("COMMIT");
        }
        catch
        {
            database.Execute("ROLLBACK");
            throw;
        }
    }

    // The log of keys begins with the accounts that are there.
    private static void FillLog(Database database)
    {
        SqliteKeyLog log = new(database);
        using Statement accounts = database.PrepareOnce("SELECT username, identity FROM account ORDER BY id");
        while (accounts.Step())
            log.Append(Encoding.UTF8.GetString(accounts.Blob(0)), accounts.Blob(1));
    }

    private static string From(int version) =>
        $"{string.Concat(Versions.Skip(version))} PRAGMA user_version = {Versions.Length};";
}
