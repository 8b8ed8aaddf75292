using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

public class RingWithDyingLink
{
    private const int Nodes = 4;
    private const int Messages = 300;
    private const int CutAfter = 100;

    private static readonly TimeSpan Rerouting = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_link_that_dies_while_messages_flow_loses_none_of_them()
    {
        await using var net = new TestNet();
        NodeProcess[] ring = [.. Enumerable.Range(0, Nodes).Select(i => net.Node($"n{i}").Listening())];
        var cables = new Cable[Nodes];
        for (int i = 0; i < Nodes; i++)
        {
            NodeProcess next = ring[(i + 1) % Nodes];
            cables[i] = net.Connect(ring[i].Machine, next.Machine);
            next.Dialling(cables[i].AddressA);
        }

        foreach (NodeProcess node in ring)
            await node.StartAsync();
        NodeProcess sender = ring[0];
        NodeProcess receiver = ring[2];
        foreach (NodeProcess end in (NodeProcess[])[sender, receiver])
            await end.EventuallyAsync("both ways round", async () => (await end.AskAsync(Commands.Peers)).Count == 2);
        await sender.HasRouteAsync(receiver);
        await receiver.HasRouteAsync(sender);

        // Strangers have a rate, and this is not about them.
        await receiver.AskAsync(Commands.Accept, new() { To = sender.Address });
        string[] texts = [.. Enumerable.Range(0, Messages).Select(i => $"message {i}")];
        var ids = new List<string>();
        string? cutOff = null;
        foreach (string text in texts)
        {
            ids.Add(await sender.SendAsync(receiver, text));
            if (ids.Count != CutAfter)
                continue;
            // The far link of the way in use: the sender's own neighbour stays up and has to find out.
            cutOff = await NextHopAsync(sender, receiver);
            cables[cutOff == ring[1].Address ? 1 : 2].Cut();
        }

        foreach (string id in ids)
            await sender.HasStateAsync(id, "delivered", Rerouting);
        Assert.Equal(texts.Order(), (await receiver.ReceivedAsync(sender)).Order());
        Assert.NotEqual(cutOff, await NextHopAsync(sender, receiver));
    }

    private static async Task<string?> NextHopAsync(NodeProcess from, NodeProcess to) =>
        (await from.AskAsync(Commands.Routes)).Single(r => r.Destination == to.Address).NextHop;
}
