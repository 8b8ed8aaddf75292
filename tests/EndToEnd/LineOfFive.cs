using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

public class LineOfFive
{
    private const int Length = 5;

    [Fact]
    public async Task A_message_crosses_three_relays_and_its_receipt_comes_back()
    {
        await using var net = new TestNet();
        NodeProcess[] nodes = await StartLineAsync(net);
        await nodes[0].HasRouteAsync(nodes[^1]);
        await nodes[^1].HasRouteAsync(nodes[0]);

        string id = await nodes[0].SendAsync(nodes[^1], "from end to end", wait: "delivered");

        Assert.Equal(["from end to end"], await nodes[^1].ReceivedAsync(nodes[0]));
        await nodes[0].HasStateAsync(id, "delivered");
        foreach (NodeProcess relay in nodes[1..^1])
            Assert.Empty(await relay.AskAsync(Commands.Messages));
    }

    [Fact]
    public async Task Messages_go_both_ways_at_once_and_each_arrives_once()
    {
        await using var net = new TestNet();
        NodeProcess[] nodes = await StartLineAsync(net);
        await nodes[0].HasRouteAsync(nodes[^1]);
        await nodes[^1].HasRouteAsync(nodes[0]);

        const int count = 200;
        string[] texts = [.. Enumerable.Range(0, count).Select(i => $"message {i}")];
        foreach (string text in texts)
            await Task.WhenAll(nodes[0].SendAsync(nodes[^1], text), nodes[^1].SendAsync(nodes[0], text));

        await nodes[^1].EventuallyAsync(
            "all received", async () => (await nodes[^1].ReceivedAsync(nodes[0])).Count >= count);
        await nodes[0].EventuallyAsync(
            "all received", async () => (await nodes[0].ReceivedAsync(nodes[^1])).Count >= count);
        Assert.Equal(texts.Order(), (await nodes[^1].ReceivedAsync(nodes[0])).Order());
        Assert.Equal(texts.Order(), (await nodes[0].ReceivedAsync(nodes[^1])).Order());
    }

    /// <summary>Each node dials the one before it.</summary>
    private static async Task<NodeProcess[]> StartLineAsync(TestNet net)
    {
        NodeProcess[] nodes = [.. Enumerable.Range(0, Length).Select(i => net.Node($"n{i}").Listening())];
        for (int i = 1; i < Length; i++)
            nodes[i].Dialling(net.Connect(nodes[i - 1].Machine, nodes[i].Machine).AddressA);
        foreach (NodeProcess node in nodes)
            await node.StartAsync();
        return nodes;
    }
}
