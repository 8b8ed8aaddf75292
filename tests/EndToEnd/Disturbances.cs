using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

public class Disturbances
{
    [Fact]
    public async Task In_a_ring_a_dying_link_costs_no_message()
    {
        await using var net = new TestNet();
        NodeProcess alice = net.Node("alice").Listening();
        NodeProcess left = net.Node("left").Listening();
        NodeProcess right = net.Node("right").Listening();
        NodeProcess bob = net.Node("bob").Listening();
        Cable first = net.Connect(alice.Machine, left.Machine);
        left.Dialling(first.AddressA);
        right.Dialling(net.Connect(alice.Machine, right.Machine).AddressA);
        bob.Dialling(net.Connect(left.Machine, bob.Machine).AddressA);
        bob.Dialling(net.Connect(right.Machine, bob.Machine).AddressA);
        foreach (NodeProcess node in new[] { alice, left, right, bob })
            await node.StartAsync();
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);

        const int count = 200;
        string[] texts = [.. Enumerable.Range(0, count).Select(i => $"message {i}")];
        foreach ((string text, int i) in texts.Select((t, i) => (t, i)))
        {
            if (i == count / 2)
                first.Cut();
            await alice.SendAsync(bob, text);
        }

        TimeSpan patience = TimeSpan.FromSeconds(90);
        await bob.EventuallyAsync("all received", async () => (await bob.ReceivedAsync(alice)).Count >= count, patience);
        Assert.Equal(texts.Order(), (await bob.ReceivedAsync(alice)).Order());
        await alice.EventuallyAsync("all proven", async () => await AllDeliveredAsync(alice), patience);
    }

    [Fact]
    public async Task Two_islands_that_are_joined_become_one_network()
    {
        await using var net = new TestNet();
        NodeProcess alice = net.Node("alice");
        NodeProcess coast = net.Node("coast").Listening();
        NodeProcess shore = net.Node("shore").Listening();
        NodeProcess bob = net.Node("bob");
        alice.Dialling(net.Connect(coast.Machine, alice.Machine).AddressA);
        bob.Dialling(net.Connect(shore.Machine, bob.Machine).AddressA);
        foreach (NodeProcess node in new[] { coast, shore, alice, bob })
            await node.StartAsync();
        await alice.HasRouteAsync(coast);
        await bob.HasRouteAsync(shore);

        Cable bridge = net.Connect(coast.Machine, shore.Machine);
        await coast.AskAsync("connect", new() { ["uri"] = $"tcp://{bridge.AddressB}:{NodeProcess.Port}" });

        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);
        await alice.SendAsync(bob, "land in sight", wait: "delivered");
        Assert.Equal(["land in sight"], await bob.ReceivedAsync(alice));
    }

    [Fact]
    public async Task A_relay_holds_a_message_when_sender_and_receiver_are_never_there_together()
    {
        await using var net = new TestNet();
        (NodeProcess alice, NodeProcess relay, NodeProcess bob) = await TriangleAsync(net);
        await bob.StopAsync();
        await relay.EventuallyAsync("bob gone", async () => (await relay.AskAsync("peers")).AsArray().Count == 1);

        string id = await alice.SendAsync(bob, "for later", wait: "forwarded");
        await alice.StopAsync();
        await bob.StartAsync();
        await bob.EventuallyAsync("the message", async () => (await bob.ReceivedAsync(alice)).Count == 1);
        await bob.StopAsync();
        await alice.StartAsync();

        await alice.HasStateAsync(id, "delivered");
        Assert.Equal(["for later"], await ReceivedAfterRestartAsync(bob, alice));
    }

    [Fact]
    public async Task What_a_relay_holds_survives_its_restart()
    {
        await using var net = new TestNet();
        (NodeProcess alice, NodeProcess relay, NodeProcess bob) = await TriangleAsync(net);
        await bob.StopAsync();
        await relay.EventuallyAsync("bob gone", async () => (await relay.AskAsync("peers")).AsArray().Count == 1);
        string id = await alice.SendAsync(bob, "kept", wait: "forwarded");

        await relay.KillAsync();
        await alice.KillAsync();
        await relay.StartAsync();
        await bob.StartAsync();

        await bob.EventuallyAsync("the message", async () => (await bob.ReceivedAsync(alice)).Count == 1);
        await alice.StartAsync();
        await alice.HasStateAsync(id, "delivered", TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_node_whose_clock_is_ten_years_off_takes_part_like_any_other()
    {
        await using var net = new TestNet();
        NodeProcess relay = net.Node("relay").Listening();
        NodeProcess alice = net.Node("alice");
        NodeProcess bob = net.Node("bob");
        // The calendar alone is wrong; the monotonic clock goes on as it should.
        bob.Program = Binary.Dynamic;
        bob.Under = ["env", "FAKETIME_DONT_FAKE_MONOTONIC=1", "faketime", "-f", "+10y"];
        alice.Dialling(net.Connect(relay.Machine, alice.Machine).AddressA);
        bob.Dialling(net.Connect(relay.Machine, bob.Machine).AddressA);
        foreach (NodeProcess node in new[] { relay, alice, bob })
            await node.StartAsync();
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);

        await alice.SendAsync(bob, "what year is it?", wait: "delivered");
        await bob.SendAsync(alice, "the future", wait: "delivered");

        int year = ((DateTimeOffset)(await bob.AskAsync("messages"))[0]!["createdAt"]!).Year;
        Assert.InRange(year - DateTimeOffset.UtcNow.Year, 9, 11);
        Assert.Equal(["the future"], await alice.ReceivedAsync(bob));
    }

    private static async Task<(NodeProcess Alice, NodeProcess Relay, NodeProcess Bob)> TriangleAsync(TestNet net)
    {
        NodeProcess relay = net.Node("relay").Listening();
        NodeProcess alice = net.Node("alice");
        NodeProcess bob = net.Node("bob");
        alice.Dialling(net.Connect(relay.Machine, alice.Machine).AddressA);
        bob.Dialling(net.Connect(relay.Machine, bob.Machine).AddressA);
        foreach (NodeProcess node in new[] { relay, alice, bob })
            await node.StartAsync();
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);
        return (alice, relay, bob);
    }

    private static async Task<bool> AllDeliveredAsync(NodeProcess node) =>
        (await node.AskAsync("messages", new() { ["limit"] = 10_000 })).AsArray().All(m => (string)m!["state"]! == "delivered");

    private static async Task<List<string>> ReceivedAfterRestartAsync(NodeProcess node, NodeProcess from)
    {
        await node.StartAsync();
        return await node.ReceivedAsync(from);
    }
}
