using System.Net.Sockets;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

public class LiteGroups
{
    private const string Name = "friends";
    private const int Messages = 200;
    private const int Kills = 4;

    [Fact]
    public async Task A_group_grows_rekeys_and_loses_nothing_when_its_writer_is_killed_in_the_middle()
    {
        await using var trio = new Trio();
        (NodeProcess alice, NodeProcess relay, NodeProcess bob) = (trio.Alice, trio.Relay, trio.Bob);
        await trio.StartAsync();
        await alice.AskAsync(Commands.LiteCreate, new() { Name = Name });
        await LetInAsync(alice, bob, [alice]);
        await SendAsync(alice, "from alice");
        await SendAsync(bob, "from bob");

        // The relay's owner comes third: what was before is not for its eyes, though all of it went through its hands.
        await LetInAsync(alice, relay, [alice, bob]);
        await SendAsync(relay, "from the third");
        long epoch = (await alice.AskAsync(Commands.LiteRekey, new() { Group = Name })).Epoch;
        await SendAsync(bob, "after the rekey, perhaps");
        foreach (NodeProcess node in new[] { bob, relay })
            await node.EventuallyAsync("the new epoch", async () => (await ShowAsync(node)).Epoch == epoch);
        Assert.Equal(["from the third", "after the rekey, perhaps"], await TextsAsync(relay));

        HashSet<string> accepted = await SendAndKillAsync(trio);

        foreach (NodeProcess reader in new[] { bob, relay })
        {
            await reader.EventuallyAsync("all received", async () => (await StreamAsync(reader)).Count
                >= accepted.Count, TimeSpan.FromMinutes(4));
            Assert.Equal(accepted.Order(), (await StreamAsync(reader)).Order());
            // A key that was used twice would come back as a replay, and its message would be missing above.
            foreach (string refused in new[] { "replayed_or_too_old", "not_authentic", "too_many" })
                Assert.Equal(0, await reader.MetricAsync($"qpc_lite_events_total{{event=\"{refused}\"}}"));
        }

        await alice.EventuallyAsync("all proven", async () => (await ListAsync(alice)).All(m =>
            m.Direction == "in"
                || (m.State == "delivered" && m.DeliveredTo == m.Recipients)),
                TimeSpan.FromMinutes(4));
        await SendAsync(bob, "still here");
        await SendAsync(alice, "so am I");
    }

    /// <summary>Commands as people type them.</summary>
    [Fact]
    public async Task The_command_line_founds_invites_joins_sends_and_shows()
    {
        await using var trio = new Trio();
        (NodeProcess alice, NodeProcess bob) = (trio.Alice, trio.Bob);
        await trio.StartAsync();
        Assert.Equal(0, alice.Ctl("lite", "create", Name, "--short-tag").ExitCode);
        Assert.Equal(1, alice.Ctl("send", "--lite", Name, "nobody there").ExitCode);
        Ran invited = alice.Ctl("lite", "invite", Name);
        Assert.StartsWith("qpc-lite:", invited.Output, StringComparison.Ordinal);
        Assert.Contains("\u2588", invited.Output, StringComparison.Ordinal);
        string uri = alice.Ctl(Commands.LiteInvite, Name).Uri;
        Assert.Equal(0, bob.Ctl("lite", "join", uri, "mine").ExitCode);
        await alice.EventuallyAsync(
            "two members", async () => (await ShowAsync(alice)).Members.Count == 2);

        Ran sent = alice.Ctl("send", "--lite", Name, "typed by hand", "--wait", "delivered", "--priority", "high",
            "--signed");
        Assert.Equal(0, sent.ExitCode);
        Assert.Contains("typed by hand", bob.Ctl("messages", "--with", "mine").Output, StringComparison.Ordinal);
        Assert.Contains("aes-ccm-8", bob.Ctl("lite", "show", "mine").Output, StringComparison.Ordinal);
        Assert.Equal(0, bob.Ctl("lite", "leave", "mine").ExitCode);
        Assert.Equal("no groups\n", bob.Ctl("lite", "list").Output);
    }

    /// <summary>Kills the writer while it writes, again and again; returns the texts that it has.</summary>
    private static async Task<HashSet<string>> SendAndKillAsync(Trio trio)
    {
        NodeProcess alice = trio.Alice;
        var unsent = new Queue<string>(Enumerable.Range(0, Messages).Select(i => $"stream {i}"));
        for (int kill = 0; kill <= Kills; kill++)
        {
            string[] burst = [.. unsent.Take(kill == Kills ? unsent.Count : Messages / (Kills + 1))];
            using (ControlConnection connection = await alice.ConnectAsync())
            {
                Task writing = WriteAsync(connection, burst);
                int answers = kill == Kills ? burst.Length : (burst.Length * (kill + 1)) / (Kills + 2);
                for (int i = 0; i < answers; i++)
                    Assert.Null((await connection.ReadAsync(Commands.Send)).Reply.Error);
                if (kill < Kills)
                    await alice.KillAsync();
                await writing;
            }

            if (kill < Kills)
            {
                await alice.StartAsync();
                await trio.ReachEachOtherAsync();
            }

            List<string> has = await StreamAsync(alice);
            Assert.Equal(has.Count, has.Distinct().Count());
            // Every message that is there has used up a counter that will not be used again.
            Assert.True((await ShowAsync(alice)).Counter >= has.Count);
            unsent = new Queue<string>(unsent.Where(t => !has.Contains(t)));
        }

        Assert.Empty(unsent);
        return [.. await StreamAsync(alice)];
    }

    /// <summary>One by one, so that the kill falls between two of them.</summary>
    private static async Task WriteAsync(ControlConnection connection, string[] texts)
    {
        try
        {
            foreach (string text in texts)
                await connection.WriteAsync(
                    Commands.Send.ToLine(new SendRequest { Lite = true, To = Name, Text = text }));
        }
        catch (SocketException)
        {
            // It was killed meanwhile, as it should be.
        }
    }

    private static async Task LetInAsync(NodeProcess inviter, NodeProcess newcomer, NodeProcess[] members)
    {
        string uri = (await inviter.AskAsync(Commands.LiteInvite, new() { Group = Name })).Uri;
        await newcomer.AskAsync(Commands.LiteJoin, new() { Uri = uri });
        foreach (NodeProcess node in (NodeProcess[])[.. members, newcomer])
            await node.EventuallyAsync("everybody known",
                async () => (await ShowAsync(node)).Members.Count == members.Length + 1);
    }

    private static Task<LiteGroupInfo> ShowAsync(NodeProcess node) =>
        node.AskAsync(Commands.LiteShow, new() { Group = Name });

    private static async Task SendAsync(NodeProcess node, string text)
    {
        SendInfo sent = await node.AskAsync(
            Commands.Send, new() { Lite = true, To = Name, Text = text, Wait = "delivered" });
        Assert.Equal("delivered", sent.State);
    }

    private static Task<IReadOnlyList<MessageInfo>> ListAsync(NodeProcess node) =>
        node.AskAsync(Commands.Messages, new() { With = Name, Limit = 10_000 });

    private static async Task<List<string>> TextsAsync(NodeProcess node) =>
        [.. (await ListAsync(node)).Select(m => m.Text)];

    private static async Task<List<string>> StreamAsync(NodeProcess node) =>
        [.. (await TextsAsync(node)).Where(t => t.StartsWith("stream ", StringComparison.Ordinal))];
}
