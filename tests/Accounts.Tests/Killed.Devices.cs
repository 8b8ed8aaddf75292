using QuicProChat.Mesh.Api;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <content>Two devices of an account.</content>
public sealed partial class Killed
{
    [Fact]
    public async Task Whichever_of_two_devices_is_killed_each_has_every_message_once()
    {
        const int Messages = 120;
        Service server = BeginServer();
        Service phone = BeginNode("phone"), laptop = BeginNode("laptop"), bob = BeginNode("bob");
        string where = $"127.0.0.1:{_port}";
        byte[] password = [.. "correct horse battery staple"u8];
        foreach ((Service node, string name) in new[] { (phone, "alice"), (bob, "bob") })
            await DoneAsync(node, Commands.AccountRegister, () => new()
            {
                Server = where,
                User = name,
                Password = password,
            });
        string card = await ValueAsync(laptop, Commands.ContactShow, new(), c => c.Uri);
        string certificate = await ValueAsync(phone, Commands.AccountDeviceAdd, new()
        {
            Server = where,
            User = "alice",
            Name = "laptop",
            Card = card,
        }, c => c.Certificate);
        await DoneAsync(laptop, Commands.AccountLogin,
            () => new() { Server = where, User = "alice", Password = password, Device = certificate });
        await DoneAsync(phone, Commands.Send, () => new() { To = $"bob@{where}", Text = "begins" });
        await Scene.UntilAsync(
            async () => await EpochAsync(laptop) is > 0 and { } epoch && epoch == await EpochAsync(phone)
                && epoch == await EpochAsync(bob), "the laptop is in the conversation");

        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < Messages; i++)
            {
                string text = $"text {i}";
                for (bool isFirst = true; !await TakenAsync(phone, $"bob@{where}", text, isFirst); isFirst = false)
                    await Task.Delay(50);
            }
        });
        for (int kill = 1; kill <= Kills; kill++)
        {
            while (await CountAsync(bob) < kill * Messages / (Kills + 1) && !sending.IsCompleted)
                await Task.Delay(50);
            (kill % 3 == 0 ? server : kill % 3 == 1 ? laptop : phone).Kill();
        }

        await sending.WaitAsync(TimeSpan.FromMinutes(3));
        string[] expected = [.. Enumerable.Range(0, Messages).Select(i => $"text {i}").Prepend("begins")];
        await Scene.UntilAsync(async () => await CountAsync(bob) >= expected.Length, "all texts came");
        Assert.Equal(expected.Order(StringComparer.Ordinal),
            (await TextsAsync(bob, "in"))!.Order(StringComparer.Ordinal));
        // The laptop came in after or before the first text.
        await Scene.UntilAsync(
            async () => await TextsAsync(laptop, "out") is { } own && own.Count(t => t != "begins") >= Messages,
            "the laptop has what the phone wrote");
        Assert.Equal(expected[1..].Order(StringComparer.Ordinal),
            (await TextsAsync(laptop, "out"))!.Where(t => t != "begins").Order(StringComparer.Ordinal));
        Assert.Equal(Kills, _services.Sum(s => s.Kills));
    }

    private static async Task<long> EpochAsync(Service node) =>
        await AskAsync(node, Commands.AccountConversations, new()) is { Code: null } there
            ? there.Done.Where(c => c.State == "ready").Select(c => c.Epoch).FirstOrDefault() : 0;

    private static async Task<string> ValueAsync<TRequest, TResult>(
        Service node, CommandSpec<TRequest, TResult> command, TRequest request, Func<TResult, string?> read)
        where TRequest : class, new()
    {
        string? value = null;
        await Scene.UntilAsync(async () =>
        {
            if (await AskAsync(node, command, request) is { Code: null } reply)
                value = read(reply.Done);
            return value is not null;
        }, command.Name);
        return value!;
    }
}
