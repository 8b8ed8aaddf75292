using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

public class NodeRestarts
{
    [Fact]
    public async Task Every_node_of_a_path_can_be_restarted_and_keeps_what_it_knew()
    {
        await using var trio = new Trio();
        (NodeProcess alice, NodeProcess relay, NodeProcess bob) = (trio.Alice, trio.Relay, trio.Bob);
        await trio.StartAsync();
        await alice.AskAsync(Commands.Alias, new() { Alias = "rob", To = bob.Address });
        string first = await alice.SendAsync(bob, "before", wait: "delivered");
        string address = alice.Address;

        foreach (NodeProcess node in new[] { relay, bob, alice })
        {
            Assert.Equal(0, await node.StopAsync());
            await node.StartAsync();
            await trio.ReachEachOtherAsync();
            await alice.SendAsync(bob, $"after {node.Name}", wait: "delivered");
        }

        Assert.Equal(address, (await alice.AskAsync(Commands.Identity)).Address);
        Assert.Equal(bob.Address, (await alice.AskAsync(Commands.Alias)).List!.Single().Address);
        await alice.HasStateAsync(first, "delivered");
        Assert.Equal(["before", "after relay", "after bob", "after alice"], await bob.ReceivedAsync(alice));
    }
}
