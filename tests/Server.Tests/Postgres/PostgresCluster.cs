using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace QuicProChat.Mesh.Server.Tests.Postgres;

/// <summary>
/// PostgreSQL in a folder of its own, on a Unix socket there, as an unprivileged user. It ends with this process,
/// however that ends: its shell waits for the end of a pipe.
/// </summary>
public sealed class PostgresCluster : IAsyncLifetime
{
    /// <summary>The collection of tests that use one cluster, one after the other.</summary>
    internal const string Collection = "PostgreSQL";

    // initdb refuses root.
    private const string User = "nobody";

    private const string Settings = """
        listen_addresses = ''
        max_connections = 60
        shared_buffers = 32MB
        log_min_messages = fatal
        """;

    private const string Run = """
        exec 3<&0
        "$@" >&2 3<&- & p=$!
        { read -r x; kill -QUIT $p; } <&3 & r=$!
        wait $p
        kill $r 2>/dev/null
        """;

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"qpc-postgres-{Path.GetRandomFileName()}");
    private Process? _process;
    private int _databases;

    /// <summary>How it listens for TLS on localhost; null for not at all.</summary>
    internal PostgresTls? Tls { get; init; }

    /// <summary>Where its socket is.</summary>
    internal string Folder => _folder;

    private string Data => Path.Combine(_folder, "data");

    public async Task InitializeAsync()
    {
        if (PostgresPrograms.Folder is null)
        {
            // The tests were skipped, or fail here.
            if (PostgresPrograms.WhySkip is null)
                throw new InvalidOperationException(
                    "PostgreSQL is not installed: the package postgresql, build/deps.sh");
            return;
        }

        await RunAsync(Environment.IsPrivilegedProcess
            ? ["install", "-d", "-m", "700", "-o", User, _folder] : ["install", "-d", "-m", "700", _folder]);
        await RunAsync([.. AsUser, Program("initdb"), "-D", Data, "-U", "postgres", "--auth=trust", "-N", "-E", "UTF8",
            "--locale=C"]);
        await RunAsync([.. AsUser, "sh", "-c", "cat >> \"$0\"", Path.Combine(Data, "postgresql.conf")],
            $"{Settings}\n");
        await RunAsync([.. AsUser, "sh", "-c", "cat > \"$0\"", Path.Combine(Data, "pg_hba.conf")],
            "local all locked scram-sha-256\nlocal all all trust\nhostssl all all all trust\n");
        if (Tls is not null)
            await WriteTlsAsync(Tls);
        await StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_process is null)
            return;
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Makes a database; the connection string for it.</summary>
    internal async Task<string> MakeDatabaseAsync()
    {
        string name = $"db{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync("postgres", $"CREATE DATABASE {name}");
        return Text(name);
    }

    /// <summary>The connection string for a database, as an operator writes it.</summary>
    internal string Text(string database) => $"host={_folder} port={Port} dbname={database} user=postgres";

    /// <summary>Runs a statement as the database's owner; its first value.</summary>
    internal async Task<object?> ExecuteAsync(string database, string sql)
    {
        await using NpgsqlConnection connection =
            new($"Host={_folder};Port={Port};Database={database};Username=postgres;Pooling=false");
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>A program of PostgreSQL as its user; what it writes.</summary>
    internal Task<string> ProgramAsync(string name, params string[] arguments) =>
        RunAsync([.. AsUser, Program(name), .. arguments]);

    /// <summary>kill -9 for PostgreSQL as a whole; what it has in its pages of memory is gone.</summary>
    internal async Task KillAsync()
    {
        Process process = _process!;
        _process = null;
        string pid = File.ReadLines(Path.Combine(Data, "postmaster.pid")).First();
        using (Process postmaster = Process.GetProcessById(int.Parse(pid, CultureInfo.InvariantCulture)))
            postmaster.Kill();
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    internal async Task StartAsync()
    {
        for (int tries = 0; ; tries++)
        {
            _process = Process.Start(new ProcessStartInfo(
                "sh", ["-c", Run, "sh", .. AsUser, Program("postgres"), "-D", Data, "-k", _folder])
            {
                RedirectStandardInput = true,
                RedirectStandardError = true,
            })!;
            _process.BeginErrorReadLine();
            if (await IsReadyAsync(_process))
                return;
            // Those who served clients of a postmaster that was killed end a little later.
            if (tries == 20)
                throw new InvalidOperationException("PostgreSQL does not start.");
            await StopAsync();
            await Task.Delay(100);
        }
    }

    private int Port => Tls?.Port ?? 5432;

    private async Task WriteTlsAsync(PostgresTls tls)
    {
        foreach ((string name, string text) in ((string, string)[])[
            ("server.crt", tls.Certificate), ("server.key", tls.Key)])
            await RunAsync([.. AsUser, "sh", "-c", "umask 077; cat > \"$0\"", Path.Combine(Data, name)], text);
        await RunAsync([.. AsUser, "sh", "-c", "cat >> \"$0\"", Path.Combine(Data, "postgresql.conf")],
            $"listen_addresses = '127.0.0.1'\nport = {tls.Port}\nssl = {(tls.IsPlain ? "off" : "on")}\n");
    }

    private static string[] AsUser => Environment.IsPrivilegedProcess
        ? ["setpriv", $"--reuid={User}", "--regid=nogroup", "--clear-groups"] : ["env"];

    private static string Program(string name) => Path.Combine(PostgresPrograms.Folder!, name);

    private async Task StopAsync()
    {
        Process process = _process!;
        _process = null;
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private async Task<bool> IsReadyAsync(Process process)
    {
        for (int tries = 0; tries < 2000 && !process.HasExited; tries++)
        {
            try
            {
                await ExecuteAsync("postgres", "SELECT 1");
                return true;
            }
            catch (NpgsqlException)
            {
                await Task.Delay(20);
            }
        }

        return false;
    }

    private static async Task<string> RunAsync(string[] command, string input = "")
    {
        using Process process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        })!;
        Task<string> said = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await said
            : throw new InvalidOperationException($"{string.Join(' ', command)}: {await error}");
    }
}

/// <summary>Where PostgreSQL listens for TLS, and as whom: PEM.</summary>
internal sealed record PostgresTls(int Port, string Certificate, string Key)
{
    /// <summary>It listens on that port without TLS.</summary>
    public bool IsPlain { get; init; }
}

[CollectionDefinition(PostgresCluster.Collection)]
public sealed class PostgresCollection : ICollectionFixture<PostgresCluster>;
