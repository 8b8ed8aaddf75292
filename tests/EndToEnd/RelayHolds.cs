using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

public class RelayHolds
{
    private const int Messages = 20;

    [Fact]
    public async Task A_relay_holds_messages_for_a_receiver_who_returns_after_the_sender_left()
    {
        await using var trio = new Trio();
        (NodeProcess alice, NodeProcess relay, NodeProcess bob) = (trio.Alice, trio.Relay, trio.Bob);
        await trio.StartAsync();

        // The power goes out at bob's: no goodbye reaches the relay.
        trio.ToBob.Cut();
        await bob.KillAsync();
        string[] texts = [.. Enumerable.Range(0, Messages).Select(i => $"for later {i}")];
        string[] ids = await Task.WhenAll(texts.Select(text => alice.SendAsync(bob, text, wait: "forwarded")));
        Assert.Equal(0, await alice.StopAsync());
        await relay.EventuallyAsync(
            "bob gone from the relay", async () => (await relay.AskAsync(Commands.Peers)).Count == 0);
        Assert.Equal(Messages, (await relay.AskAsync(Commands.Queue)).Count);

        // The relay's power goes too: what it holds is on its disk.
        await relay.KillAsync();
        await relay.StartAsync();
        trio.ToBob.Mend();
        await bob.StartAsync();
        await bob.EventuallyAsync("all received", async () => (await bob.ReceivedAsync(alice)).Count >= Messages);
        Assert.Equal(texts.Order(), (await bob.ReceivedAsync(alice)).Order());

        await alice.StartAsync();
        foreach (string id in ids)
            await alice.HasStateAsync(id, "delivered");
        Assert.Equal(texts.Order(), (await bob.ReceivedAsync(alice)).Order());
        Assert.Equal(0, (await relay.AskAsync(Commands.Queue)).Count);
    }

    [Fact]
    public async Task A_receiver_known_to_be_gone_gets_what_was_sent_by_somebody_who_then_left_for_good()
    {
        await using var trio = new Trio();
        (NodeProcess alice, NodeProcess relay, NodeProcess bob) = (trio.Alice, trio.Relay, trio.Bob);
        await trio.StartAsync();
        Assert.Equal(0, await bob.StopAsync());
        await alice.EventuallyAsync("bob out of reach", async () => (await RouteAsync(alice, bob)).NextHop is null);

        string[] texts = [.. Enumerable.Range(0, Messages).Select(i => $"to nobody {i}")];
        string[] ids = await Task.WhenAll(texts.Select(text => alice.SendAsync(bob, text, wait: "forwarded")));
        foreach (string id in ids)
        {
            MessageInfo message = await alice.AskAsync(Commands.Message, new() { Id = id });
            Assert.Equal("a neighbour holds it until the receiver is in reach", message.Reason);
        }

        Assert.Equal(Messages, (await relay.AskAsync(Commands.Queue)).Count);
        await alice.KillAsync();
        await relay.KillAsync();
        Directory.Delete(alice.DataDirectory, recursive: true);

        await relay.StartAsync();
        await bob.StartAsync();
        await bob.EventuallyAsync("all received", async () => (await bob.ReceivedAsync(alice)).Count >= Messages);
        Assert.Equal(texts.Order(), (await bob.ReceivedAsync(alice)).Order());
        // Only receipts for somebody who never returns are left.
        await relay.EventuallyAsync("nothing held for bob", async () =>
            (await relay.AskAsync(Commands.Queue)).Held
                .All(held => held.Destination == alice.Address));
    }

    private static async Task<PathInfo> RouteAsync(NodeProcess node, NodeProcess to) =>
        (await node.AskAsync(Commands.Routes)).Single(route => route.Destination == to.Address);
}
