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
        await relay.EventuallyAsync("bob gone from the relay", async () => (await relay.AskAsync("peers")).AsArray().Count == 0);
        Assert.Equal(Messages, (int)(await relay.AskAsync("queue"))["count"]!);

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
        Assert.Equal(0, (int)(await relay.AskAsync("queue"))["count"]!);
    }
}
