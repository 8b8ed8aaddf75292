using System.Text;
using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>Moderators, reports and bans in SQLite.</summary>
internal sealed class SqliteModeration(Database database, SqliteGroup group, StoreLimits limits, TimeProvider time)
    : IModerationStore
{
    /// <summary>Its tables, of version 3.</summary>
    internal const string Tables = """
        CREATE TABLE moderator (identity BLOB PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE report (
            id           INTEGER PRIMARY KEY AUTOINCREMENT,
            body         BLOB NOT NULL, -- sealed to the moderators
            conversation BLOB NOT NULL,
            reporter     BLOB NOT NULL,
            time         INTEGER NOT NULL
        );
        CREATE INDEX report_reporter ON report (reporter);
        CREATE INDEX report_time ON report (time);
        CREATE TABLE ban (
            identity BLOB PRIMARY KEY,
            reason   BLOB NOT NULL,
            since    INTEGER NOT NULL,
            expires  INTEGER NOT NULL -- 0: never
        ) WITHOUT ROWID;
        """;

    private readonly SqliteModerators _moderators = new(database);
    private readonly Statement _isModerator = database.Prepare("SELECT 1 FROM moderator WHERE identity = ?");
    private readonly Statement _reports = database.Prepare("SELECT count(*) FROM report");
    private readonly Statement _reportsOfOne = database.Prepare("SELECT count(*) FROM report WHERE reporter = ?");
    private readonly Statement _addReport =
        database.Prepare("INSERT INTO report (body, conversation, reporter, time) VALUES (?, ?, ?, ?)");
    private readonly Statement _listReports = database.Prepare(
        "SELECT id, body, conversation, reporter, time FROM report ORDER BY id DESC LIMIT ? OFFSET ?");
    private readonly Statement _oldReports = database.Prepare("DELETE FROM report WHERE time <= ?");
    private readonly Statement _bans = database.Prepare("SELECT count(*) FROM ban WHERE identity <> ?");
    private readonly Statement _ban = database.Prepare(
        "INSERT OR REPLACE INTO ban (identity, reason, since, expires) VALUES (?, ?, ?, ?)");
    private readonly Statement _unban = database.Prepare("DELETE FROM ban WHERE identity = ?");
    private readonly Statement _oldBans = database.Prepare("DELETE FROM ban WHERE expires <> 0 AND expires <= ?");
    private readonly Statement _findBan = database.Prepare("""
        SELECT identity, reason, since, expires FROM ban WHERE identity = ? AND (expires = 0 OR expires > ?)
        """);
    private readonly Statement _listBans = database.Prepare("""
        SELECT identity, reason, since, expires FROM ban WHERE expires = 0 OR expires > ? ORDER BY since DESC, identity
        """);

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public Task<bool> AddModeratorAsync(string username) =>
        group.RunAsync(() => _moderators.Add(username, limits.MaxModerators));

    /// <inheritdoc/>
    public Task<bool> RemoveModeratorAsync(string username) => group.RunAsync(() => _moderators.Remove(username));

    /// <inheritdoc/>
    public Task<IReadOnlyList<(string Username, IdentityKey Identity)>> ListModeratorsAsync() =>
        group.RunAsync(_moderators.List);

    /// <inheritdoc/>
    public Task<bool> IsModeratorAsync(IdentityKey identity) => group.RunAsync(() =>
    {
        bool there = _isModerator.Bind(1, identity.ToArray()).Step();
        _isModerator.Reset();
        return there;
    });

    /// <inheritdoc/>
    public Task<bool> AddReportAsync(
        IdentityKey reporter, ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> conversation) => group.RunAsync(() =>
    {
        byte[] key = reporter.ToArray();
        if (Count(_reports) >= limits.MaxReports || Count(_reportsOfOne.Bind(1, key)) >= limits.MaxReportsOfOne)
            return false;
        _addReport.Bind(1, body.Span).Bind(2, conversation.Span).Bind(3, key).Bind(4, Now).Run();
        return true;
    });

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredReport>> ListReportsAsync(int offset, int limit) =>
        group.RunAsync<IReadOnlyList<StoredReport>>(() =>
        {
            List<StoredReport> reports = [];
            _listReports.Bind(1, limit).Bind(2, offset);
            while (_listReports.Step())
            {
                _ = IdentityKey.TryRead(_listReports.Blob(3, IdentityKey.Size), out IdentityKey reporter);
                reports.Add(new StoredReport(
                    _listReports.Long(0), _listReports.Blob(1).ToArray(), _listReports.Blob(2).ToArray(), reporter,
                    _listReports.Long(4)));
            }

            return reports;
        });

    /// <inheritdoc/>
    public Task<bool> BanAsync(IdentityKey identity, string reason, long durationMs) => group.RunAsync(() =>
    {
        byte[] key = identity.ToArray();
        if (Count(_bans.Bind(1, key)) >= limits.MaxBans)
            return false;
        long now = Now;
        _ban.Bind(1, key).Bind(2, Encoding.UTF8.GetBytes(reason)).Bind(3, now)
            .Bind(4, durationMs == 0 ? 0 : now + durationMs).Run();
        return true;
    });

    /// <inheritdoc/>
    public Task<bool> UnbanAsync(IdentityKey identity) => group.RunAsync(() =>
    {
        _unban.Bind(1, identity.ToArray()).Run();
        return database.Changes > 0;
    });

    /// <inheritdoc/>
    public Task<StoredBan?> FindBanAsync(IdentityKey identity) => group.RunAsync(
        () => ReadBans(_findBan.Bind(1, identity.ToArray()).Bind(2, Now)).FirstOrDefault());

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredBan>> ListBansAsync() =>
        group.RunAsync<IReadOnlyList<StoredBan>>(() => ReadBans(_listBans.Bind(1, Now)));

    /// <inheritdoc/>
    public Task ExpireAsync() => group.RunAsync(() =>
    {
        _oldReports.Bind(1, Now - (long)limits.ReportLifetime.TotalMilliseconds).Run();
        _oldBans.Bind(1, Now).Run();
        return true;
    });

    private static List<StoredBan> ReadBans(Statement statement)
    {
        List<StoredBan> bans = [];
        while (statement.Step())
        {
            _ = IdentityKey.TryRead(statement.Blob(0, IdentityKey.Size), out IdentityKey identity);
            bans.Add(new StoredBan(
                identity, Encoding.UTF8.GetString(statement.Blob(1)), statement.Long(2), statement.Long(3)));
        }

        return bans;
    }

    private static long Count(Statement statement)
    {
        _ = statement.Step();
        long count = statement.Long(0);
        statement.Reset();
        return count;
    }
}
