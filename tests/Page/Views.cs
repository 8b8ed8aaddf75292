using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Page.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace QuicProChat.Mesh.Page.Tests;

/// <summary>The network and the node, and all views by keys and on a phone.</summary>
[Collection(StageCollection.Name)]
public sealed class Views(Stage stage)
{
    [BrowserFact]
    public async Task The_map_shows_neighbours_and_whoever_is_beyond_them_and_why_somebody_is_out_of_reach()
    {
        await using var node = new Daemon("mapmaker");
        await node.StartAsync(stage.Bob);
        await node.KnowsAsync(stage.Bob);
        await using var guest = new Daemon("guest");
        await guest.StartAsync(stage.Bob);
        await node.KnowsAsync(guest);
        await using Visit visit = await stage.VisitAsync(node);
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Network" }).ClickAsync();
        ILocator bob = visit.Page.Locator($".point[data-id={stage.Bob.Address}]");
        await Expect(bob).ToHaveClassAsync("point peer");
        await bob.PressAsync("Enter");
        await Expect(visit.Page.Locator(".map .about")).ToContainTextAsync("Reachable: a neighbour.");
        ILocator far = visit.Page.Locator($".point[data-id={guest.Address}]");
        await far.PressAsync("Enter");
        await Expect(visit.Page.Locator(".map .about")).ToContainTextAsync("Reachable through bob.");
        await Expect(visit.Page.Locator(".edge.tcp")).ToHaveCountAsync(1);

        // What is told of the mesh meanwhile takes no link away from whoever reached it by keys, or presses it.
        ILocator write = visit.Page.Locator(".map .about a");
        await write.FocusAsync();
        await visit.Page.EvaluateAsync("document.querySelector('.map .about a').old = true");
        await visit.Page.WaitForFunctionAsync("() => !document.querySelector('.map .about a').old");
        await Expect(write).ToBeFocusedAsync();
        await write.HoverAsync();
        await visit.Page.Mouse.DownAsync();
        await guest.KillAsync();
        await node.EventuallyAsync("it is lost", async () => (await node.AskAsync(Commands.Routes))
            .Any(r => r.Destination == guest.Address && r.NextHop is null));
        await visit.Page.Mouse.UpAsync();
        await visit.Page.Locator(".composer textarea").WaitForAsync();
        await visit.GoAsync("#/network");
        await far.PressAsync("Enter");
        await Expect(far).ToHaveClassAsync("point away");
        await node.SendAsync("guest", "wait for me");
        await Expect(visit.Page.Locator(".map .about")).ToContainTextAsync("Not reachable");
        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task The_backup_drill_opens_a_backup_and_the_settings_are_shown_and_checked()
    {
        await using var node = new Daemon("careful");
        await node.StartAsync(stage.Bob, stage.Alice);
        await node.KnowsAsync(stage.Bob);
        await node.KnowsAsync(stage.Alice);
        await node.AskAsync(Commands.Block, new() { To = stage.Carol.Address });
        await node.AskAsync(Commands.ChannelCreate, new() { Name = "drill" });
        await using Visit visit = await stage.VisitAsync(node);
        string folder = Directory.CreateTempSubdirectory("qpc-backup-").FullName;
        try
        {
            string backup = Path.Combine(folder, "alice.backup"), passphrase = Path.Combine(folder, "passphrase");
            await File.WriteAllTextAsync(passphrase, "correct horse\n");
            await node.RunAsync("ctl", "--control", node.Control, "backup", backup, "--backup-passphrase-file",
                passphrase);
            await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Node" }).ClickAsync();
            await visit.Page.GetByLabel("Backup file").SetInputFilesAsync(backup);
            await visit.Page.GetByLabel("Passphrase").FillAsync("wrong");
            ILocator attempt = visit.Page.GetByRole(AriaRole.Button, new() { Name = "Try" });
            await attempt.ClickAsync();
            await Expect(visit.Page.Locator(".steps .wrong")).Not.ToBeEmptyAsync();
            await visit.Page.GetByLabel("Passphrase").FillAsync("correct horse");
            await attempt.ClickAsync();
            await Expect(visit.Page.Locator(".steps .verdict.good")).ToContainTextAsync("is this node’s");
            await Expect(visit.Page.Locator(".steps .holds")).ToContainTextAsync("2 names of people");
            await Expect(visit.Page.Locator(".steps .holds")).ToContainTextAsync("1 blocked node");
            await Expect(visit.Page.Locator(".steps .holds")).ToContainTextAsync("1 name of a channel");
            await Expect(visit.Page.Locator(".steps")).ToContainTextAsync("No messages");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        await Expect(visit.Page.Locator("table")).ToContainTextAsync("webListen");
        await visit.Page.GetByText("Check a configuration").ClickAsync();
        ILocator text = visit.Page.GetByLabel("Configuration file");
        await text.FillAsync("{\n  \"hopLimit\": 0\n}");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Check", Exact = true }).ClickAsync();
        await Expect(visit.Page.Locator("details > [role=status]"))
            .ToContainTextAsync("Line 2: wrong value for 'hopLimit'");
        await text.FillAsync("{ \"hopLimit\": 12 }");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Check", Exact = true }).ClickAsync();
        await Expect(visit.Page.Locator("details > [role=status]")).ToContainTextAsync("would start");
        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task Everything_is_done_with_keys_alone()
    {
        string id = await Stage.DeliverAsync(stage.Bob, stage.Alice, "answer this by keys");
        await using Visit visit = await stage.VisitAsync(stage.Alice);
        IKeyboard keys = visit.Page.Keyboard;
        await visit.TabToAsync(".chat[data-name=bob]");
        await keys.PressAsync("Enter");
        await visit.Page.Locator(".composer textarea").WaitForAsync();
        await Expect(visit.Page.Locator(".composer textarea")).ToBeFocusedAsync();
        await Expect(visit.Bubble("answer this by keys")).ToBeVisibleAsync();
        await visit.TabToAsync(".bubble", back: true, "answer this by keys");
        await keys.PressAsync("r");
        await Expect(visit.Page.Locator(".composer .about")).ToContainTextAsync("answer this by keys");
        await keys.TypeAsync("done by keys");
        await keys.PressAsync("Enter");
        await stage.Bob.EventuallyAsync("the answer", async () => (await stage.Bob.MessagesAsync("alice"))
            .Any(m => m.Text == "done by keys"
                && id.StartsWith(m.ReplyTo ?? "-", StringComparison.Ordinal)));

        await Expect(visit.Bubble("done by keys")).ToBeVisibleAsync();
        await visit.TabToAsync(".bubble", back: true, "done by keys");
        await keys.PressAsync("Enter");
        await visit.Page.Locator("dialog .menu").WaitForAsync();
        await keys.PressAsync("Escape");
        await Expect(visit.Page.Locator("dialog")).ToHaveCountAsync(0);
        // The focus is back where it was.
        Assert.Equal("bubble", await visit.Page.EvaluateAsync<string>("document.activeElement.dataset.act ?? ''"));
        await visit.TabToAsync("a.tab[data-view=network]", back: true);
        await keys.PressAsync("Enter");
        await visit.TabToAsync(".point.peer");
        await keys.PressAsync("Enter");
        await Expect(visit.Page.Locator(".map .about")).ToContainTextAsync("neighbour");
        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task On_a_phone_one_thing_is_shown_at_a_time_and_nothing_is_cut_off()
    {
        await stage.Alice.SendAsync("bob", "for the phone");
        await using Visit visit = await stage.VisitAsync(stage.Alice, new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = 360, Height = 700 },
            HasTouch = true,
            IsMobile = true,
            Locale = "de-DE",
        });
        await visit.Page.Locator(".chat[data-name=bob]").TapAsync();
        await visit.Page.Locator(".composer textarea").WaitForAsync();
        Assert.False(await visit.Page.Locator(".list").IsVisibleAsync());
        await visit.Page.Locator(".composer textarea").FillAsync("vom Telefon");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Senden", Exact = true }).TapAsync();
        await Expect(visit.Bubble("vom Telefon").Locator(".state .word")).ToHaveTextAsync("zugestellt");
        await visit.FitsAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Zurück" }).TapAsync();
        await Expect(visit.Page.Locator(".list")).ToBeVisibleAsync();
        foreach (string view in (string[])["Netz", "Knoten", "Therapie"])
        {
            await visit.Page.GetByRole(AriaRole.Link, new() { Name = view }).TapAsync();
            await Expect(visit.Page.Locator("main h1")).ToHaveTextAsync(view);
            await visit.FitsAsync();
        }

        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task What_the_node_says_is_said_in_the_language_of_the_page_and_without_commands_of_a_terminal()
    {
        await using Visit visit =
            await stage.VisitAsync(stage.Alice, new BrowserNewContextOptions { Locale = "de-DE" });
        IPage page = visit.Page;
        await visit.GoAsync("#/network");
        await page.GetByRole(AriaRole.Button, new() { Name = "Verbinden…" }).ClickAsync();
        await page.GetByLabel("Verbindung", new() { Exact = true }).FillAsync("tcp://nowhere");
        await page.GetByRole(AriaRole.Button, new() { Name = "Verbinden", Exact = true }).ClickAsync();
        await Expect(page.Locator("dialog .wrong")).ToContainTextAsync("nennt");
        await page.Keyboard.PressAsync("Escape");
        await visit.GoAsync("#/node");
        await page.GetByText("Eine Konfiguration prüfen").ClickAsync();
        await page.GetByLabel("Konfigurationsdatei").FillAsync("{ \"hopLimit\": 0 }");
        await page.GetByRole(AriaRole.Button, new() { Name = "Prüfen", Exact = true }).ClickAsync();
        await Expect(page.Locator("details > [role=status]"))
            .ToHaveTextAsync("Zeile 1: Falscher Wert für „hopLimit“; erlaubt ist eine Zahl von 1 bis 1024.");
        await Expect(page.Locator("tbody")).ToContainTextAsync("ein Pfad, der mit / beginnt");
        await visit.GoAsync("#/chats/with/nobody-knows-me");
        await page.Locator(".composer textarea").WaitForAsync();
        await visit.SayAsync("hallo?");
        await Expect(page.Locator(".toast")).ToHaveTextAsync("„nobody-knows-me“ ist kein Name und keine Adresse.");
        string english = await page.EvaluateAsync<string>(
            """
            async () => {
              const { sentence, phrase } = await import('/said.js');
              const { choose } = await import('/text.js');
              const german = sentence("message 0123 was deleted");
              choose('en');
              const said = [german,
                  sentence("'x' is no alias and no address; 'alias NAME ADDRESS' gives an address a name, 'alias' and 'contact list' show those there are"),
                sentence('qpc1abc has not been heard of yet, so its key is not known'),
                    phrase('the other side is not in reach'), sentence('what nobody wrote a rule for')];
              choose('de');
              return [...said, phrase('the other side is not in reach')].join('|');
            }
            """);
        Assert.Equal(
            "Diese Nachricht wurde gelöscht.|“x” is no name and no address.|qpc1abc has not been heard of yet, so its "
                + "key is not known.|"
            + "the other side is not in reach|what nobody wrote a rule for|die andere Seite ist nicht erreichbar",
            english);
        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task A_newcomer_is_told_how_to_begin_and_no_longer_once_somebody_wrote()
    {
        await using var node = new Daemon("fresh");
        await node.StartAsync(stage.Bob);
        await using Visit visit = await stage.VisitAsync(node);
        ILocator welcome = visit.Page.Locator(".welcome");
        await Expect(welcome).ToContainTextAsync("This node has one neighbour.");
        await welcome.GetByRole(AriaRole.Button, new() { Name = "My contact card" }).ClickAsync();
        await Expect(visit.Page.Locator("dialog .code")).ToBeVisibleAsync();
        await visit.Page.Keyboard.PressAsync("Escape");
        await stage.Bob.KnowsAsync(node);
        await stage.Bob.SendAsync("fresh", "welcome!");
        await Expect(visit.Page.Locator(".request")).ToContainTextAsync("welcome!");
        await Expect(welcome).ToHaveCountAsync(0);
        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task The_language_changes_at_once_and_stays()
    {
        await using Visit visit = await stage.VisitAsync(stage.Alice);
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Node" }).ClickAsync();
        await visit.Page.GetByLabel("Language").SelectOptionAsync("de");
        await Expect(visit.Page.Locator("main h1")).ToHaveTextAsync("Knoten");
        await visit.Page.ReloadAsync();
        await Expect(visit.Page.Locator("main h1")).ToHaveTextAsync("Knoten");
        Assert.Equal("de", await visit.Page.EvaluateAsync<string>("document.documentElement.lang"));
        visit.HasNoFaults();
    }
}
