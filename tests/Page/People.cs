using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Page.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace QuicProChat.Mesh.Page.Tests;

/// <summary>Cards, groups for radios, strangers who are not wanted, and what is set for a conversation.</summary>
[Collection(StageCollection.Name)]
public sealed class People(Stage stage)
{
    [BrowserFact]
    public async Task A_card_is_shown_taken_and_passed_on()
    {
        await using var newcomer = new Daemon("newcomer");
        await newcomer.StartAsync(stage.Bob);
        await using Visit alice = await stage.VisitAsync(stage.Alice);
        await using Visit other = await stage.VisitAsync(newcomer);
        await NewAsync(other, "My contact card");
        await Expect(other.Page.Locator("dialog svg.code, dialog .code")).ToBeVisibleAsync();
        string card = await other.Page.Locator("dialog .card textarea").InputValueAsync();
        Assert.StartsWith("qpc:", card, StringComparison.Ordinal);

        await NewAsync(alice, "Add contact card");
        await alice.Page.GetByLabel("Card", new() { Exact = true }).FillAsync(card);
        await alice.Page.GetByLabel("Name", new() { Exact = true }).FillAsync("dora");
        await alice.Page.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await alice.Page.Locator(".composer textarea").WaitForAsync();
        await alice.SayAsync("hello, dora");
        await Expect(other.Page.Locator(".request")).ToContainTextAsync("hello, dora");

        // Alice tells bob how dora is reached.
        await alice.TalkAsync("bob");
        await ThreadMenuAsync(alice, "Send a contact card");
        await alice.Page.GetByLabel("Whose").SelectOptionAsync(newcomer.Address);
        await alice.Page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = "Send" }).ClickAsync();
        await using Visit bob = await stage.VisitAsync(stage.Bob);
        await bob.TalkAsync("alice");
        ILocator offer = bob.Page.Locator(".offer", new() { HasText = "Contact card" }).Last;
        await offer.GetByRole(AriaRole.Button, new() { Name = "Add contact card" }).ClickAsync();
        await bob.Page.GetByLabel("Name", new() { Exact = true }).FillAsync("dora");
        await bob.Page.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await stage.Bob.EventuallyAsync("the contact", async () => (await stage.Bob.AskAsync(Commands.ContactList))
            .Any(c => c.Address == newcomer.Address));

        await bob.Page.Locator(".thread .title").ClickAsync();
        await bob.Page.GetByRole(AriaRole.Button, new() { Name = "Forget the card" }).ClickAsync();
        await bob.Page.Locator("dialog").Last.GetByRole(AriaRole.Button, new() { Name = "Forget the card" })
            .ClickAsync();
        await stage.Bob.EventuallyAsync("no contact", async () => (await stage.Bob.AskAsync(Commands.ContactList))
            .All(c => c.Address != newcomer.Address));
        alice.HasNoFaults();
        bob.HasNoFaults();
        other.HasNoFaults();
    }

    [BrowserFact]
    public async Task A_group_for_radios_is_joined_by_its_invitation_talked_in_and_called_otherwise()
    {
        await using Visit alice = await stage.VisitAsync(stage.Alice);
        await using Visit carol = await stage.VisitAsync(stage.Carol);
        await NewAsync(alice, "New group");
        await alice.Page.GetByLabel("Name", new() { Exact = true }).FillAsync("summit");
        await alice.Page.GetByLabel("Kind").SelectOptionAsync("lite");
        await alice.Page.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await alice.Page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = "Invite" }).ClickAsync();
        string uri = await alice.Page.Locator("dialog .card textarea").InputValueAsync();
        await alice.Page.Keyboard.PressAsync("Escape");
        await NewAsync(carol, "Join a radio group");
        await carol.Page.GetByLabel("Invitation").FillAsync(uri);
        await carol.Page.GetByRole(AriaRole.Button, new() { Name = "Join", Exact = true }).ClickAsync();
        await stage.Carol.EventuallyAsync("two members", async () =>
            (await stage.Carol.AskAsync(Commands.LiteList))
                .Any(g => g.Name == "summit" && g.Members.Count == 2));
        await carol.TalkAsync("group:summit");
        await carol.SayAsync("fog up here");
        await stage.Alice.HasAsync("group:summit", "fog up here");
        await alice.TalkAsync("group:summit");
        await Expect(alice.Bubble("fog up here")).ToBeVisibleAsync();
        await alice.Page.Locator(".thread .title").ClickAsync();
        await alice.Page.GetByRole(AriaRole.Button, new() { Name = "Rename" }).ClickAsync();
        await alice.Page.GetByLabel("Name", new() { Exact = true }).FillAsync("peak");
        await alice.Page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(alice.Page.Locator(".thread .who")).ToContainTextAsync("peak");
        await Expect(alice.Bubble("fog up here")).ToBeVisibleAsync();
        await alice.SayAsync("sun down here");
        await Expect(carol.Bubble("sun down here")).ToBeVisibleAsync();
        alice.HasNoFaults();
        carol.HasNoFaults();
    }

    [BrowserFact]
    public async Task A_channel_known_by_name_and_passphrase_is_joined_and_a_muted_one_counts_nothing()
    {
        await using Visit alice = await stage.VisitAsync(stage.Alice);
        await using Visit bob = await stage.VisitAsync(stage.Bob);
        foreach (Visit visit in (Visit[])[alice, bob])
        {
            await NewAsync(visit, "Join a channel");
            await visit.Page.GetByLabel("Invitation or name").FillAsync("market");
            await visit.Page.GetByLabel("Passphrase").FillAsync("turnips");
            await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Join", Exact = true }).ClickAsync();
            await Expect(visit.Page.Locator(".thread .who")).ToContainTextAsync("market");
        }

        await ThreadMenuAsync(bob, "Mute");
        await Expect(bob.Page.Locator(".chat[data-name='channel:market'] .muted")).ToBeVisibleAsync();
        await alice.SayAsync("cabbage is cheap");
        await Expect(bob.Bubble("cabbage is cheap")).ToBeVisibleAsync();
        Assert.True((await stage.Bob.AskAsync(Commands.ChannelShow, new() { Channel = "market" })).Muted);
        alice.HasNoFaults();
        bob.HasNoFaults();
    }

    [BrowserFact]
    public async Task Who_is_refused_or_blocked_is_gone_and_can_be_let_in_again()
    {
        await using var pest = new Daemon("pest");
        await pest.StartAsync(stage.Bob);
        await pest.KnowsAsync(stage.Alice);
        await pest.SendAsync("alice", "buy my watches");
        await using Visit visit = await stage.VisitAsync(stage.Alice);
        ILocator request = visit.Page.Locator(".request", new() { HasText = "buy my watches" });
        await request.ClickAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Refuse" }).ClickAsync();
        await Expect(request).ToHaveCountAsync(0);
        Assert.DoesNotContain(await stage.Alice.AskAsync(Commands.Requests), r => r.Address
            == pest.Address);

        // Its owner thinks better of it, and then worse.
        await stage.Alice.AskAsync(Commands.Accept, new() { To = pest.Address });
        await pest.SendAsync("alice", "only one watch");
        ILocator entry = visit.Page.Locator(".chat", new() { HasText = "only one watch" });
        await entry.ClickAsync();
        await Expect(visit.Page.Locator(".thread > header")).ToContainTextAsync("only their own word");
        await visit.Page.Locator(".thread .title").ClickAsync();
        await visit.Page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = "Block", Exact = true })
            .ClickAsync();
        await visit.Page.Locator("dialog").Last.GetByRole(AriaRole.Button, new() { Name = "Block", Exact = true })
            .ClickAsync();
        await Expect(visit.Page.Locator("dialog").First.GetByRole(AriaRole.Button, new() { Name = "Unblock" }))
            .ToBeVisibleAsync();
        Assert.Contains(await stage.Alice.AskAsync(Commands.Blocked), b => b.Address == pest.Address);
        await visit.Page.Keyboard.PressAsync("Escape");
        await visit.GoAsync("#/node");
        ILocator row = visit.Page.Locator(".members li", new() { HasText = pest.Address });
        await row.GetByRole(AriaRole.Button, new() { Name = "Unblock" }).ClickAsync();
        await Expect(row).ToHaveCountAsync(0);
        Assert.Empty(await stage.Alice.AskAsync(Commands.Blocked));
        await Stage.DeliverAsync(pest, stage.Alice, "a clock, perhaps?");
        await visit.GoAsync("#/chats");
        await Expect(visit.Page.Locator(".chat", new() { HasText = "a clock, perhaps?" })).ToBeVisibleAsync();
        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task Only_who_wants_it_tells_that_a_message_was_read()
    {
        await Stage.DeliverAsync(stage.Carol, stage.Alice, "seen without a word");
        await using Visit visit = await stage.VisitAsync(stage.Alice);
        await visit.TalkAsync("carol");
        await stage.Alice.EventuallyAsync(
            "read here", async () => (await stage.Alice.AskAsync(Commands.Conversations))
            .All(c => c.Conversation != "carol" || c.Unread == 0));
        await visit.GoAsync("#/node");
        await visit.Page.GetByLabel("Tell others that I read their messages").CheckAsync();
        await visit.GoAsync("#/chats");
        string second = await Stage.DeliverAsync(stage.Carol, stage.Alice, "seen and told");
        await visit.TalkAsync("carol");
        await stage.Carol.EventuallyAsync("a reader", async () => (await ReadersAsync(second)).Count == 1);
        visit.HasNoFaults();

        async Task<IReadOnlyList<string>> ReadersAsync(string id) =>
            (await stage.Carol.AskAsync(Commands.Message, new() { Id = id })).ReadBy ?? [];
    }

    [BrowserFact]
    public async Task A_conversation_is_searched_and_what_is_found_is_gone_to_and_a_place_is_a_place()
    {
        await Stage.DeliverAsync(stage.Carol, stage.Alice, "the heron stands in the reeds");
        await Stage.DeliverAsync(stage.Bob, stage.Alice, "no heron at the mill");
        await stage.Bob.AskAsync(Commands.Location, new()
        {
            To = "alice",
            Latitude = "51.34",
            Longitude = "12.37",
            Label = "<u>mill</u>"
        });
        await using Visit visit = await stage.VisitAsync(stage.Alice);
        await visit.TalkAsync("bob");
        await Expect(visit.Page.Locator(".offer", new() { HasText = "<u>mill</u>" }))
            .ToContainTextAsync("51.34, 12.37");
        await ThreadMenuAsync(visit, "Search messages");
        await visit.Page.GetByPlaceholder("Search messages with bob").FillAsync("heron");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Page.Locator(".results li")).ToHaveCountAsync(1);
        await visit.Page.Locator(".results .chat").ClickAsync();
        await Expect(visit.Page.Locator(".row.found")).ToContainTextAsync("no heron at the mill");
        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task A_conversation_is_deleted_here_and_stays_at_the_other_end()
    {
        await using var keeper = new Daemon("keeper");
        await keeper.StartAsync(stage.Bob);
        await keeper.KnowsAsync(stage.Bob);
        await stage.Bob.KnowsAsync(keeper);
        await Stage.DeliverAsync(keeper, stage.Bob, "burn this");
        await using Visit visit = await stage.VisitAsync(stage.Bob);
        await visit.TalkAsync("keeper");
        await Expect(visit.Bubble("burn this")).ToBeVisibleAsync();
        await ThreadMenuAsync(visit, "Delete conversation");
        await visit.Page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = "Delete", Exact = true })
            .ClickAsync();
        await Expect(visit.Page.Locator(".chat[data-name=keeper]")).ToHaveCountAsync(0);
        Assert.Empty(await stage.Bob.MessagesAsync("keeper"));
        Assert.Single(await keeper.MessagesAsync("bob"));
        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task A_channel_is_made_used_and_left_with_keys_alone()
    {
        await using Visit visit = await stage.VisitAsync(stage.Carol);
        IKeyboard keys = visit.Page.Keyboard;
        await visit.TabToAsync("button[aria-label='New conversation']");
        await keys.PressAsync("Enter");
        await visit.Page.Locator("dialog .menu").WaitForAsync();
        await visit.TabToAsync("dialog .menu button", text: "New channel");
        await keys.PressAsync("Enter");
        await visit.TabToAsync("dialog input[name=name]");
        await keys.TypeAsync("keys-only");
        await keys.PressAsync("Enter");
        await Expect(visit.Page.Locator(".composer textarea")).ToBeFocusedAsync();
        await keys.TypeAsync("typed");
        await keys.PressAsync("Enter");
        await stage.Carol.HasAsync("channel:keys-only", "typed");
        await visit.TabToAsync("button.title", back: true);
        await keys.PressAsync("Enter");
        await Expect(visit.Page.Locator("dialog h2")).ToHaveTextAsync("keys-only");
        await visit.TabToAsync("dialog button", text: "Leave");
        await keys.PressAsync("Enter");
        await visit.TabToAsync("dialog button.danger", text: "Leave");
        await keys.PressAsync("Enter");
        await stage.Carol.EventuallyAsync(
            "it was left", async () => (await stage.Carol.AskAsync(Commands.ChannelList)).Count == 0);
        visit.HasNoFaults();
    }

    private static async Task NewAsync(Visit visit, string what)
    {
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "New conversation" }).ClickAsync();
        await visit.Page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = what, Exact = true }).ClickAsync();
    }

    private static async Task ThreadMenuAsync(Visit visit, string what)
    {
        await visit.Page.Locator(".thread > header").GetByRole(AriaRole.Button, new() { Name = "More" }).ClickAsync();
        await visit.Page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = what, Exact = true }).ClickAsync();
    }
}
