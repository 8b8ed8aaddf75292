using System.Text;
using Npgsql;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>The tables of a server's database. A version that was released never changes.</summary>
internal static class PostgresSchema
{
    /// <summary>The schema that holds all tables.</summary>
    internal const string Name = "qpc_server";

    /// <summary>The advisory lock of whoever makes tables: "qpcs".</summary>
    internal const long MakingLock = 0x71706373;

    /// <summary>The advisory lock of whoever registers an account.</summary>
    internal const long RegisteringLock = MakingLock + (1L << 32);

    /// <summary>The advisory lock of whoever removes what expired.</summary>
    internal const long ExpiringLock = MakingLock + (2L << 32);

    // Locks are taken in the order account, channel, inbox (by recipient and channel), group, log of keys. Rows of
    // inboxes have the counters; a message and its id have no foreign key, because whoever writes one has locked its
    // inbox.
    private const string First = $"""
        CREATE SCHEMA IF NOT EXISTS {Name};
        CREATE TABLE {Name}.meta (
            one     boolean PRIMARY KEY CHECK (one),
            version integer NOT NULL,
            keys    bytea -- a hash of server.key: all processes have the same
        );
        INSERT INTO {Name}.meta VALUES (true, 1, NULL);
        CREATE TABLE {Name}.account (
            id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            username bytea NOT NULL UNIQUE,
            identity bytea NOT NULL UNIQUE,
            record   bytea NOT NULL,
            created  bigint NOT NULL -- Unix milliseconds, as all times
        );
        CREATE TABLE {Name}.session (
            token   bytea PRIMARY KEY, -- SHA-256
            account bigint NOT NULL REFERENCES {Name}.account ON DELETE CASCADE,
            device  bytea, -- NULL before its first use
            created bigint NOT NULL,
            expires bigint NOT NULL
        );
        CREATE INDEX session_account ON {Name}.session (account, created);
        CREATE TABLE {Name}.invite (hash bytea PRIMARY KEY);
        CREATE TABLE {Name}.device (
            account    bigint NOT NULL REFERENCES {Name}.account ON DELETE CASCADE,
            device     bytea NOT NULL,
            name       bytea NOT NULL,
            registered bigint NOT NULL,
            PRIMARY KEY (account, device)
        );
        CREATE TABLE {Name}.channel (
            id     bytea PRIMARY KEY,
            first  bytea NOT NULL REFERENCES {Name}.account (identity), -- the smaller key
            second bytea NOT NULL REFERENCES {Name}.account (identity),
            maker  bytea NOT NULL,
            UNIQUE (first, second)
        );
        CREATE INDEX channel_maker ON {Name}.channel (maker);
        CREATE INDEX channel_second ON {Name}.channel (second);
        CREATE TABLE {Name}.inbox (
            id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            recipient bytea NOT NULL REFERENCES {Name}.account (identity),
            channel   bytea NOT NULL, -- empty for none
            peer      bytea, -- the other member of the channel
            next      bigint NOT NULL,
            messages  integer NOT NULL, -- what is there now
            bytes     bigint NOT NULL,
            UNIQUE (recipient, channel)
        ) WITH (fillfactor = 50);
        CREATE INDEX inbox_channel ON {Name}.inbox (channel);
        CREATE TABLE {Name}.share ( -- what is there now of each sender
            inbox    bigint NOT NULL,
            sender   bytea NOT NULL,
            messages integer NOT NULL,
            bytes    bigint NOT NULL,
            PRIMARY KEY (inbox, sender)
        ) WITH (fillfactor = 50);
        CREATE TABLE {Name}.message ( -- until all have acknowledged it, or its lifetime ended
            inbox   bigint NOT NULL,
            seq     bigint NOT NULL,
            message bytea NOT NULL,
            sender  bytea NOT NULL,
            time    bigint NOT NULL,
            expires bigint NOT NULL,
            payload bytea NOT NULL,
            PRIMARY KEY (inbox, seq)
        );
        ALTER TABLE {Name}.message ALTER COLUMN payload SET STORAGE EXTERNAL; -- what is encrypted does not compress
        CREATE INDEX message_expires ON {Name}.message (expires);
        CREATE TABLE {Name}.message_id ( -- for 60 days
            inbox   bigint NOT NULL,
            message bytea NOT NULL,
            seq     bigint NOT NULL,
            time    bigint NOT NULL,
            digest  bytea NOT NULL, -- SHA-256 of the payload
            PRIMARY KEY (inbox, message)
        );
        CREATE INDEX message_id_time ON {Name}.message_id (time);
        CREATE TABLE {Name}.progress (
            inbox  bigint NOT NULL,
            device bytea NOT NULL,
            acked  bigint NOT NULL,
            PRIMARY KEY (inbox, device)
        );
        CREATE TABLE {Name}.commit_order (grp bytea PRIMARY KEY, epoch bigint NOT NULL);
        CREATE TABLE {Name}.group_member (grp bytea NOT NULL, identity bytea NOT NULL, PRIMARY KEY (grp, identity));
        CREATE INDEX group_member_identity ON {Name}.group_member (identity);
        CREATE TABLE {Name}.key_package (
            id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            owner       bytea NOT NULL REFERENCES {Name}.account (identity) ON DELETE CASCADE,
            fingerprint bytea NOT NULL,
            package     bytea NOT NULL,
            last_resort boolean NOT NULL,
            UNIQUE (owner, fingerprint)
        );
        CREATE INDEX key_package_owner ON {Name}.key_package (owner, last_resort, id);
        """;

