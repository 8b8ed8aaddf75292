using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging;

namespace QuicProChat.Mesh.Node.Tests.Conversations;

/// <summary>What people type to name somebody, a conversation or a message: whatever is shown is taken.</summary>
public class NamesAndIds
{
    [Fact]
    public async Task A_conversation_that_was_left_is_read_and_deleted_by_its_id()
    {
        await using var alice = new TestNode("alice");
        ChannelInfo news = await alice.AskAsync(Commands.ChannelCreate, new() { Name = "news" });
        await alice.AskAsync(Commands.Send, new() { To = "channel:news", Text = "kept" });
        await alice.AskAsync(Commands.ChannelLeave, new() { Channel = "news" });

        string shown = Assert.Single(await alice.AskAsync(Commands.Conversations)).Conversation;
        Assert.Equal($"channel:{news.Id}", shown);
        foreach (string name in (string[])[shown, news.Id])
            Assert.Equal("kept", Assert.Single(await alice.AskAsync(Commands.Messages, new() { With = name })).Text);
        Assert.Contains("there is no channel 'news'",
            await RefusedAsync(alice, Commands.Messages, new() { With = "channel:news" }), StringComparison.Ordinal);

        Assert.Equal("1 message erased", (await alice.AskAsync(Commands.Delete, new() { With = news.Id })).Done);
        Assert.Empty(await alice.AskAsync(Commands.Messages));
        Assert.Equal(
            $"there is no message with {news.Id}: nothing was erased",
            (await alice.AskAsync(Commands.Delete, new() { With = news.Id })).Done);
    }

    [Fact]
    public async Task Messages_with_somebody_are_those_of_the_two_alone()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await MeetAsync(alice, bob);
        await alice.AskAsync(Commands.LiteCreate, new() { Name = "hut" });
        LiteInvitationInfo invitation = await alice.AskAsync(Commands.LiteInvite, new() { Group = "hut" });
        await bob.AskAsync(Commands.LiteJoin, new() { Uri = invitation.Uri });
        while ((await bob.AskAsync(Commands.LiteShow, new() { Group = "hut" })).Members.Count < 2
            || (await alice.AskAsync(Commands.LiteShow, new() { Group = "hut" })).Members.Count < 2)
            await Task.Yield();
        await bob.SendAsync(alice, "for two", "delivered");
        await bob.AskAsync(Commands.Send, new() { To = "group:hut", Text = "for all", Wait = "delivered" });

