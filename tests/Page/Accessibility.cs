using System.Text.Json.Nodes;
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
            await using Visit visit = await stage.VisitAsync(stage.Alice, new BrowserNewContextOptions { ColorScheme = scheme, BypassCSP = true });
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
            await page.GetByRole(AriaRole.Button, new() { Name = "New group" }).ClickAsync();
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

    private static async Task CheckAsync(Visit visit, ColorScheme scheme, string view)
    {
        // What comes in by a transition is looked at when it is there.
        await visit.SettlesAsync();
        string found = await visit.Page.EvaluateAsync<string>(
            """
            async () => JSON.stringify((await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }))
              .violations.map((v) => ({ id: v.id, nodes: v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200)) })))
            """);
        Assert.True(JsonNode.Parse(found)!.AsArray().Count == 0, $"{scheme} {view}: {found}");
    }
}
