using QuicProChat.Mesh.Server.Stores.Postgres;

namespace QuicProChat.Mesh.Server.Tests.Postgres;

/// <summary>Debian's programs of PostgreSQL (the package <c>postgresql</c>).</summary>
internal static class PostgresPrograms
{
    private const string Root = "/usr/lib/postgresql";

    /// <summary>The folder of the newest version; null where none is installed.</summary>
    internal static string? Folder { get; } = Directory.Exists(Root)
        ? Directory.GetDirectories(Root).OrderByDescending(d => int.TryParse(Path.GetFileName(d), out int v) ? v : 0)
            .Select(d => Path.Combine(d, "bin")).FirstOrDefault(d => File.Exists(Path.Combine(d, "initdb")))
        : null;

    /// <summary>
    /// Why tests over PostgreSQL are skipped; null where they run, and with CI=true, where they fail then.
    /// </summary>
    internal static string? WhySkip => Folder is not null || Environment.GetEnvironmentVariable("CI") == "true" ? null
        : $"PostgreSQL is not installed: no {Root}/VERSION/bin/initdb (package postgresql)";

    internal static PostgresConnection Read(string text)
    {
        Assert.True(PostgresConnection.TryRead(text, out PostgresConnection? connection, out string? problem), problem);
        return connection;
    }
}

/// <summary>A test that is skipped, and counted so, where PostgreSQL is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute() => Skip = PostgresPrograms.WhySkip;
}
