using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Page.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace QuicProChat.Mesh.Page.Tests;

/// <summary>What others write is text, whatever it looks like.</summary>
[Collection(StageCollection.Name)]
public sealed class HostileTexts(Stage stage)
{
    private static readonly string[] Texts =
    [
        "<img src=x onerror=\"window.pwned=1\"><script>window.pwned=1</script>",
        "javascript:window.pwned=1 \"><svg onload=window.pwned=1>",
        "{{7*7}} ${window.pwned=1} &lt;b&gt;",
        "abc\u202Egnp.exe\u202C and \u2066isolated",
        "zalgo" + string.Concat(Enumerable.Repeat("\u0301\u0489", 5_000)),
        new string('W', 4_000),
        string.Concat(Enumerable.Repeat("\n", 3_000)) + "below",
    ];

    [BrowserFact]
    public async Task Hostile_texts_and_names_stay_text()
    {
        await using var stranger = new Daemon("<b>\"'&eve");
        await stranger.StartAsync(stage.Bob);
        await stranger.KnowsAsync(stage.Alice);
        foreach (string text in Texts)
            await stranger.SendAsync("alice", text);
        await using Visit visit = await stage.VisitAsync(stage.Alice);
        await visit.Page.Locator(".request", new() { HasText = "<b>\"'&eve" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Accept" }).ClickAsync();
        await visit.Page.Locator(".composer").WaitForAsync();
        string group = "<i>x\"'&";
        await stranger.AskAsync(Commands.GroupCreate, new() { Name = group });
        await stranger.AskAsync(Commands.GroupInvite, new() { Group = group, To = ["alice"] });
        await Expect(visit.Page.Locator(".waiting")).ToContainTextAsync(group);
        foreach (string text in Texts)
            await stranger.SendAsync("alice", text);
        await stage.Alice.EventuallyAsync(
            "all texts", async () => (await stage.Alice.MessagesAsync(stranger.Address)).Count >= Texts.Length);
        await Expect(visit.Bubble("below").Last).ToBeVisibleAsync();
        await Check(visit);
        await visit.Page.Locator(".thread .scroller").EvaluateAsync("s => s.scrollTop = 0");
        await Expect(visit.Bubble("<img src=x onerror").First).ToBeVisibleAsync();
        await Check(visit);
        await visit.Page.EvaluateAsync("location.hash = '#/network'");
        await visit.Page.Locator(".point").First.WaitForAsync();
        await Check(visit);
        visit.HasNoFaults();
    }

    private static async Task Check(Visit visit)
    {
        Assert.Null(await visit.Page.EvaluateAsync<int?>("window.pwned ?? null"));
        // Nothing was made of a text: no element that this page does not make, no attribute that runs.
        Assert.Equal(0, await visit.Page.Locator(
            "main img, main script, main iframe, main b, main svg [onload], [onerror]").CountAsync());
        // No row is higher than a screen, no line reaches out of its bubble, the page does not scroll sideways.
        Assert.True(await visit.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
        Assert.True(await visit.Page.EvaluateAsync<bool>(
            "[...document.querySelectorAll('.bubble')].every((b) => b.getBoundingClientRect().height < innerHeight && "
                + "b.getBoundingClientRect().right <= innerWidth)"));
        Assert.DoesNotContain("\u202E", await visit.Page.Locator("main").InnerTextAsync(), StringComparison.Ordinal);
    }
}
