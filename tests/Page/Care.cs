using System.Globalization;
using System.Text.Json.Nodes;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Page.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace QuicProChat.Mesh.Page.Tests;

/// <summary>
/// A therapy place, from both sides, by hand in two pages. Between patient and practice are two nodes, of which one is
/// the organisation that vouches for the practice.
/// </summary>
public sealed class Care : IAsyncLifetime
{
    private readonly Stage _stage = new() { HasNodes = false };
    private readonly Daemon _practice = Node("practice", "follow");
    private readonly Daemon _far = Node("far", "relay");
    private readonly Daemon _near = Node("near", "relay");
    private readonly Daemon _patient = Node("patient", "follow");

    public Task InitializeAsync() => _stage.InitializeAsync();

    public async Task DisposeAsync()
    {
        await _stage.DisposeAsync();
        foreach (Daemon daemon in new[] { _patient, _near, _far, _practice })
            await daemon.DisposeAsync();
    }

    [BrowserFact]
    public async Task A_slot_is_announced_found_asked_for_booked_and_cancelled()
    {
        await _practice.StartAsync();
        await _far.StartAsync(_practice);
        await _near.StartAsync(_far);
        await _patient.StartAsync(_near);
        await _patient.KnowsAsync(_practice);
        await _patient.KnowsAsync(_far);

        await using Visit practice = await _stage.VisitAsync(_practice, new() { Locale = "de-DE" });
        await practice.GoAsync("#/care/practice");
        await practice.Page.GetByRole(AriaRole.Button, new() { Name = "Diesen Knoten zur Praxis machen" }).ClickAsync();
        ILocator form = practice.Page.Locator("dialog");
        await form.GetByLabel("Name", new() { Exact = true }).FillAsync("Praxis <i>Linde</i>");
        await form.GetByLabel("Postleitzahl").FillAsync("04109");
        await form.GetByLabel("Verfahren").FillAsync("VT");
        await form.GetByLabel("Kostenträger").FillAsync("GKV, SEL");
        await form.GetByLabel("Anfragen werden gesammelt").FillAsync("1s");
        await form.GetByLabel("Aufbewahren, was Patienten schreiben").CheckAsync();
        await form.GetByLabel("Schriftlich absagen").CheckAsync();
        await form.GetByRole(AriaRole.Button, new() { Name = "Speichern" }).ClickAsync();
        await Expect(practice.Page.Locator(".care")).ToContainTextAsync("Praxis <i>Linde</i>");
        await AddSlotAsync(practice, DateTime.Now.AddDays(4));

        await using Visit patient = await _stage.VisitAsync(_patient);
        await patient.GoAsync("#/care/search");
        // Nobody vouches: shown to whoever asks for it, and not to be asked for.
        await SearchAsync(patient, level: "none", card => Expect(card).ToContainTextAsync("nobody vouches"));
        string organisation = (await _far.AskAsync(Commands.Identity)).PublicKey;
        await _far.EventuallyAsync("announced there", async () =>
            (await _far.AskAsync(Commands.FappSearch, new() { Level = "none" })).Slots.Count > 0);
        await _far.AskAsync(Commands.FappListSign, new() { Practice = _practice.Address });
        await _patient.AskAsync(Commands.FappTrust, new() { Organisation = organisation });
        await SearchAsync(patient, level: "list",
            card => card.GetByRole(AriaRole.Button, new() { Name = "Ask for this slot" }).ClickAsync());
        await patient.Page.Locator("dialog").GetByLabel("A word to the practice").FillAsync("<b>in the evening</b>");
        await patient.Page.Locator("dialog").GetByLabel("The form PTV 11 recommends it").CheckAsync();
        await patient.Page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = "Ask for this slot" })
            .ClickAsync();
        ILocator mine = patient.Page.Locator(".slot", new() { HasText = "Code " });
        await mine.WaitForAsync();

        ILocator asked = practice.Page.Locator(".slot", new() { HasText = "<b>in the evening</b>" });
        await Expect(asked).ToContainTextAsync("gezogen");
        await Expect(asked).ToContainTextAsync("sagt, dass PTV 11 es empfiehlt");
        string code = await mine.InnerTextAsync();
        Assert.Contains((await _practice.AskAsync(Commands.FappRequests))[0].Code, code,
            StringComparison.Ordinal);
        await asked.GetByRole(AriaRole.Button, new() { Name = "Buchen" }).ClickAsync();
        // It is told at once, and goes after some seconds.
        await Expect(patient.Page.Locator(".toast")).ToContainTextAsync("booked");
        await Expect(mine.Locator(".pill")).ToHaveTextAsync("booked");
        await Expect(practice.Page.Locator("tbody")).ToContainTextAsync("vergeben");
        await mine.GetByRole(AriaRole.Button, new() { Name = "I am coming" }).ClickAsync();
        await Expect(asked).ToContainTextAsync("kommt");

        await mine.GetByRole(AriaRole.Button, new() { Name = "Cancel it" }).ClickAsync();
        await patient.Page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = "Cancel it" }).ClickAsync();
        await Expect(mine.Locator(".pill")).ToHaveTextAsync("cancelled");
        await Expect(practice.Page.Locator("tbody")).ToContainTextAsync("frei");

        await AskForPlaceAsync(patient, practice);

        // Whoever looked for something in vain is told when it appears.
        await SearchAsync(patient, level: "list", card => Expect(card).ToBeVisibleAsync());
        await patient.Page.GetByRole(AriaRole.Button, new() { Name = "Tell me when something appears" }).ClickAsync();
        await Expect(patient.Page.Locator(".members:not(.refusals) li")).ToHaveCountAsync(1);
        await AddSlotAsync(practice, DateTime.Now.AddDays(5));
        await Expect(patient.Page.Locator(".toast")).ToContainTextAsync("A new slot fits");
        await patient.Page.Locator(".members:not(.refusals)").GetByRole(AriaRole.Button,
            new() { Name = "End" }).ClickAsync();
        await Expect(patient.Page.Locator(".members:not(.refusals) li")).ToHaveCountAsync(0);
        foreach (Visit visit in (Visit[])[patient, practice])
        {
            Assert.Equal(0, await visit.Page.Locator("main i, main b").CountAsync());
            visit.HasNoFaults();
        }
    }

    /// <summary>Who asks for a therapy place gets a refusal in writing, and keeps its file.</summary>
    private static async Task AskForPlaceAsync(Visit patient, Visit practice)
    {
        await SearchAsync(patient, level: "list",
            card => card.GetByRole(AriaRole.Button, new() { Name = "Ask for this slot" }).ClickAsync());
        ILocator dialog = patient.Page.Locator("dialog");
        await dialog.GetByLabel("my name").FillAsync("Anna <i>Muster</i>");
        await dialog.GetByLabel("Birth date").FillAsync("1990-12-31");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Ask for this slot" }).ClickAsync();
        ILocator asked = practice.Page.Locator(".slot", new() { HasText = "fragt nach einem Therapieplatz" });
        await asked.GetByRole(AriaRole.Button, new() { Name = "Ablehnen" }).ClickAsync();
        await practice.Page.Locator("dialog").GetByLabel("Kein Platz vor dem").FillAsync("2027-05-01");
        await practice.Page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = "Ablehnen" }).ClickAsync();
        ILocator refusal = patient.Page.Locator(".members li", new() { HasText = "Anna <i>Muster</i>" });
        await Expect(refusal).ToContainTextAsync("no therapy place before");
        IDownload kept = await patient.Page.RunAndWaitForDownloadAsync(
            () => refusal.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync());
        JsonNode file = JsonNode.Parse(await File.ReadAllTextAsync(await kept.PathAsync()))!;
        Assert.Equal("Anna <i>Muster</i>", (string)file["person"]!);
        Assert.NotEmpty((string)file["record"]!);
    }

    private static async Task AddSlotAsync(Visit practice, DateTime start)
    {
        await practice.Page.GetByRole(AriaRole.Button, new() { Name = "Termin anbieten" }).ClickAsync();
        ILocator form = practice.Page.Locator("dialog");
        await form.GetByLabel("Beginn").FillAsync(start.ToString("yyyy-MM-ddTHH:mm", CultureInfo.InvariantCulture));
        await form.GetByLabel("Art", new() { Exact = true }).SelectOptionAsync("probatorik");
        int before = await practice.Page.Locator("tbody tr").CountAsync();
        await form.GetByRole(AriaRole.Button, new() { Name = "Termin anbieten" }).ClickAsync();
        await Expect(practice.Page.Locator("tbody tr")).ToHaveCountAsync(before + 1);
    }

    /// <summary>
    /// Searches, as often as it takes: what a practice announces needs some seconds to be everywhere.
    /// </summary>
    private static async Task SearchAsync(Visit patient, string level, Func<ILocator, Task> found)
    {
        await patient.Page.GetByLabel("Postal code").WaitForAsync();
        // What an earlier search found goes.
        await patient.Page.EvaluateAsync("document.querySelector('.care .slots[aria-live]').replaceChildren()");
        await patient.Page.GetByLabel("Postal code").FillAsync("04");
        await patient.Page.GetByLabel("Paid by").SelectOptionAsync("GKV");
        await patient.Page.GetByLabel("Proof").SelectOptionAsync(level);
        ILocator card = patient.Page.Locator(".slot", new() { HasText = "Praxis <i>Linde</i>" })
            .Filter(new() { HasNotText = "Code " });
        await patient.Page.GetByRole(AriaRole.Button, new() { Name = "Search", Exact = true }).ClickAsync();
        await patient.Page.EvaluateAsync(
            """
            async () => {
              const there = () => [...document.querySelectorAll('[aria-live] .slot')].some((s) =>
                  s.textContent.includes('Linde'));
              const until = performance.now() + 150000;
              while (!there() && performance.now() < until) {
                document.querySelector('.care form button.main').click();
                await new Promise((done) => setTimeout(done, 1000));
              }
            }
            """);
        await found(card.First);
    }

    private static Daemon Node(string name, string mode) => new(name)
    {
        Settings = new JsonObject
        {
            ["fapp"] = mode,
            ["fappRegions"] = new JsonArray("04"),
            ["fappPublish"] = "10s",
            ["fappDelay"] = "1s",
            ["fappCover"] = "0s",
            ["fappTrustsClock"] = true,
        },
    };
}
