using System.Text;
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

        SendInfo sent = await alice.SendAsync(bob, "hello", "delivered");

        Assert.Equal("delivered", sent.State);
        MessageInfo received = Assert.Single(await bob.MessagesAsync());
        Assert.Equal(("in", alice.Address, "hello", "received"),
            (received.Direction, received.Peer, received.Text, received.State));
        Assert.Equal(sent.Id, received.Id);
        Assert.Empty(await relay.MessagesAsync());
    }

    [Fact]
    public async Task A_message_to_oneself_is_delivered_at_once()
    {
        await using var node = new TestNode("n");
        await node.SendAsync(node, "note", "delivered");
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
        await watching.UntilAsync(Events.PeerDown);

        Assert.Equal("queued", (await alice.SendAsync(bob, "later")).State);
        await TestNode.JoinAsync(alice, bob);

        await watching.UntilAsync(Events.State, e => e.Message.State == "delivered");
        Assert.Equal("delivered", (await alice.MessagesAsync())[0].State);
    }

    [Fact]
    public async Task A_receiver_nobody_heard_of_is_refused_because_its_key_is_not_known()
    {
        await using var alice = new TestNode("alice");
        await using var stranger = new TestNode("stranger");

        (ErrorCode code, string error) =
            await alice.RefusalAsync(Commands.Send, new() { To = stranger.Address, Text = "hello" });

        Assert.Equal(ErrorCode.Refused, code);
        Assert.Contains("not been heard of", error, StringComparison.Ordinal);
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
        (ErrorCode code, _) = await node.RefusalAsync(Commands.Send, new()
        {
            To = node.Address,
            Text = text,
            Priority = priority,
            Lifetime = lifetime,
            Wait = wait,
        });
        Assert.Equal(ErrorCode.Usage, code);
    }

    [Theory]
    [InlineData("nope")]
    [InlineData("lite-nope")]
    [InlineData("dance")]
    [InlineData("")]
    public async Task A_command_that_does_not_exist_is_answered(string command)
    {
        await using var node = new TestNode("n");
        JsonNode reply = await node.RawAsync(Encoding.UTF8.GetBytes($"{{\"command\":\"{command}\"}}\n"));
        Assert.Equal("usage", (string)reply["code"]!);
        Assert.Contains($"there is no command '{command}'", (string)reply["error"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_beyond_the_limit_is_a_wrong_request()
    {
        await using var node = new TestNode("n");
        (ErrorCode code, _) = await node.RefusalAsync(
            Commands.Send, new() { To = node.Address, Text = new string('x', (32 << 10) + 1) });
        Assert.Equal(ErrorCode.Usage, code);
    }

    [Fact]
    public async Task Without_space_the_message_is_refused_and_nothing_is_sent()
    {
        await using var alice = new TestNode("alice", new StoreOptions { MaxBytes = 300_000 });
        await using var bob = new TestNode("bob");
        await TestNode.JoinAsync(alice, bob);
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);

        Reply<SendInfo> reply;
        int sent = 0;
        do
        {
            Assert.True(sent < 100, "the store never filled up");
            string text = $"{sent} " + new string('x', 20_000);
            reply = await alice.ReplyAsync(
                Commands.Send, new() { To = bob.Address, Text = text, Wait = "delivered" });
            sent += reply.Code is null ? 1 : 0;
        }
        while (reply.Code is null);

        Assert.Contains("the store is full or failing", reply.Error, StringComparison.Ordinal);
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
            await alice.SendAsync(bob, $"{i} " + new string('x', 20_000));

        await watching.UntilAsync(Events.State, e => e.Message.Reason == "the next hop has no space");
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

        var toBob = new SendRequest { To = "bob", Text = "x" };
        Assert.Equal(ErrorCode.Refused, (await alice.RefusalAsync(Commands.Send, toBob)).Code);
        await alice.AskAsync(Commands.Alias, new() { Alias = "bob", To = bob.Address });
        await alice.AskAsync(Commands.Send, toBob with { Wait = "delivered" });
        MessageInfo named = (await alice.MessagesAsync())[0];
        Assert.Equal((bob.Address, "bob"), (named.Peer, named.Alias));
        await alice.AskAsync(Commands.Alias, new() { Alias = "bob", Remove = true });
        Assert.Null((await alice.MessagesAsync())[0].Alias);
        Assert.Equal(ErrorCode.Refused, (await alice.RefusalAsync(Commands.Send, toBob)).Code);
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
        await bob.AskAsync(Commands.Alias, new() { Alias = "alice", To = alice.Address });

        const int count = 300;
        Reply<SendInfo>[] replies = await alice.ReplyAllAsync(Commands.Send, [.. Enumerable.Range(0, count).Select(i =>
            new SendRequest { To = bob.Address, Text = $"{i}", Wait = "delivered" })]);

        Assert.All(replies, reply => Assert.Null(reply.Error));
        IReadOnlyList<MessageInfo> all = await bob.AskAsync(Commands.Messages, new() { Limit = 1000 });
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"{i}"), all.Select(m => m.Text));
    }
}
