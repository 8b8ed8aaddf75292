using Npgsql;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>What owners of inboxes put there for their other devices, and what of it gives way.</summary>
internal static class PostgresOwnCopies
{
    /// <summary>Owners' shares of channels, which were not counted before.</summary>
    internal const string Counted = $"""
        INSERT INTO {PostgresSchema.Name}.share (inbox, sender, messages, bytes)
            SELECT m.inbox, m.sender, count(*)::integer, sum(octet_length(m.payload))::bigint
            FROM {PostgresSchema.Name}.message m JOIN {PostgresSchema.Name}.inbox i ON i.id = m.inbox
            WHERE m.sender = i.recipient GROUP BY m.inbox, m.sender
            ON CONFLICT (inbox, sender) DO UPDATE SET messages = excluded.messages, bytes = excluded.bytes;
        """;

    // The sums are of those before a message: it goes where they are not enough.
    private const string Drop = """
        DELETE FROM message m USING (
            SELECT seq, count(*) OVER (ORDER BY seq) - 1 AS before,
                sum(octet_length(payload)) OVER (ORDER BY seq) - octet_length(payload) AS bytes
            FROM message WHERE inbox = $1 AND sender = $2
        ) o WHERE m.inbox = $1 AND m.seq = o.seq AND (o.before < $3 OR o.bytes < $4)
        RETURNING octet_length(m.payload)
        """;

    /// <summary>
    /// Drops the oldest ones: so many at least, and so many bytes. The caller has locked the inbox, and writes its
    /// counters.
    /// </summary>
    internal static async Task DropAsync(NpgsqlConnection opened, InboxState inbox, int messages, long bytes)
    {
        await using NpgsqlCommand command =
            opened.Command(Drop, inbox.Row, inbox.Id.Recipient.ToArray(), (long)messages, bytes);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            inbox.Count(inbox.Id.Recipient, -1, -reader.GetInt32(0));
    }
}
