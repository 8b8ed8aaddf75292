using Npgsql;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>Direct channels in PostgreSQL.</summary>
internal sealed class PostgresChannels(PostgresDatabase database, StoreLimits limits) : IChannelStore
{
    private const string Find = "SELECT id FROM channel WHERE first = $1 AND second = $2";

    private const string Make = """
        INSERT INTO channel (id, first, second, maker) VALUES ($1, $2, $3, $4) ON CONFLICT (first, second) DO NOTHING
        """;

    /// <inheritdoc/>
    public Task<(ChannelId Channel, bool IsNew)?> OpenAsync(
        ChannelId proposed, IdentityKey first, IdentityKey second) => database.TransactAsync(
        opened => OpenAsync(opened, proposed, first.ToArray(), second.ToArray()));

    /// <inheritdoc/>
    public Task<bool> IsMemberAsync(ChannelId channel, IdentityKey member) => database.RunAsync(async opened =>
        await opened.ScalarAsync(
            "SELECT 1 FROM channel WHERE id = $1 AND (first = $2 OR second = $2)", channel.ToArray(),
            member.ToArray()) is not null);

    private async Task<(ChannelId Channel, bool IsNew)?> OpenAsync(
        NpgsqlConnection opened, ChannelId proposed, byte[] maker, byte[] other)
    {
        // One at a time for each maker, so that the bound is one. The other's account stays while this lasts.
        if (await opened.ScalarAsync("SELECT 1 FROM account WHERE identity = $1 FOR NO KEY UPDATE", maker) is null
            || await opened.ScalarAsync("SELECT 1 FROM account WHERE identity = $1 FOR KEY SHARE", other) is null)
            return null;
        (byte[] first, byte[] second) = maker.AsSpan().SequenceCompareTo(other) < 0 ? (maker, other) : (other, maker);
        if (await FindAsync(opened, first, second) is { } known)
            return (known, false);
        long made = (long)(await opened.ScalarAsync("SELECT count(*) FROM channel WHERE maker = $1", maker))!;
        if (made >= limits.MaxChannels)
            return null;
        if (await opened.ExecuteAsync(Make, proposed.ToArray(), first, second, maker) > 0)
            return (proposed, true);
        // The other one made it in the meantime.
        return await FindAsync(opened, first, second) is { } theirs ? (theirs, false) : null;
    }

    private static async Task<ChannelId?> FindAsync(NpgsqlConnection opened, byte[] first, byte[] second) =>
        await opened.ScalarAsync(Find, first, second) is byte[] id && ChannelId.TryRead(id, out ChannelId channel)
            ? channel : null;
}
