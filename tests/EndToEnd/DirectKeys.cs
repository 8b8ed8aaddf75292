using System.Net.Sockets;
using System.Text.Json.Nodes;
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
        await alice.AskAsync("accept", new JsonObject { ["to"] = bob.Address });
        await bob.AskAsync("accept", new JsonObject { ["to"] = alice.Address });
        foreach ((NodeProcess node, NodeProcess other) in new[] { (alice, bob), (bob, alice) })
        {
            await node.AskAsync(
                "conversation-set", new JsonObject { ["to"] = other.Address, ["security"] = "auto" });
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
                (await ListAsync(from, to)).Where(IsOwn).All(m => (string)m!["state"]! == "delivered"), Settling);
        }

        // Keys settle, and the same conversation goes on under them.
        foreach (NodeProcess node in new[] { alice, bob })
        {
            NodeProcess other = node == alice ? bob : alice;
            await node.EventuallyAsync("keys of both", async () =>
                (string?)(await node.AskAsync("conversations")).AsArray()[0]!["security"] == "mls", Settling);
            JsonNode sent = await node.AskAsync(
                "send", new JsonObject { ["to"] = other.Address, ["text"] = "at last", ["wait"] = "delivered" });
            Assert.Equal("delivered", (string)sent["state"]!);
            Assert.Equal("mls", (string)(await ListAsync(other, node))[^1]!["security"]!);
            Assert.Single((await node.AskAsync("conversations")).AsArray());
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
            await connection.WriteAsync(string.Join('\n', texts.Select(t => new JsonObject
            {
                ["command"] = "send",
                ["to"] = to.Address,
                ["text"] = t,
            }.ToJsonString())));
            for (int i = 0; i < Math.Min(texts.Count, killAfter ?? texts.Count); i++)
                Assert.True((bool)(await connection.ReadAsync())!["ok"]!);
        }
        catch (SocketException) when (killAfter is not null)
        {
            // It was killed meanwhile, as it should be.
        }

        if (killAfter is not null)
            await from.KillAsync();
    }

    private static bool IsOwn(JsonNode? message) => (string)message!["direction"]! == "out";

    private static string TextOf(JsonNode? message) => (string)message!["text"]!;

    private static async Task<JsonArray> ListAsync(NodeProcess node, NodeProcess with) =>
        (await node.AskAsync("messages", new JsonObject { ["with"] = with.Address, ["limit"] = 10_000 })).AsArray();
}
