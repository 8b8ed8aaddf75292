using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>Direct channels in SQLite.</summary>
internal sealed class SqliteChannels(Database database, SqliteGroup group, StoreLimits limits) : IChannelStore
{
    private readonly Statement _account = database.Prepare("SELECT 1 FROM account WHERE identity = ?");
    private readonly Statement _find = database.Prepare("SELECT id FROM channel WHERE first = ? AND second = ?");
    private readonly Statement _made = database.Prepare("SELECT count(*) FROM channel WHERE maker = ?");
    private readonly Statement _make =
        database.Prepare("INSERT INTO channel (id, first, second, maker) VALUES (?, ?, ?, ?)");
    private readonly Statement _member =
        database.Prepare("SELECT 1 FROM channel WHERE id = ? AND (first = ? OR second = ?)");

    /// <inheritdoc/>
    public Task<(ChannelId Channel, bool IsNew)?> OpenAsync(ChannelId proposed, IdentityKey first,
        IdentityKey second) =>
        group.RunAsync(() => Open(proposed, first.ToArray(), second.ToArray()));

    /// <inheritdoc/>
    public Task<bool> IsMemberAsync(ChannelId channel, IdentityKey member) => group.RunAsync(() =>
    {
        byte[] key = member.ToArray();
        return Exists(_member.Bind(1, channel.ToArray()).Bind(2, key).Bind(3, key));
    });

    private (ChannelId Channel, bool IsNew)? Open(ChannelId proposed, byte[] maker, byte[] other)
    {
        if (!Exists(_account.Bind(1, other)))
            return null;
        (byte[] first, byte[] second) = maker.AsSpan().SequenceCompareTo(other) < 0 ? (maker, other) : (other, maker);
        _find.Bind(1, first).Bind(2, second);
        if (_find.Step())
        {
            _ = ChannelId.TryRead(_find.Blob(0, ChannelId.Size), out ChannelId found);
            _find.Reset();
            return (found, false);
        }

        _made.Bind(1, maker);
        _ = _made.Step();
        bool full = _made.Long(0) >= limits.MaxChannels;
        _made.Reset();
        if (full)
            return null;
        _make.Bind(1, proposed.ToArray()).Bind(2, first).Bind(3, second).Bind(4, maker).Run();
        return (proposed, true);
    }

    private static bool Exists(Statement statement)
    {
        bool exists = statement.Step();
        statement.Reset();
        return exists;
    }
}
