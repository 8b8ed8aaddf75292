using System.Net.Sockets;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>Conversations with one node that go over to MLS by themselves, with real daemons that are killed.</summary>
public class DirectKeys
{
    private const int Rounds = 12;
    private const int Each = 25;
    private const int Seed = 20261130;

    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task Both_write_while_either_is_killed_and_every_text_is_there_once_under_whichever_keys()
    {
        await using var trio = new Trio();
        (NodeProcess alice, NodeProcess bob) = (trio.Alice, trio.Bob);
        await trio.StartAsync();
        await alice.AskAsync(Commands.Accept, new() { To = bob.Address });
        await bob.AskAsync(Commands.Accept, new() { To = alice.Address });
        foreach ((NodeProcess node, NodeProcess other) in new[] { (alice, bob), (bob, alice) })
        {
            await node.AskAsync(Commands.ConversationSet, new() { To = other.Address, Security = "auto" });
        }

        var random = new Random(Seed);
        Dictionary<NodeProcess, List<string>> unsent = new() { [alice] = [], [bob] = [] };
        for (int round = 0; round < Rounds; round++)
        {
            NodeProcess victim = random.Next(2) == 0 ? alice : bob;
            foreach ((NodeProcess from, NodeProcess to) in new[] { (alice, bob), (bob, alice) })
            {
                unsent[from].AddRange(Enumerable.Range(0, Each).Select(i => $"{from.Name} {round} {i}"));
                await WriteAsync(from, to, unsent[from], from == victim ? random.Next(Each) : null);
            }

            await victim.StartAsync();
            await trio.ReachEachOtherAsync();
            foreach ((NodeProcess from, NodeProcess to) in new[] { (alice, bob), (bob, alice) })
            {
                HashSet<string> has = [.. (await ListAsync(from, to)).Where(IsOwn).Select(TextOf)];
                unsent[from].RemoveAll(has.Contains);
            }
        }

        await WriteAsync(alice, bob, unsent[alice], null);
        await WriteAsync(bob, alice, unsent[bob], null);
        foreach ((NodeProcess from, NodeProcess to) in new[] { (alice, bob), (bob, alice) })
        {
            string[] expected = [.. (await ListAsync(from, to)).Where(IsOwn).Select(TextOf).Order()];
            Assert.Equal(Rounds * Each, expected.Length);
            await to.EventuallyAsync("all are there", async () =>
                (await ListAsync(to, from)).Count(m => !IsOwn(m)) >= expected.Length, Settling);
            Assert.Equal(expected, (await ListAsync(to, from)).Where(m => !IsOwn(m)).Select(TextOf).Order());
            await from.EventuallyAsync("all are proven", async () =>
                (await ListAsync(from, to)).Where(IsOwn).All(m => m.State == "delivered"), Settling);
        }

        // Keys settle, and the same conversation goes on under them.
        foreach (NodeProcess node in new[] { alice, bob })
        {
            NodeProcess other = node == alice ? bob : alice;
            await node.EventuallyAsync("keys of both", async () =>
                (await node.AskAsync(Commands.Conversations))[0].Security == "mls", Settling);
            SendInfo sent = await node.AskAsync(
                Commands.Send, new() { To = other.Address, Text = "at last", Wait = "delivered" });
            Assert.Equal("delivered", sent.State);
            Assert.Equal("mls", (await ListAsync(other, node))[^1].Security);
            Assert.Single(await node.AskAsync(Commands.Conversations));
            Assert.Equal(1, await node.MetricAsync("qpc_pairs"));
            Assert.Equal(0, await node.MetricAsync("qpc_group_events_total{event=\"failed\"}"));
        }
    }

    /// <summary>Hands texts over at once; kills the node after some answers, if that is wanted.</summary>
    private static async Task WriteAsync(NodeProcess from, NodeProcess to, List<string> texts, int? killAfter)
    {
        using ControlConnection connection = await from.ConnectAsync();
        try
        {
            await connection.WriteAsync(texts.SelectMany(t =>
                Commands.Send.ToLine(new SendRequest { To = to.Address, Text = t })).ToArray());
            for (int i = 0; i < Math.Min(texts.Count, killAfter ?? texts.Count); i++)
                Assert.Null((await connection.ReadAsync(Commands.Send)).Reply.Error);
        }
        catch (SocketException) when (killAfter is not null)
        {
            // It was killed meanwhile, as it should be.
        }

        if (killAfter is not null)
            await from.KillAsync();
    }

    private static bool IsOwn(MessageInfo message) => message.Direction == "out";

    private static string TextOf(MessageInfo message) => message.Text;

    private static Task<IReadOnlyList<MessageInfo>> ListAsync(NodeProcess node, NodeProcess with) =>
        node.AskAsync(Commands.Messages, new() { With = with.Address, Limit = 10_000 });
}
