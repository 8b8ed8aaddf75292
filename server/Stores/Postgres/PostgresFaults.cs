using System.Net.Sockets;
using Npgsql;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>What goes wrong with PostgreSQL, in sentences for the operator that say what to do.</summary>
internal static class PostgresFaults
{
    /// <summary>What a call of Npgsql throws when the database, not this program, is at fault.</summary>
    internal static bool IsOfDatabase(Exception fault) =>
        fault is NpgsqlException or TimeoutException or SocketException or IOException or ObjectDisposedException;

    /// <summary>The transaction came to nothing because of another one: it may go well if it is tried again.</summary>
    internal static bool IsOfOthers(Exception fault) => fault is PostgresException
    {
        SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure
            or PostgresErrorCodes.ForeignKeyViolation or PostgresErrorCodes.UniqueViolation
    };

    /// <summary>A statement failed, and the connection still stands: others' work may go well.</summary>
    internal static bool IsOfStatement(Exception? fault) => fault is PostgresException { SqlState: { } state }
        && !(state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("53", StringComparison.Ordinal)
            || state.StartsWith("57", StringComparison.Ordinal));

    /// <summary>The sentence for a fault.</summary>
    internal static StoreException Of(Exception fault, PostgresConnection connection) =>
        new(fault is PostgresException { SqlState: PostgresErrorCodes.DiskFull } ? StoreError.Full : StoreError.Io,
            Sentence(fault, connection), fault);

    private static string Sentence(Exception fault, PostgresConnection connection) => fault switch
    {
        PostgresException p => Sentence(p, connection),
        ObjectDisposedException => "The store is closed.",
        NpgsqlException { InnerException: SocketException or IOException or TimeoutException or null } e
            when e.Message.Contains("password", StringComparison.OrdinalIgnoreCase) =>
            "PostgreSQL wants a password and none was given: name a file of the form host:port:database:user:password, "
                + "mode 0600, in PGPASSFILE or as Passfile.",
        NpgsqlException or TimeoutException or SocketException or IOException =>
            $"PostgreSQL at {connection.Place} cannot be reached: {Reason(fault)} Check that it runs, and that this "
                + "machine may connect to it.",
        _ => $"The store failed: {Reason(fault)}",
    };

    private static string Sentence(PostgresException fault, PostgresConnection connection) => fault.SqlState switch
    {
        PostgresErrorCodes.InvalidCatalogName =>
            $"The database '{connection.Database}' is not there. Create it: createdb --owner=USER "
                + $"{connection.Database}",
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            $"PostgreSQL at {connection.Place} refuses the user: {fault.MessageText}. Check its password (PGPASSFILE "
                + "or Passfile name a file that holds it) and pg_hba.conf.",
        PostgresErrorCodes.TooManyConnections =>
            "PostgreSQL has no connection left: raise max_connections, or lower 'Maximum Pool Size' of each process.",
        PostgresErrorCodes.InsufficientPrivilege =>
            $"The user may not do this in the database '{connection.Database}': {fault.MessageText}. Make it "
                + "the owner of the database.",
        PostgresErrorCodes.ReadOnlySqlTransaction =>
            $"PostgreSQL at {connection.Place} only reads: connect to the primary.",
        PostgresErrorCodes.DiskFull => "The disk of PostgreSQL is full.",
        _ => $"PostgreSQL failed: {fault.MessageText} ({fault.SqlState}).",
    };

    private static string Reason(Exception fault)
    {
        string text = (fault.InnerException ?? fault).Message.Trim();
        return text.EndsWith('.') ? text : text + ".";
    }
}
