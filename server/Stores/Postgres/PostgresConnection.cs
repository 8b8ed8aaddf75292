using System.Diagnostics.CodeAnalysis;
using Npgsql;
using QuicProChat.Mesh.Server.Hosting;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>
/// Where the database is, and as whom: from a connection string of libpq or of Npgsql. It may hold a password, so
/// nothing shows it but <see cref="Build"/>.
/// </summary>
internal sealed class PostgresConnection
{
    /// <summary>What an option begins with that names a database of PostgreSQL.</summary>
    internal const string Prefix = "postgres:";

    // Arbitrary, where the operator says nothing: a process takes these and one to listen, and PostgreSQL has 100.
    private const int PoolSize = 16;
    private const int ConnectSeconds = 5;

    // Debian's; PostgreSQL's own default is /tmp.
    private const string DefaultHost = "/var/run/postgresql";

    // All statements read a few rows by an index. A plan that was made while the tables were empty must not read them
    // from end to end when they are full.
    private const string Planner = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off";

    private readonly string _text;

    private PostgresConnection(NpgsqlConnectionStringBuilder builder)
    {
        if (string.IsNullOrEmpty(builder.Host))
            builder.Host = DefaultHost;
        Sets(builder, "Maximum Pool Size", () => builder.MaxPoolSize = PoolSize);
        Sets(builder, "Timeout", () => builder.Timeout = ConnectSeconds);
        Sets(builder, "Application Name", () => builder.ApplicationName = "qpc-server");
        // Statements are prepared by themselves. Values of users do not go into errors.
        builder.MaxAutoPrepare = 64;
        builder.AutoPrepareMinUsages = 2;
        builder.IncludeErrorDetail = false;
        // Nothing changes a connection's settings.
        builder.NoResetOnClose = true;
        builder.Options = $"{builder.Options} {Planner}".Trim();
        builder.SearchPath = PostgresSchema.Name;
        _text = builder.ConnectionString;
        (Database, User, Place) = (builder.Database ?? builder.Username ?? "", builder.Username ?? "", Where(builder));
    }

    /// <summary>The name of the database, for the operator; may be empty.</summary>
    internal string Database { get; }

    /// <summary>The user, for the operator; empty if it is the system's.</summary>
    internal string User { get; }

    /// <summary>Where PostgreSQL is, for the operator.</summary>
    internal string Place { get; }

    /// <summary>Takes <see cref="Prefix"/>, or the scheme's other name, off; false if neither is there.</summary>
    internal static bool TryStrip(string text, out string rest)
    {
        string? prefix = Array.Find([Prefix, "postgresql:"], p => text.StartsWith(p, StringComparison.Ordinal));
        rest = text[(prefix?.Length ?? 0)..];
        return prefix is not null;
    }

    /// <summary>Reads what stands after <see cref="Prefix"/>.</summary>
    /// <param name="text">A connection string, <c>//user@host/database</c>, or <c>@FILE</c> with one of both.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="problem">What is wrong, without any part that may be a password.</param>
    internal static bool TryRead(
        string text, [NotNullWhen(true)] out PostgresConnection? connection, [NotNullWhen(false)] out string? problem)
    {
        connection = null;
        if (text.StartsWith('@') && !TryReadFile(text[1..], out text!, out problem))
            return false;
        _ = TryStrip(text, out text);
        NpgsqlConnectionStringBuilder? builder;
        if (LibpqString.IsLibpq(text))
        {
            if (!LibpqString.TryRead(text, out builder, out problem))
                return false;
        }
        else if (!TryReadOwn(text, out builder))
        {
            problem = "The connection string cannot be read. Write KEYWORD=VALUE;KEYWORD=VALUE as Npgsql does, "
                + "'keyword=value keyword=value' as psql does, or //user@host/database.";
            return false;
        }

        problem = null;
        connection = new PostgresConnection(builder);
        return true;
    }

    /// <summary>The connection string for Npgsql, with the password.</summary>
    internal NpgsqlConnectionStringBuilder Build() => new(_text);

    /// <inheritdoc/>
    public override string ToString() => $"{Database} at {Place}";

    private static bool TryReadFile(string path, out string text, [NotNullWhen(false)] out string? problem)
    {
        try
        {
            PrivateFile.RequirePrivate(path);
            text = File.ReadAllText(path).Trim();
            problem = null;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            text = "";
            problem = $"The file with the connection string cannot be used: {e.Message}";
            return false;
        }
    }

    // What the builder says names parts of the text, which may be of a password.
    private static bool TryReadOwn(string text, [NotNullWhen(true)] out NpgsqlConnectionStringBuilder? builder)
    {
        try
        {
            builder = new NpgsqlConnectionStringBuilder(text);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException
            or InvalidCastException or NotSupportedException)
        {
            builder = null;
            return false;
        }
    }

    private static void Sets(NpgsqlConnectionStringBuilder builder, string keyword, Action set)
    {
        if (!builder.ShouldSerialize(keyword))
            set();
    }

    private static string Where(NpgsqlConnectionStringBuilder builder) =>
        builder.Host!.StartsWith('/') ? builder.Host : $"{builder.Host}:{builder.Port}";
}
