using System.Text.Json.Nodes;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Page.Tests.Harness;

namespace QuicProChat.Mesh.Page.Tests;

/// <summary>axe-core finds nothing in any view, light and dark (WCAG 2.2 AA and its best practices).</summary>
[Collection(StageCollection.Name)]
public sealed class Accessibility(Stage stage)
{
    [AxeFact]
    public async Task Axe_finds_nothing_in_any_view()
    {
        string axe = await File.ReadAllTextAsync(AxeFactAttribute.Script);
        await Stage.DeliverAsync(stage.Bob, stage.Alice, "for the reader of screens");
        foreach (ColorScheme scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            // The page's own policy would not let a script of elsewhere run.
            await using Visit visit =
                await stage.VisitAsync(
                    stage.Alice, new BrowserNewContextOptions { ColorScheme = scheme, BypassCSP = true });
            IPage page = visit.Page;
            await page.EvaluateAsync(axe);
            await CheckAsync(visit, scheme, "list");
            await visit.TalkAsync("bob");
            await CheckAsync(visit, scheme, "conversation");
            await page.Locator(".thread .title").ClickAsync();
            await page.Locator("dialog .digits").WaitForAsync();
            await CheckAsync(visit, scheme, "contact");
            await page.Keyboard.PressAsync("Escape");
            await page.GetByRole(AriaRole.Button, new() { Name = "New conversation" }).ClickAsync();
            await CheckAsync(visit, scheme, "menu");
            await page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = "New group" }).ClickAsync();
            await CheckAsync(visit, scheme, "form");
            await page.Keyboard.PressAsync("Escape");
            await visit.GoAsync("#/network");
            await page.Locator(".point.peer").PressAsync("Enter");
            await CheckAsync(visit, scheme, "network");
            await visit.GoAsync("#/node");
            await page.Locator("table").WaitForAsync();
            await CheckAsync(visit, scheme, "node");
            await visit.GoAsync("#/care");
            await CheckAsync(visit, scheme, "therapy");
            await visit.GoAsync("#/chats/search/reader");
            await CheckAsync(visit, scheme, "search");
        }
    }

    [AxeFact]
    public async Task Axe_finds_nothing_in_requests_pictures_dialogs_and_the_search_for_a_therapy_place()
    {
        string axe = await File.ReadAllTextAsync(AxeFactAttribute.Script);
        await using var node = new Daemon("reader")
        {
            Settings = new JsonObject
            {
                ["fapp"] = "follow",
                ["fappRegions"] = new JsonArray("04"),
                ["fappTrustsClock"] = true
            },
        };
        await node.StartAsync(stage.Bob);
        await node.KnowsAsync(stage.Bob);
        await stage.Bob.KnowsAsync(node);
        await stage.Carol.KnowsAsync(node);
        await node.AskAsync(Commands.GroupCreate, new() { Name = "readers" });
        await Sharing.SendAsync(stage.Bob, "seen.png", Sharing.Png(60, 40), "reader");
        await stage.Carol.SendAsync(node.Address, "do you know me?");
        await node.AskAsync(Commands.FappPracticeSet,
            new() { Name = "Linde", Plz = "04109", Procedure = "VT", Payer = "GKV" });
        await node.AskAsync(Commands.FappSlotAdd, new()
        {
            Start = DateTimeOffset.UtcNow.AddDays(3)
                .ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture),
            Minutes = 50,
            Type = "sprechstunde",
        });
        foreach (ColorScheme scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            await using Visit visit =
                await stage.VisitAsync(node, new BrowserNewContextOptions { ColorScheme = scheme, BypassCSP = true });
            IPage page = visit.Page;
            await page.EvaluateAsync(axe);
            await page.Locator("a.request").ClickAsync();
            await page.Locator(".decide").WaitForAsync();
            await CheckAsync(visit, scheme, "request");
            await visit.TalkAsync("bob");
            ILocator offer = visit.Bubble("seen.png");
            if (scheme == ColorScheme.Light)
                await offer.GetByRole(AriaRole.Button, new() { Name = "Fetch" }).ClickAsync();
            await offer.Locator(".preview img").WaitForAsync();
            await CheckAsync(visit, scheme, "picture");
            await offer.Locator(".preview button").ClickAsync();
            await page.Locator("dialog img").WaitForAsync();
            await CheckAsync(visit, scheme, "large picture");
            await page.Keyboard.PressAsync("Escape");
            await visit.TalkAsync("group:readers");
            await page.Locator(".thread .title").ClickAsync();
            await page.Locator("dialog .members").WaitForAsync();
            await CheckAsync(visit, scheme, "members");
            await page.Keyboard.PressAsync("Escape");
            await page.GetByRole(AriaRole.Button, new() { Name = "New conversation" }).ClickAsync();
            await page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = "My contact card" }).ClickAsync();
            await page.Locator("dialog .code").WaitForAsync();
            await CheckAsync(visit, scheme, "card");
            await page.Keyboard.PressAsync("Escape");
            await visit.GoAsync("#/care/search");
            await page.Locator(".care form").WaitForAsync();
            await CheckAsync(visit, scheme, "search for a place");
            await visit.GoAsync("#/care/practice");
            await page.Locator(".care tbody tr").WaitForAsync();
            await CheckAsync(visit, scheme, "practice");
            await page.GetByRole(AriaRole.Button, new() { Name = "Add a slot" }).ClickAsync();
            await page.Locator("dialog form").WaitForAsync();
            await CheckAsync(visit, scheme, "slot");
        }
    }

    private static async Task CheckAsync(Visit visit, ColorScheme scheme, string view)
    {
        // What comes in by a transition is looked at when it is there.
        await visit.SettlesAsync();
        string found = await visit.Page.EvaluateAsync<string>(
            """
            async () => JSON.stringify((await axe.run(document,
                { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }))
              .violations.map((v) => ({ id: v.id, nodes: v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200)) })))
            """);
        Assert.True(JsonNode.Parse(found)!.AsArray().Count == 0, $"{scheme} {view}: {found}");
    }
}
