using System.Diagnostics;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Server.Stores;
using QuicProChat.Mesh.Server.Stores.Postgres;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Tests.Postgres;

/// <summary>What an operator may get wrong.</summary>
[Collection(PostgresCluster.Collection)]
public sealed class PostgresFaultTests(PostgresCluster cluster) : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-server-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [PostgresFact]
    public async Task What_is_wrong_at_the_start_is_a_sentence_that_says_what_to_do()
    {
        Assert.Contains("createdb", await WhyNotAsync(cluster.Text("nowhere")));
        Assert.Contains("cannot be reached", await WhyNotAsync("host=/nowhere dbname=x"));
        Assert.Contains("127.0.0.1:1 cannot be reached", await WhyNotAsync("host=127.0.0.1 port=1 dbname=x"));
        string database = PostgresPrograms.Read(await cluster.MakeDatabaseAsync()).Database;
        await cluster.ExecuteAsync("postgres", "DROP ROLE IF EXISTS locked");
        await cluster.ExecuteAsync("postgres", "CREATE ROLE locked LOGIN PASSWORD 'pass word'");
        string locked = $"host={cluster.Folder} dbname={database} user=locked";
        Assert.Contains("PGPASSFILE", await WhyNotAsync(locked));
        string why = await WhyNotAsync(locked + " password='sercet'");
        Assert.Contains("refuses the user", why);
        Assert.DoesNotContain("sercet", why);
        Assert.Contains("owner of the database", await WhyNotAsync(locked + " password='pass word'"));

        // A password in a file, where nobody sees it among the processes.
        string file = Path.Combine(_directory, "passfile");
        File.WriteAllText(file, "*:*:*:locked:pass word\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await cluster.ExecuteAsync("postgres", $"ALTER DATABASE {database} OWNER TO locked");
        await using PostgresServerStore store = await OpenAsync($"{locked} passfile={file}");
        Assert.Null(await store.Accounts.FindAsync("nobody"));
    }

    [PostgresFact]
    public async Task The_program_exits_with_a_line_and_without_the_password_and_invites_over_the_database()
    {
        string database = await cluster.MakeDatabaseAsync();
        (int code, string output) = await RunAsync("invite", "--store", "postgres:" + database);
        Assert.Equal(1, code);
        Assert.Contains("'qpc-server run' makes them", output);
        await using PostgresServerStore store = await OpenAsync(database);
        (code, output) = await RunAsync("invite", "--store", "postgres:" + database);
        Assert.Equal((0, 27), (code, output.Length));
        Assert.Equal(1L, await cluster.ExecuteAsync(PostgresPrograms.Read(database).Database,
            "SELECT count(*) FROM qpc_server.invite"));
        (code, output) = await RunAsync("run", "--store", "postgres://u:sercet@127.0.0.1:1/x");
        Assert.Equal(1, code);
        Assert.Contains("127.0.0.1:1 cannot be reached", output);
        Assert.DoesNotContain("sercet", output);
        Assert.DoesNotContain(" at Npgsql", output);
        (code, output) = await RunAsync("run", "--store", "postgres:dbname=x pasword=sercet");
        Assert.Equal(2, code);
        Assert.DoesNotContain("sercet", output);
    }

    [PostgresFact]
    public async Task The_program_names_moderators_over_the_database_and_says_who_cannot_be_one()
    {
        string database = await cluster.MakeDatabaseAsync();
        await using PostgresServerStore store = await OpenAsync(database);
        await store.Accounts.RegisterAsync(
            new StoredAccount("alice", new IdentityKey(1, 1), new byte[192]), inviteHash: null);
        (int code, string output) = await RunAsync("moderator", "add", "bob", "--store", "postgres:" + database);
        Assert.Equal((1, "qpc-server: nobody is called bob"), (code, output.Trim()));
        (code, output) = await RunAsync("moderator", "add", "alice", "--store", "postgres:" + database);
        Assert.Equal((0, "alice is a moderator"), (code, output.Trim()));
        (code, output) = await RunAsync("moderator", "list", "--store", "postgres:" + database);
        Assert.Equal(0, code);
        Assert.StartsWith("alice  0000", output);
        (code, output) = await RunAsync("moderator", "remove", "alice", "--store", "postgres:" + database);
        Assert.Equal((0, "alice is no moderator any more"), (code, output.Trim()));
        Assert.Empty(await store.Moderation.ListModeratorsAsync());
    }

    private static async Task<string> WhyNotAsync(string text) =>
        (await Assert.ThrowsAsync<StoreException>(() => OpenAsync(text))).Message;

    private static Task<PostgresServerStore> OpenAsync(string text) => PostgresServerStore.OpenAsync(
        PostgresPrograms.Read(text), make: true, new StoreLimits(), TimeProvider.System, RandomSource.System);

    private async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using Process process = ServerProgram.Start([.. arguments, "--data-dir", _directory]);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await error);
    }
}

/// <summary>The program itself.</summary>
internal static class ServerProgram
{
    internal static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo(
        "dotnet", [Path.Combine(AppContext.BaseDirectory, "qpc-server.dll"), .. arguments])
    {
        RedirectStandardError = true,
        RedirectStandardOutput = true,
    })!;
}
