using System.Diagnostics;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Server.Stores.Sqlite;

namespace QuicProChat.Mesh.Accounts.Tests;

public sealed partial class Killed
{
    [Fact]
    public async Task Who_lost_everything_comes_back_with_the_code_until_the_account_is_deleted()
    {
        Service server = BeginServer();
        Service alice = BeginNode("alice"), bob = BeginNode("bob");
        string where = $"127.0.0.1:{_port}";
        await RegisterAsync(alice, where, "alice");
        await RegisterAsync(bob, where, "bob");
        string address = (await AskAsync(alice, Commands.Identity, new()))!.Done.Address;
        string bobs = (await AskAsync(bob, Commands.Identity, new()))!.Done.Address;
        await DoneAsync(alice, Commands.Alias, () => new() { Alias = "friend", To = bobs });
        Reply<RecoveryCodeInfo>? made = null;
        await Scene.UntilAsync(
            async () => (made = await AskAsync(
                alice, Commands.AccountRecoveryCreate, new() { Server = where, User = "alice" })) is { Code: null },
            "the bundle is stored");
        Assert.Equal((where, 1), (made!.Done.Server, made.Done.Accounts));
        string code = Path.Combine(_directory, "code");
        await File.WriteAllTextAsync(code, made.Done.Code.ToUpperInvariant() + "\n");

        // Disk, keys and password are lost.
        alice.End();
        Directory.Delete(Path.Combine(_directory, "alice"), recursive: true);
        server.Kill();
        (int status, string said, string error) = await RestoreAsync(where, code, "again");
        Assert.True(status == 0, error);
        Assert.Contains(address, said);
        Assert.Contains($"Account: alice@{where}", said);
        Service again = BeginNode("again");
        await Scene.UntilAsync(
            async () => await AskAsync(again, Commands.AccountList, new()) is { Code: null } list
                && list.Done is [{ State: "online", User: "alice" }],
            "the account is there, and its session too");
        Assert.Equal(address, (await AskAsync(again, Commands.Identity, new()))!.Done.Address);
        Assert.Equal(bobs, Assert.Single((await AskAsync(again, Commands.Alias, new()))!.Done.List!).Address);

        await DoneAsync(again, Commands.AccountDelete, () => new() { Server = where, User = "alice" });
        server.Kill();
        Assert.Empty((await AskAsync(again, Commands.AccountList, new()))!.Done);
        (status, _, error) = await RestoreAsync(where, code, "third");
        Assert.Equal(1, status);
        Assert.Contains("has no bundle for this code", error);
        string blobs = Path.Combine(_directory, "server", BlobFiles.FolderName);
        Assert.Empty(Directory.Exists(blobs) ? Directory.GetFiles(blobs) : []);
    }

    private async Task<(int Status, string Said, string Error)> RestoreAsync(string where, string code, string name)
    {
        for (int tries = 0; ; tries++)
        {
            using Process restore = Process.Start(new ProcessStartInfo("dotnet",
                [Node, "ctl", "account", "recovery", "restore", where, "--code-file", code, "--data-dir",
                    Path.Combine(_directory, name)])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            Task<string> said = restore.StandardOutput.ReadToEndAsync();
            string error = await restore.StandardError.ReadToEndAsync();
            await restore.WaitForExitAsync();
            // The server was killed a moment ago, and is not there yet.
            if (restore.ExitCode == 0 || tries == 20 || error.Contains("bundle", StringComparison.Ordinal))
                return (restore.ExitCode, await said, error);
            await Task.Delay(500);
        }
    }
}
