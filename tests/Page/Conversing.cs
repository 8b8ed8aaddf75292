using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Page.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace QuicProChat.Mesh.Page.Tests;

/// <summary>What people do with messages, done in the page and seen at the other end.</summary>
[Collection(StageCollection.Name)]
public sealed class Conversing(Stage stage)
{
    [BrowserFact]
    public async Task A_message_is_sent_arrives_and_shows_how_far_it_came_and_the_answer_appears()
    {
        await using Visit visit = await stage.VisitAsync(stage.Alice);
        await visit.TalkAsync("bob");
        await visit.SayAsync("At nine at the mill?");
        await stage.Bob.HasAsync("alice", "At nine at the mill?");
        await Expect(visit.Bubble("At nine at the mill?").Locator(".state .word")).ToHaveTextAsync("delivered");
        await stage.Bob.SendAsync("alice", "Yes, nine.");
        await Expect(visit.Bubble("Yes, nine.")).ToBeVisibleAsync();
        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task A_reply_a_sign_an_edit_and_a_deletion_are_seen_at_the_other_end()
    {
        string id = await Stage.DeliverAsync(stage.Bob, stage.Alice, "bring the blue rope");
        await using Visit visit = await stage.VisitAsync(stage.Alice);
        await visit.TalkAsync("bob");
        ILocator row = visit.Bubble("bring the blue rope");
        await row.HoverAsync();
        await row.GetByRole(AriaRole.Button, new() { Name = "React" }).ClickAsync();
        await visit.Page.Locator("dialog .choose button", new() { HasText = "👍" }).ClickAsync();
        await Expect(row.Locator(".signs button")).ToHaveTextAsync("👍");
        await stage.Bob.EventuallyAsync("a sign", async () =>
            (await stage.Bob.AskAsync(Commands.Message, new() { Id = id })).Reactions?
                .Any(r => r.Emoji == "👍") == true);

        await row.HoverAsync();
        await row.GetByRole(AriaRole.Button, new() { Name = "Reply" }).ClickAsync();
        await visit.SayAsync("and the red one too");
        await stage.Bob.EventuallyAsync("an answer that names its message", async () =>
            (await stage.Bob.MessagesAsync("alice"))
                .Any(m => m.Text == "and the red one too"
                    && id.StartsWith(m.ReplyTo ?? "-", StringComparison.Ordinal)));
        ILocator answer = visit.Bubble("and the red one too");
        await Expect(answer.Locator(".quote")).ToContainTextAsync("bring the blue rope");

        await Menu(visit, answer, "Edit");
        await visit.SayAsync("and the green one too");
        await stage.Bob.HasAsync("alice", "and the green one too");
        await Expect(visit.Bubble("and the green one too").Locator("footer")).ToContainTextAsync("edited");

        await Menu(visit, visit.Bubble("and the green one too"), "Delete for everybody");
        await visit.Page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = "Delete", Exact = true })
            .ClickAsync();
        await Expect(visit.Bubble("and the green one too")).ToHaveCountAsync(0);
        await stage.Bob.EventuallyAsync("the message is gone", async () => (await stage.Bob.MessagesAsync("alice"))
            .All(m => m.Text != "and the green one too"));
        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task Unread_messages_are_counted_until_they_are_looked_at()
    {
        await using Visit visit = await stage.VisitAsync(stage.Alice);
        await visit.TalkAsync("self");
        await Stage.DeliverAsync(stage.Bob, stage.Alice, "unread for now");
        ILocator entry = visit.Page.Locator(".chat[data-name=bob]");
        await Expect(entry.Locator(".badge")).ToBeVisibleAsync();
        await Expect(visit.Page).ToHaveTitleAsync(new System.Text.RegularExpressions.Regex(@"^\([0-9]+\) Chats"));
        await Expect(entry.Locator(".last")).ToContainTextAsync("unread for now");
        await entry.ClickAsync();
        await Expect(entry.Locator(".badge")).ToHaveCountAsync(0);
        await stage.Alice.EventuallyAsync("nothing unread", async () =>
            (await stage.Alice.AskAsync(Commands.Conversations))
                .All(c => c.Conversation != "bob" || c.Unread == 0));
        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task A_group_is_made_joined_and_talked_in()
    {
        await using Visit visit = await stage.VisitAsync(stage.Alice);
        await using Visit other = await stage.VisitAsync(stage.Bob);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "New conversation" }).ClickAsync();
        await visit.Page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = "New group" }).ClickAsync();
        await visit.Page.GetByLabel("Name").FillAsync("walkers");
        await visit.Page.GetByLabel("Members").FillAsync("bob");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await other.Page.Locator(".request", new() { HasText = "walkers" })
            .GetByRole(AriaRole.Button, new() { Name = "Join" }).ClickAsync();
        await stage.Alice.EventuallyAsync("two members", async () =>
            (await stage.Alice.AskAsync(Commands.GroupShow, new() { Group = "walkers" })).Members.Count == 2);
        await visit.TalkAsync("group:walkers");
        await visit.SayAsync("who comes on Sunday?");
        await other.TalkAsync("group:walkers");
        await Expect(other.Bubble("who comes on Sunday?")).ToBeVisibleAsync();
        await other.SayAsync("I do");
        await Expect(visit.Bubble("I do")).ToBeVisibleAsync();
        visit.HasNoFaults();
        other.HasNoFaults();
    }

    [BrowserFact]
    public async Task A_channel_is_made_and_joined_by_its_invitation()
    {
        await using Visit visit = await stage.VisitAsync(stage.Alice);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "New conversation" }).ClickAsync();
        await visit.Page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = "New channel" }).ClickAsync();
        await visit.Page.GetByLabel("Name").FillAsync("news");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await visit.Page.Locator(".thread .title").ClickAsync();
        await visit.Page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = "Invite" }).ClickAsync();
        string uri = await visit.Page.Locator("dialog .card textarea").InputValueAsync();
        await stage.Bob.AskAsync(Commands.ChannelJoin, new() { Uri = uri });
        await visit.Page.Keyboard.PressAsync("Escape");
        await visit.SayAsync("the market is open");
        await stage.Bob.HasAsync("channel:news", "the market is open");
        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task A_stranger_s_request_is_shown_and_accepted()
    {
        await using var stranger = new Daemon("stranger");
        await stranger.StartAsync(stage.Bob);
        await stranger.KnowsAsync(stage.Alice);
        await stranger.SendAsync("alice", "hello, we met at the market");
        await using Visit visit = await stage.VisitAsync(stage.Alice);
        ILocator request = visit.Page.Locator(".request", new() { HasText = "hello, we met at the market" });
        await request.ClickAsync();
        await Expect(visit.Page.Locator(".decide")).ToContainTextAsync("You do not know this node");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Accept" }).ClickAsync();
        await Expect(visit.Bubble("hello, we met at the market")).ToBeVisibleAsync();
        Assert.DoesNotContain(await stage.Alice.AskAsync(Commands.Requests), r => r.Address
            == stranger.Address);
        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task What_was_said_is_found()
    {
        await Stage.DeliverAsync(stage.Bob, stage.Alice, "the lighthouse keeper sleeps");
        await using Visit visit = await stage.VisitAsync(stage.Alice);
        await visit.Page.Locator(".list .find input").FillAsync("lighthouse");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.Locator(".results")).ToContainTextAsync("the lighthouse keeper sleeps");
        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task A_timer_is_set_and_the_safety_number_compared()
    {
        await using Visit visit = await stage.VisitAsync(stage.Alice);
        await visit.TalkAsync("carol");
        await visit.Page.Locator(".thread > header").GetByRole(AriaRole.Button, new() { Name = "More" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Disappearing messages" }).ClickAsync();
        await visit.Page.GetByLabel("After").SelectOptionAsync("1d");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Set", Exact = true }).ClickAsync();
        await Expect(visit.Page.Locator(".thread > header")).ToContainTextAsync("disappear after 1d");

        string number = (await stage.Carol.AskAsync(Commands.Verify, new() { To = "alice" })).Number!;
        await visit.Page.Locator(".thread .title").ClickAsync();
        await Expect(visit.Page.Locator("dialog .digits li"))
            .ToHaveTextAsync(number.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        await visit.Page.GetByLabel("What the other side shows").FillAsync(number);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Compare" }).ClickAsync();
        await Expect(visit.Page.Locator("dialog .verdict")).ToContainTextAsync("verified");
        visit.HasNoFaults();
    }

    private static async Task Menu(Visit visit, ILocator row, string item)
    {
        await row.HoverAsync();
        await row.GetByRole(AriaRole.Button, new() { Name = "More" }).ClickAsync();
        await visit.Page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = item, Exact = true }).ClickAsync();
    }
}
