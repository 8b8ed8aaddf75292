using System.Text.Json.Nodes;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Tests.Conversations;

public class MessagesBetweenNodes
{
    [Theory]
    [InlineData(Durability.Normal)]
    [InlineData(Durability.Full)]
    [InlineData(Durability.Memory)]
    public async Task A_message_crosses_a_relay_and_is_proven_delivered(Durability durability)
    {
        await using var alice = new TestNode("alice", new StoreOptions { Durability = durability });
        await using var relay = new TestNode("relay", new StoreOptions { Durability = durability });
        await using var bob = new TestNode("bob", new StoreOptions { Durability = durability });
        await TestNode.JoinAsync(alice, relay);
        await TestNode.JoinAsync(relay, bob);
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);

        SendInfo sent = await alice.SentAsync(bob, "hello", "delivered");

        Assert.Equal("delivered", sent.State);
        JsonNode received = Assert.Single(await bob.MessagesAsync())!;
        Assert.Equal(("in", alice.Address, "hello", "received"),
            ((string)received["direction"]!, (string)received["peer"]!, (string)received["text"]!,
                (string)received["state"]!));
        Assert.Equal(sent.Id, (string)received["id"]!);
        Assert.Empty(await relay.MessagesAsync());
    }

    [Fact]
    public async Task A_message_to_oneself_is_delivered_at_once()
    {
        await using var node = new TestNode("n");
        JsonNode reply = await node.SendAsync(node, "note", "delivered");
        Assert.True((bool)reply["ok"]!, reply.ToJsonString());
    }

    [Fact]
    public async Task A_message_waits_as_queued_while_its_receiver_cannot_be_reached_and_is_delivered_later()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        MemoryLink link = await TestNode.JoinAsync(alice, bob);
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);
        using var watching = new EventReader(alice);
        link.Close(new LinkEnd(LinkEndCode.Closed));
        await watching.UntilAsync(e => (string)e["event"]! == "peerDown");

        Assert.Equal("queued", (await alice.SentAsync(bob, "later")).State);
        await TestNode.JoinAsync(alice, bob);

        await watching.UntilAsync(e => (string?)e["message"]?["state"] == "delivered");
        Assert.Equal("delivered", (string)(await alice.MessagesAsync())[0]!["state"]!);
    }

    [Fact]
    public async Task A_receiver_nobody_heard_of_is_refused_because_its_key_is_not_known()
    {
        await using var alice = new TestNode("alice");
        await using var stranger = new TestNode("stranger");

        JsonNode reply = await alice.SendAsync(stranger, "hello");

        Assert.False((bool)reply["ok"]!);
        Assert.Equal("refused", (string)reply["code"]!);
        Assert.Contains("not been heard of", (string)reply["error"]!, StringComparison.Ordinal);
        Assert.Empty(await alice.MessagesAsync());
    }

    [Theory]
    [InlineData("", "normal", null, null)]
    [InlineData("text", "urgent", null, null)]
    [InlineData("text", "normal", "30d", null)]
    [InlineData("text", "normal", "soon", null)]
    [InlineData("text", "normal", null, "read")]
    public async Task A_wrong_send_is_refused_as_wrong_usage(
        string text, string priority, string? lifetime, string? wait)
    {
        await using var node = new TestNode("n");
        JsonNode reply = await node.AskAsync(new ControlRequest
        {
            Command = "send",
            To = node.Address,
            Text = text,
            Priority = priority,
            Lifetime = lifetime,
            Wait = wait,
        });
        Assert.Equal("usage", (string)reply["code"]!);
    }

    [Theory]
    [InlineData("nope")]
    [InlineData("lite-nope")]
    [InlineData("")]
    public async Task A_command_that_does_not_exist_is_answered(string command)
    {
        await using var node = new TestNode("n");
        JsonNode reply = await node.AskAsync(new ControlRequest { Command = command });
        Assert.Equal("usage", (string)reply["code"]!);
        Assert.Contains($"there is no command '{command}'", (string)reply["error"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_beyond_the_limit_is_a_wrong_request()
    {
        await using var node = new TestNode("n");
        JsonNode reply = await node.SendAsync(node, new string('x', (32 << 10) + 1));
        Assert.Equal("usage", (string)reply["code"]!);
    }

    [Fact]
    public async Task Without_space_the_message_is_refused_and_nothing_is_sent()
    {
        await using var alice = new TestNode("alice", new StoreOptions { MaxBytes = 300_000 });
        await using var bob = new TestNode("bob");
        await TestNode.JoinAsync(alice, bob);
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);

        JsonNode reply;
        int sent = 0;
        do
        {
            Assert.True(sent < 100, "the store never filled up");
            reply = await alice.SendAsync(bob, $"{sent} " + new string('x', 20_000), "delivered");
            sent += (bool)reply["ok"]! ? 1 : 0;
        }
        while ((bool)reply["ok"]!);

        Assert.Contains("the store is full or failing", (string)reply["error"]!, StringComparison.Ordinal);
        Assert.Equal(sent, (await bob.MessagesAsync()).Count);
        Assert.Equal(sent, (await alice.MessagesAsync()).Count);
    }

    [Fact]
    public async Task A_receiver_without_space_leaves_the_message_with_its_sender()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob", new StoreOptions { MaxBytes = 120_000 });
        await TestNode.JoinAsync(alice, bob);
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);
        using var watching = new EventReader(alice);

        for (int i = 0; i < 10; i++)
            Assert.True((bool)(await alice.SendAsync(bob, $"{i} " + new string('x', 20_000)))["ok"]!);

        await watching.UntilAsync(e => (string?)e["message"]?["reason"] == "the next hop has no space");
        Assert.True((await bob.MessagesAsync()).Count < 10);
    }

    [Fact]
    public async Task Aliases_stand_for_addresses_and_never_for_names_that_others_announce()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await TestNode.JoinAsync(alice, bob);
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);

        Assert.Equal("refused",
            (string)(await alice.AskAsync(new ControlRequest { Command = "send", To = "bob", Text = "x" }))["code"]!);
        Assert.True((bool)(
            await alice.AskAsync(new ControlRequest { Command = "alias", Alias = "bob", To = bob.Address }))["ok"]!);
        Assert.True((bool)(
            await alice.AskAsync(
                new ControlRequest { Command = "send", To = "bob", Text = "x", Wait = "delivered" }))["ok"]!);
        JsonNode named = (await alice.AskAsync(new ControlRequest { Command = "messages" }))["result"]![0]!;
        Assert.Equal((bob.Address, "bob"), ((string)named["peer"]!, (string)named["alias"]!));
        Assert.True((bool)(
            await alice.AskAsync(new ControlRequest { Command = "alias", Alias = "bob", Remove = true }))["ok"]!);
        Assert.Null((await alice.AskAsync(new ControlRequest { Command = "messages" }))["result"]![0]!["alias"]);
        Assert.Equal("refused",
            (string)(await alice.AskAsync(new ControlRequest { Command = "send", To = "bob", Text = "x" }))["code"]!);
    }

    [Fact]
    public async Task Hundreds_of_messages_at_once_arrive_in_order_and_once()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await TestNode.JoinAsync(alice, bob);
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);
        // Somebody whom bob knows: a stranger is heard at a rate, and what is put off meanwhile comes in another order.
        Assert.True((bool)(
            await bob.AskAsync(new ControlRequest { Command = "alias", Alias = "alice", To = alice.Address }))["ok"]!);

        const int count = 300;
        JsonNode[] replies = await alice.AskAllAsync([.. Enumerable.Range(0, count).Select(i =>
            new ControlRequest { Command = "send", To = bob.Address, Text = $"{i}", Wait = "delivered", Tag = i })]);

        Assert.All(replies, reply => Assert.True((bool)reply["ok"]!, reply.ToJsonString()));
        Assert.Equal(Enumerable.Range(0, count), replies.Select(reply => (int)reply["tag"]!).Order());
        JsonNode all = (await bob.AskAsync(new ControlRequest { Command = "messages", Limit = 1000 }))["result"]!;
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"{i}"), all.AsArray().Select(m => (string)m!["text"]!));
    }
}
