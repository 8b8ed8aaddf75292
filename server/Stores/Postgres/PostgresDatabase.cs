using Npgsql;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>Connections to PostgreSQL, and work over them.</summary>
internal sealed class PostgresDatabase(PostgresConnection connection) : IAsyncDisposable
{
    // Arbitrary. Locks are taken in one order, so that others' transactions are hardly ever in the way.
    private const int MaxTries = 5;

    private readonly NpgsqlDataSource _source = Source(connection.Build());

    /// <summary>Where it is.</summary>
    internal PostgresConnection Connection { get; } = connection;

    /// <summary>Does something over a connection; a batch of statements is one transaction.</summary>
    /// <param name="work">What; it may be done again where another transaction was in the way.</param>
    /// <exception cref="StoreException">The database cannot be reached, or refuses it.</exception>
    internal async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> work)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                await using NpgsqlConnection opened = await _source.OpenConnectionAsync();
                return await work(opened);
            }
            catch (Exception e) when (PostgresFaults.IsOfOthers(e) && tries < MaxTries)
            {
                // The transaction was rolled back as a whole: it begins anew.
            }
            catch (Exception e) when (PostgresFaults.IsOfDatabase(e))
            {
                throw PostgresFaults.Of(e, Connection);
            }
        }
    }

    /// <summary>Does something in a transaction that is committed when it returns.</summary>
    /// <inheritdoc cref="RunAsync"/>
    internal Task<T> TransactAsync<T>(Func<NpgsqlConnection, Task<T>> work) => RunAsync(async opened =>
    {
        await using NpgsqlTransaction transaction = await opened.BeginTransactionAsync();
        T result = await work(opened);
        await transaction.CommitAsync();
        return result;
    });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    /// <summary>Connections with what the store needs of Npgsql.</summary>
    internal static NpgsqlDataSource Source(NpgsqlConnectionStringBuilder text)
    {
        NpgsqlSlimDataSourceBuilder builder = new(text.ConnectionString);
        builder.EnableArrays();
        builder.EnableTransportSecurity();
        return builder.Build();
    }
}

/// <summary>Statements with their values ($1, $2, ...).</summary>
internal static class PostgresCommands
{
    /// <summary>Runs a statement; the number of rows that it changed.</summary>
    internal static async Task<int> ExecuteAsync(this NpgsqlConnection connection, string sql, params object[] values)
    {
        await using NpgsqlCommand command = connection.Command(sql, values);
        return await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first value of a statement's first row; null if there is none.</summary>
    internal static async Task<object?> ScalarAsync(
        this NpgsqlConnection connection, string sql, params object[] values)
    {
        await using NpgsqlCommand command = connection.Command(sql, values);
        return await command.ExecuteScalarAsync() is { } value and not DBNull ? value : null;
    }

    /// <summary>A statement.</summary>
    internal static NpgsqlCommand Command(this NpgsqlConnection connection, string sql, params object[] values)
    {
        NpgsqlCommand command = new(sql, connection);
        foreach (object value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    /// <summary>Adds a statement to a batch.</summary>
    internal static NpgsqlBatch With(this NpgsqlBatch batch, string sql, params object[] values)
    {
        NpgsqlBatchCommand command = new(sql);
        foreach (object value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        batch.BatchCommands.Add(command);
        return batch;
    }

    /// <summary>A column of bytes.</summary>
    internal static byte[] Bytes(this NpgsqlDataReader reader, int column) => reader.GetFieldValue<byte[]>(column);

    /// <summary>A column with a key.</summary>
    internal static IdentityKey Key(this NpgsqlDataReader reader, int column)
    {
        _ = IdentityKey.TryRead(reader.Bytes(column), out IdentityKey key);
        return key;
    }

    /// <summary>Two columns with an inbox.</summary>
    internal static InboxId Inbox(this NpgsqlDataReader reader, int column)
    {
        _ = ChannelId.TryRead(reader.Bytes(column + 1), out ChannelId channel);
        return new InboxId(reader.Key(column), channel);
    }
}
