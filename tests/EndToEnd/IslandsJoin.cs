using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

public class IslandsJoin
{
    [Fact]
    public async Task Two_islands_that_are_joined_later_become_one_network()
    {
        await using var net = new TestNet();
        NodeProcess a = net.Node("a").Listening();
        NodeProcess b = net.Node("b").Listening();
        NodeProcess c = net.Node("c").Listening();
        NodeProcess d = net.Node("d").Listening();
        b.Dialling(net.Connect(a.Machine, b.Machine).AddressA);
        d.Dialling(net.Connect(c.Machine, d.Machine).AddressA);
        foreach (NodeProcess node in new[] { a, b, c, d })
            await node.StartAsync();
        await a.HasRouteAsync(b);
        await d.HasRouteAsync(c);
        Assert.DoesNotContain(await a.AskAsync(Commands.Routes), r => r.Destination == d.Address);

        Cable bridge = net.Connect(c.Machine, b.Machine);
        await b.AskAsync(Commands.Connect, new() { Uri = $"tcp://{bridge.AddressA}:{NodeProcess.Port}/#{c.Address}" });
        await a.HasRouteAsync(d);
        await d.HasRouteAsync(a);
        await a.SendAsync(d, "over the bridge", wait: "delivered");
        await d.SendAsync(a, "and back", wait: "delivered");
        Assert.Equal(["over the bridge"], await d.ReceivedAsync(a));
        Assert.Equal(["and back"], await a.ReceivedAsync(d));

        // Apart again: what is written meanwhile waits at home, and says for what.
        bridge.Cut();
        await a.EventuallyAsync("the other island out of reach", async () => !await ReachesAsync(a, d),
            TimeSpan.FromSeconds(60));
        string late = await a.SendAsync(d, "written while apart");
        MessageInfo waiting = await a.AskAsync(Commands.Message, new() { Id = late });
        Assert.Equal("queued", waiting.State);
        Assert.Equal("no route to the receiver is known", waiting.Reason);

        bridge.Mend();
        await a.HasStateAsync(late, "delivered", TimeSpan.FromSeconds(60));
        Assert.Equal(["over the bridge", "written while apart"], await d.ReceivedAsync(a));
    }

    private static async Task<bool> ReachesAsync(NodeProcess from, NodeProcess to) =>
        (await from.AskAsync(Commands.Routes))
            .Any(r => r.Destination == to.Address && r.NextHop is not null);
}