        Assert.Equal(["for two", "for all"], (await alice.AskAsync(Commands.Messages)).Select(m => m.Text));
        Assert.Equal(["for two"], (await alice.AskAsync(Commands.Messages, new() { With = bob.Address }))
            .Select(m => m.Text));
        Assert.Equal(["for all"], (await alice.AskAsync(Commands.Messages, new() { With = "group:hut" }))
            .Select(m => m.Text));
    }

    [Fact]
    public async Task Every_form_of_an_id_that_is_shown_names_its_message()
    {
        await using var alice = new TestNode("alice");
        SendInfo first = await alice.AskAsync(Commands.Send, new() { To = "self", Text = "first" });
        SendInfo answer = await alice.AskAsync(Commands.Reply, new() { Id = first.Id[..16], Text = "answer" });
        MessageInfo shown = await alice.AskAsync(Commands.Message, new() { Id = answer.Id });
        Assert.Equal(first.Id, shown.ReplyTo);
        await alice.AskAsync(Commands.React, new() { Id = first.Id[..16], Emoji = "👍" });
        await alice.AskAsync(Commands.Edit, new() { Id = first.Id[..16], Text = "better" });
        MessageInfo edited = await alice.AskAsync(Commands.Message, new() { Id = first.Id[..16] });
        Assert.Equal((first.Id, "better", 1), (edited.Id, edited.Text, edited.Reactions?.Count));
        await alice.AskAsync(Commands.Delete, new() { Id = first.Id[..16] });

        // What it answers is gone: then the reference is shown, and named where it is given.
        Assert.Equal(first.Id[..16], (await alice.AskAsync(Commands.Message, new() { Id = answer.Id })).ReplyTo);
        Assert.Contains($"there is no message {first.Id[..16]}",
            await RefusedAsync(alice, Commands.Message, new() { Id = first.Id[..16] }), StringComparison.Ordinal);
        Assert.Contains(
            "0123456789abcdef.3.7", await RefusedAsync(alice, Commands.Message, new() { Id = "0123456789abcdef.3.7" }),
            StringComparison.Ordinal);
        foreach (string wrong in (string[])["12", "0123456789abcdef.", "0123456789abcdef.3", "0123456789abcdef.3.-1",
            "x123456789abcdef"])
            Assert.Contains("32 hexadecimal digits", await RefusedAsync(alice, Commands.Message, new() { Id = wrong }),
                StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("group:y")]
    [InlineData("channel:y")]
    [InlineData("self")]
    [InlineData("-y")]
    public async Task No_group_and_no_channel_is_called_as_something_else_is(string name)
    {
        await using var alice = new TestNode("alice");
        string[] refusals =
        [
            await RefusedAsync(alice, Commands.GroupCreate, new() { Name = name }),
            await RefusedAsync(alice, Commands.LiteCreate, new() { Name = name }),
            await RefusedAsync(alice, Commands.ChannelCreate, new() { Name = name }),
        ];
        Assert.All(refusals,
            r => Assert.Contains("does not begin with - or with group:, channel: or server:", r,
                StringComparison.Ordinal));
        Assert.NotEmpty(await RefusedAsync(alice, Commands.Alias, new() { Alias = name, To = alice.Address }));
    }

    [Fact]
    public async Task Whom_nobody_is_called_is_said_with_what_to_do()
    {
        await using var alice = new TestNode("alice");
        string refused = await RefusedAsync(alice, Commands.Send, new() { To = "nobody", Text = "x" });
        Assert.StartsWith("'nobody' is no alias and no address; 'alias NAME ADDRESS'", refused,
            StringComparison.Ordinal);
        // A mistyped address is told what is wrong with it.
        string typo = alice.Address[..^1] + (alice.Address[^1] == 'q' ? 'p' : 'q');
        Assert.Contains("no alias and no address: ",
            await RefusedAsync(alice, Commands.Send, new() { To = typo, Text = "x" }), StringComparison.Ordinal);
        Assert.Equal("there is no alias 'nobody'",
            await RefusedAsync(alice, Commands.Alias, new() { Alias = "nobody", Remove = true }));
    }

    [Fact]
    public async Task An_alias_goes_before_the_name_of_a_group_and_its_digits_before_those_of_no_conversation()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        GroupInfo group = await alice.AskAsync(Commands.GroupCreate, new() { Name = "bob" });
        await alice.AskAsync(Commands.Alias, new() { Alias = "bob", To = bob.Address });
        Assert.Equal(bob.Identity.Address, alice.Node.Destinations.Resolve("bob").AsPeer);
        Assert.Equal(group.Id, alice.Node.Destinations.Resolve("group:bob").ToString());
        Assert.Equal(group.Id, alice.Node.Destinations.Resolve(group.Id).ToString());
        Assert.True(alice.Node.Destinations.Resolve(bob.Identity.Address.ToHex()).IsDirect);
        Assert.Throws<MessagingException>(() => alice.Node.Destinations.Resolve("0123456789abcdef"));
    }

    private static async Task MeetAsync(TestNode a, TestNode b)
    {
        await TestNode.JoinAsync(a, b);
        await a.HasRouteAsync(b);
        await b.HasRouteAsync(a);
    }

    private static async Task<string> RefusedAsync<TRequest, TResult>(
        TestNode node, CommandSpec<TRequest, TResult> command, TRequest request)
        where TRequest : class, new() =>
        (await Assert.ThrowsAsync<InvalidOperationException>(() => node.AskAsync(command, request))).Message;
}
