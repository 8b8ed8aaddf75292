using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Server.Stores.Sqlite;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>Reports and bans with whole nodes.</summary>
public sealed class Moderating
{
    [Fact]
    public async Task A_message_is_reported_read_by_moderators_alone_and_its_author_banned_and_let_in_again()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var alice = new TestNode("alice");
        await using var mallory = new TestNode("mallory");
        await using var moderator = new TestNode("moderator");
        await alice.RegisterAsync(server.Name, "alice");
        await mallory.RegisterAsync(server.Name, "mallory");
        await moderator.RegisterAsync(server.Name, "mod");
        await mallory.SayAsync($"alice@{server.Name}", "a text that hurts", "forwarded").WaitAsync(Scene.Patience);
        await alice.HasTextsAsync("a text that hurts");
        MessageInfo got = Assert.Single(await alice.AskAsync(Commands.Messages, new()));
        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => alice.AskAsync(Commands.AccountReport, new() { Id = got.Id, Reason = "it hurts" }));
        Assert.Contains("has no moderators", refused.Message);
        Assert.True(SqliteModerators.With(server.DataDirectory, m => m.Add("mod", 16)));
        await alice.AskAsync(Commands.AccountReport, new() { Id = got.Id, Reason = "it hurts" });

        ServerReportInfo report = Assert.Single(
            await moderator.AskAsync(Commands.AccountReports, new() { Server = server.Name }));
        Assert.Equal(("a text that hurts", "it hurts", got.Id), (report.Text, report.Reason, report.Message));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => alice.AskAsync(Commands.AccountReports, new() { Server = server.Name }));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => mallory.AskAsync(Commands.AccountBan, new() { Server = server.Name, User = "alice" }));
        await server.StopAsync();
        foreach (string file in Directory.GetFiles(server.DataDirectory, "server.db*"))
            Assert.Equal(-1, (await File.ReadAllBytesAsync(file)).AsSpan().IndexOf("it hurts"u8));
        await server.RestartAsync();

        await moderator.AskAsync(
            Commands.AccountBan, new() { Server = server.Name, User = report.Author, Hours = 5, Reason = "be kind" });
        await Scene.UntilAsync(
            async () => Assert.Single(await mallory.AskAsync(Commands.AccountList, new())).Problem?.Contains(
                "be kind", StringComparison.Ordinal) == true, "Mallory is told why");
        await mallory.SayAsync($"alice@{server.Name}", "later");
        ServerBanInfo ban = Assert.Single(
            await moderator.AskAsync(Commands.AccountBanned, new() { Server = server.Name }));
        Assert.Equal(
            (report.Author, "be kind", TimeSpan.FromHours(5)), (ban.User, ban.Reason, ban.Until!.Value - ban.Since));
        Assert.Equal(["a text that hurts"], await alice.TextsAsync());
        await moderator.AskAsync(Commands.AccountUnban, new() { Server = server.Name, User = "mallory" });
        await alice.HasTextsAsync("a text that hurts", "later");
    }
}
