using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Tests.Conversations;

/// <summary>Where neighbours have to be asked for routes, as on radios, they have to be asked for keys.</summary>
public class SoughtReceivers
{
    [Fact]
    public async Task Messages_to_a_receiver_that_only_others_know_go_out_when_its_key_is_found()
    {
        await using var alice = new TestNode("alice");
        await using var relay = new TestNode("relay");
        await using var bob = new TestNode("bob");
        await TestNode.JoinAsync(alice, relay, pushRoutes: false);
        await TestNode.JoinAsync(relay, bob, pushRoutes: false);
        await alice.HasRouteAsync(relay);
        Assert.DoesNotContain(await alice.AskAsync(Commands.Routes), r => r.Destination == bob.Address);

        string[] texts = ["one", "two", "three"];
        Reply<SendInfo>[] replies = await alice.ReplyAllAsync(Commands.Send, [.. texts.Select(text =>
            new SendRequest { To = bob.Address, Text = text, Wait = "delivered" })]);

        Assert.All(replies, r => Assert.Equal("delivered", r.Done.State));
        Assert.Equal(texts.Order(), (await bob.MessagesAsync()).Select(m => m.Text).Order());
    }

    [Fact]
    public async Task A_receiver_that_comes_while_it_is_sought_is_found_and_other_requests_are_answered_meanwhile()
    {
        await using var alice = new TestNode("alice");
        await using var relay = new TestNode("relay");
        await using var bob = new TestNode("bob");
        await TestNode.JoinAsync(alice, relay, pushRoutes: false);
        await alice.HasRouteAsync(relay);
        using ControlClient patient = alice.Connect();
        await patient.SendAsync(
            Commands.Send.ToLine(
                new SendRequest { To = bob.Address, Text = "where are you?", Wait = "delivered" }),
            CancellationToken.None);
        await patient.SendAsync(Commands.Status.ToLine(NoArguments.Instance, tag: 2), CancellationToken.None);
        Assert.Equal(2, (int)(await TestNode.ReadAsync(patient))["tag"]!);
        await alice.SendAsync(relay, "to somebody known", "delivered");

        await TestNode.JoinAsync(relay, bob, pushRoutes: false);

        Assert.Equal("delivered", Commands.Send.ReadReply(await TestNode.ReadLineAsync(patient)).Done.State);
    }
}
