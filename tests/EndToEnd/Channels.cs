using System.Net.Sockets;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

public class Channels
{
    private const string Name = "news";
    private const int Messages = 120;

    [Fact]
    public async Task A_channel_loses_nothing_when_its_writer_and_the_relay_are_killed_and_whoever_joins_later_reads_all()
    {
        await using var trio = new Trio();
        (NodeProcess alice, NodeProcess relay, NodeProcess bob) = (trio.Alice, trio.Relay, trio.Bob);
        await trio.StartAsync();
        Assert.Equal(0, alice.Ctl("channel", "create", Name).ExitCode);
        string uri = alice.Ctl(Commands.ChannelInvite, Name).Uri;

        HashSet<string> unsent = [.. Enumerable.Range(0, Messages).Select(i => $"news {i}")];
        for (int round = 0; unsent.Count > 0; round++)
        {
            Assert.InRange(round, 0, 5);
            await WriteAndKillAsync(alice, unsent, isLast: round == 3);
            if (round == 1)
            {
                await relay.KillAsync();
                await relay.StartAsync();
            }

            if (round < 3)
                await alice.StartAsync();
            unsent.ExceptWith(await TextsAsync(alice));
        }

        // Bob comes when all has been said, and the relay after alice is gone.
        Assert.Equal(0, bob.Ctl("channel", "join", uri).ExitCode);
        await bob.EventuallyAsync("all read", async () => (await TextsAsync(bob)).Count
            >= Messages, TimeSpan.FromMinutes(4));
        await alice.StopAsync();
        Assert.Equal(0, relay.Ctl("channel", "join", uri, "from-the-relay").ExitCode);
        await relay.EventuallyAsync("all read", async () => (await TextsAsync(relay)).Count
            >= Messages, TimeSpan.FromMinutes(4));
        foreach (NodeProcess reader in new[] { bob, relay })
        {
            List<string> texts = await TextsAsync(reader);
            Assert.Equal(Messages, texts.Count);
            Assert.Equal(Messages, texts.Distinct().Count());
            Assert.Equal(0, await reader.MetricAsync("qpc_channel_events_total{event=\"refused\"}"));
        }

        Assert.Contains("forwarded", bob.Ctl("send", $"channel:{Name}", "thanks").Output, StringComparison.Ordinal);
        await relay.EventuallyAsync("bob's", async () => (await TextsAsync(relay)).Contains("thanks"));
        Assert.Equal(0, bob.Ctl("channel", "leave", Name).ExitCode);
        Assert.Equal("no channels\n", bob.Ctl("channel", "list").Output);
    }

    /// <summary>Writes what was not written yet; except the last time the writer is killed in the middle.</summary>
    private static async Task WriteAndKillAsync(NodeProcess alice, HashSet<string> texts, bool isLast)
    {
        using ControlConnection connection = await alice.ConnectAsync();
        string[] burst = [.. texts];
        Task writing = WriteAsync(connection, burst);
        for (int i = 0; i < (isLast ? burst.Length : burst.Length / 3); i++)
            Assert.Null((await connection.ReadAsync(Commands.Send)).Reply.Error);
        if (!isLast)
            await alice.KillAsync();
        await writing;
    }

    private static async Task WriteAsync(ControlConnection connection, string[] texts)
    {
        try
        {
            foreach (string text in texts)
                await connection.WriteAsync(
                    Commands.Send.ToLine(new SendRequest { To = $"channel:{Name}", Text = text }));
        }
        catch (SocketException)
        {
            // It was killed meanwhile, as it should be.
        }
    }

    private static async Task<List<string>> TextsAsync(NodeProcess node) =>
        [.. (await node.AskAsync(Commands.Messages, new() { Limit = 1000 }))
            .Select(m => m.Text)];
}