    // KeyPackages are a device's.
    private const string DevicesOfKeyPackages = $"""
        ALTER TABLE {Name}.key_package ADD COLUMN device bytea NOT NULL DEFAULT ''; -- empty: the account has none
        DROP INDEX {Name}.key_package_owner;
        CREATE INDEX key_package_device ON {Name}.key_package (owner, device, last_resort, id);
        """;

    // What leads from each version to the next one.
    private static readonly string[] Versions =
    [
        First, DevicesOfKeyPackages, $"{PostgresKeyLog.Tables} {PostgresModeration.Tables}", PostgresPushTokens.Tables,
        $"{PostgresBlobs.Tables} {PostgresRecovery.Tables}", PostgresCommitOrder.Founders,
        PostgresOwnCopies.Counted,
    ];

    private const int WithLogOfKeys = 3;

    /// <summary>Makes the tables of a new database, or brings those of an old one up to date.</summary>
    /// <param name="connection">In a transaction.</param>
    /// <param name="make">Whether tables are made where there are none.</param>
    /// <exception cref="StoreException">The database cannot be used.</exception>
    internal static async Task PrepareAsync(NpgsqlConnection connection, bool make)
    {
        await CheckSettingsAsync(connection);
        await connection.ExecuteAsync("SELECT pg_advisory_xact_lock($1)", MakingLock);
        if (await connection.ScalarAsync($"SELECT to_regclass('{Name}.meta')::text") is null)
        {
            if (!make)
                throw new StoreException(
                    StoreError.Io, "The database has no tables of a qpc-server; 'qpc-server run' makes them.");
            await connection.ExecuteAsync(string.Concat(Versions));
            await connection.ExecuteAsync($"UPDATE {Name}.meta SET version = $1", Versions.Length);
            return;
        }

        int version = (int)(await connection.ScalarAsync("SELECT version FROM meta"))!;
        if (version > Versions.Length)
            throw new StoreException(
                StoreError.NewerSchema,
                $"The database was written by a later version of qpc-server ({version}, this one knows "
                    + $"{Versions.Length}): install that version, or restore a backup of before.");
        if (version == Versions.Length)
            return;
        if (!make)
            throw new StoreException(
                StoreError.Io, "The database is of an earlier version of qpc-server; 'qpc-server run' updates it.");
        await connection.ExecuteAsync(string.Concat(Versions.Skip(version)));
        if (version < WithLogOfKeys)
            await FillLogAsync(connection);
        await connection.ExecuteAsync("UPDATE meta SET version = $1", Versions.Length);
    }

    // The log of keys begins with the accounts that are there.
    private static async Task FillLogAsync(NpgsqlConnection connection)
    {
        // A process of the version before registers nobody in the meantime, and none afterwards: it looks for version 1
        // when it starts, and is to be stopped before (docs/guide/server.md).
        await connection.ExecuteAsync("SELECT pg_advisory_xact_lock($1)", RegisteringLock);
        List<(string Name, byte[] Key)> accounts = [];
        await using (NpgsqlCommand command = connection.Command("SELECT username, identity FROM account ORDER BY id"))
        await using (NpgsqlDataReader reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                accounts.Add((Encoding.UTF8.GetString(reader.Bytes(0)), reader.Bytes(1)));
        }

        foreach ((string name, byte[] key) in accounts)
            await PostgresKeyLog.AppendAsync(connection, name, key);
    }

    private static async Task CheckSettingsAsync(NpgsqlConnection connection)
    {
        foreach (string setting in (string[])["fsync", "synchronous_commit", "full_page_writes"])
        {
            if (await connection.ScalarAsync("SELECT current_setting($1)", setting) is "off")
                throw new StoreException(
                    StoreError.Io,
                    $"{setting} is off in PostgreSQL: a power cut would lose messages that were acknowledged. Set it "
                        + "on.");
        }

        if (await connection.ScalarAsync("SELECT pg_is_in_recovery()") is true)
            throw new StoreException(
                StoreError.Io, "PostgreSQL is a standby, which only reads: connect to the primary.");
    }
}
