using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>What tests do with nodes that have accounts.</summary>
internal static class Scene
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static byte[] Password => [.. "correct horse battery staple"u8];

    internal static Task<AccountInfo> RegisterAsync(this TestNode node, string server, string user) =>
        node.AskAsync(Commands.AccountRegister, new() { Server = server, User = user, Password = Password });

    internal static Task<AccountInfo> LogInAsync(this TestNode node, string server, string user, string? key = null) =>
        node.AskAsync(Commands.AccountLogin, new() { Server = server, User = user, Password = Password, Key = key });

    /// <summary>Makes another node a device of an account, and logs in there.</summary>
    /// <returns>Its certificate.</returns>
    internal static async Task<string> AddDeviceAsync(this TestNode first, string server, string user, TestNode other)
    {
        string name = other.Node.Configuration.Name;
        string card = (await other.AskAsync(Commands.ContactShow, new())).Uri!;
        string certificate = (await first.AskAsync(
            Commands.AccountDeviceAdd, new() { Server = server, User = user, Name = name, Card = card })).Certificate;
        await other.AskAsync(
            Commands.AccountLogin,
            new() { Server = server, User = user, Password = Password, Device = certificate });
        return certificate;
    }

    /// <summary>Invites somebody whose KeyPackages may still be on their way to the server.</summary>
    internal static Task InviteAsync(this TestNode node, string group, string user) => UntilAsync(
        async () =>
        {
            try
            {
                await node.AskAsync(Commands.AccountInvite, new() { Group = group, Users = [user] });
                return true;
            }
            catch (InvalidOperationException e) when (
                e.Message.Contains("has left no KeyPackage", StringComparison.Ordinal))
            {
                return false;
            }
        },
        $"{user} has left a KeyPackage");

    internal static Task<SendInfo> SayAsync(this TestNode node, string to, string text, string? wait = null) =>
        node.AskAsync(Commands.Send, new SendRequest { To = to, Text = text, Wait = wait });

    internal static async Task<IReadOnlyList<string>> TextsAsync(this TestNode node) =>
        [.. (await node.AskAsync(Commands.Messages, new MessagesRequest { Limit = 10_000 })).Where(m =>
            m.Direction == "in")
            .Select(m => m.Text)];

    /// <summary>Waits until something is so.</summary>
    internal static async Task UntilAsync(Func<Task<bool>> isSo, string what, TimeSpan? patience = null)
    {
        using var limit = new CancellationTokenSource(patience ?? Patience);
        while (!await isSo())
        {
            if (limit.IsCancellationRequested)
                Assert.Fail($"it never came that {what}");
            await Task.Delay(20);
        }
    }

    internal static Task HasTextsAsync(this TestNode node, params string[] texts) => UntilAsync(
        async () => (await node.TextsAsync()).Order(StringComparer.Ordinal).SequenceEqual(
            texts.Order(StringComparer.Ordinal)),
        $"{node.DataDirectory} has {string.Join(", ", texts)}");

    internal static async Task<ServerConversationInfo?> ConversationAsync(this TestNode node, string name) =>
        (await node.AskAsync(Commands.AccountConversations, new NoArguments())).FirstOrDefault(c => c.Name == name);
}
