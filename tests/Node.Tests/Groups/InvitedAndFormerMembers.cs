using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Node.Tests.Groups;

/// <summary>Who is not in a group yet, and who is not any more.</summary>
public class InvitedAndFormerMembers
{
    [Fact]
    public async Task Nobody_waits_for_the_invited_who_are_shown_as_such_until_they_accept()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await using var carol = new TestNode("carol");
        await GroupsBetweenNodes.FormAsync(alice, bob);
        await GroupsBetweenNodes.ConnectAsync(alice, carol);
        await alice.AskAsync(Commands.Alias, new() { Alias = "caro", To = carol.Address });
        await alice.AskAsync(Commands.GroupInvite, new() { Group = "lake", To = ["caro"] });
        await GroupsBetweenNodes.UntilAsync(async () => (await carol.AskAsync(Commands.GroupList)).Invitations.Count
            == 1, "carol is invited");
        await GroupsBetweenNodes.UntilAsync(async () => (await GroupsBetweenNodes.ShowAsync(alice)).Members.Count
            == 3, "alice sees her");

        SendInfo sent = await GroupsBetweenNodes.SendAsync(alice, "without her");
        Assert.Equal(("delivered", 1, 1), (sent.State, sent.Recipients, sent.DeliveredTo));
        GroupInfo shown = await GroupsBetweenNodes.ShowAsync(alice);
        Assert.Equal([carol.Address], shown.Members.Where(m => m.Invited).Select(m => m.Address));
        Assert.Equal("caro", shown.Members.Single(m => m.Address == carol.Address).Alias);
        using var screen = new StringWriter();
        Commands.GroupShow.Rendering!(ConsolePlace.ScreenOn(screen), shown);
        Assert.Contains("  2 members, 1 invited  ", screen.ToString(), StringComparison.Ordinal);
        Assert.Contains($"  {carol.Address}  caro  invited\n", screen.ToString(), StringComparison.Ordinal);

        await carol.AskAsync(Commands.GroupAccept, new() { Group = "lake" });
        await GroupsBetweenNodes.UntilAsync(
            async () => !(await GroupsBetweenNodes.ShowAsync(alice)).Members.Any(m => m.Invited), "carol accepted");
        // What was sent to the invited is read by who accepts.
        await GroupsBetweenNodes.UntilAsync(async () => (await GroupsBetweenNodes.MessagesAsync(carol)).Count
            == 1, "carol has it");
        sent = await GroupsBetweenNodes.SendAsync(alice, "with her");
        Assert.Equal(("delivered", 2, 2), (sent.State, sent.Recipients, sent.DeliveredTo));
    }

    [Fact]
    public async Task Who_leaves_says_so_once_and_can_still_read_and_delete_what_was_written()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await GroupsBetweenNodes.FormAsync(alice, bob);
        await GroupsBetweenNodes.SendAsync(alice, "kept");
        string id = (await GroupsBetweenNodes.ShowAsync(bob)).Id;
        string done = (await bob.AskAsync(Commands.GroupLeave, new() { Group = "lake" })).Done;
        Assert.StartsWith("the others are asked to take this node out of 'lake'", done, StringComparison.Ordinal);
        await GroupsBetweenNodes.UntilAsync(async () => (await bob.AskAsync(Commands.GroupList)).Groups.Count
            == 0, "bob has forgotten it");
        Assert.Single((await GroupsBetweenNodes.ShowAsync(alice)).Members);
        Assert.Equal("kept", Assert.Single(await bob.AskAsync(Commands.Messages, new() { With = id })).Text);
        Assert.Equal("1 message erased", (await bob.AskAsync(Commands.Delete, new() { With = $"group:{id}" })).Done);

        Assert.Equal("'lake' and its keys are forgotten",
            (await alice.AskAsync(Commands.GroupLeave, new() { Group = "lake" })).Done);
    }

    [Fact]
    public async Task Who_was_just_put_out_is_read_as_late_gets_no_receipt_and_sets_nothing()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await using var carol = new TestNode("carol");
        await GroupsBetweenNodes.FormAsync(alice, bob);
        MemoryLink cable = await TestNode.JoinAsync(alice, carol);
        await alice.HasRouteAsync(carol);
        await carol.HasRouteAsync(alice);
        await alice.AskAsync(Commands.GroupInvite, new() { Group = "lake", To = [carol.Address] });
        await GroupsBetweenNodes.UntilAsync(async () => (await carol.AskAsync(Commands.GroupList)).Invitations.Count
            == 1, "carol is invited");
        await carol.AskAsync(Commands.GroupAccept, new() { Group = "lake" });
        await GroupsBetweenNodes.AgreeAsync(alice, bob, carol);
        cable.Close(new Wire.LinkEnd(Wire.LinkEndCode.Closed));

        SendInfo text = await carol.AskAsync(Commands.Send, new() { To = "group:lake", Text = "am I out?" });
        await carol.AskAsync(Commands.Disappear, new() { To = "group:lake", After = "1h" });
        await alice.AskAsync(Commands.GroupRemove, new() { Group = "lake", To = carol.Address });
        await GroupsBetweenNodes.AgreeAsync(alice, bob);
        await GroupsBetweenNodes.ConnectAsync(alice, carol);

        await GroupsBetweenNodes.UntilAsync(async () => (await GroupsBetweenNodes.MessagesAsync(alice)).Count
            == 1, "alice reads it");
        MessageInfo read = Assert.Single(await alice.AskAsync(Commands.Messages, new() { With = "group:lake" }));
        Assert.Equal(("am I out?", true), (read.Text, read.Late));
        await GroupsBetweenNodes.UntilAsync(
            () => Task.FromResult(alice.Node.Groups.Counters[Messaging.Groups.GroupCount.Refused] > 0),
            "her timer is refused");
        Assert.Equal("off",
            Assert.Single(await alice.AskAsync(Commands.Conversations), c => c.Conversation == "group:lake").Disappear);
        await GroupsBetweenNodes.UntilAsync(async () => (await GroupsBetweenNodes.ShowAsync(carol)).Status
            == "out", "carol knows");
        Assert.Equal(0, (await carol.AskAsync(Commands.Message, new() { Id = text.Id })).DeliveredTo);
    }
}
