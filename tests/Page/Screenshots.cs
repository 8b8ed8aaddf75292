using System.Text.Json.Nodes;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;
using QuicProChat.Mesh.Page.Tests.Harness;

namespace QuicProChat.Mesh.Page.Tests;

/// <summary>
/// Pictures of every view, for people to look at. QPC_PAGE_PICTURES names the folder, and then all of them are made:
/// both languages, light and dark, desk and phone. Some are in docs/guide/images.
/// </summary>
public sealed class Screenshots : IAsyncLifetime
{
    private static readonly string? _wanted = Environment.GetEnvironmentVariable("QPC_PAGE_PICTURES")
        is { Length: > 0 } named ? named : null;

    private readonly Stage _stage = new() { HasNodes = false };
    private readonly string _folder = _wanted ?? Directory.CreateTempSubdirectory("qpc-pictures-").FullName;
    private readonly string _devices = Directory.CreateTempSubdirectory("qpc-air-").FullName;

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(_folder);
        await _stage.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await _stage.DisposeAsync();
        Directory.Delete(_devices, recursive: true);
        if (_wanted is null)
            Directory.Delete(_folder, recursive: true);
    }

    [BrowserFact]
    public async Task Every_view_is_drawn_and_nothing_reaches_out_of_it()
    {
        using var air = new RadioAir(_devices, "alice", "hut");
        await using Daemon alice = Node("alice", air.Uri("alice")), bob = Node("bob"), carol = Node("carol"),
        hut = Node("hut", air.Uri("hut"));
        await using var stranger = new Daemon("fox");
        await bob.StartAsync();
        await alice.StartAsync(bob);
        await carol.StartAsync(bob);
        await hut.StartAsync();
        await stranger.StartAsync(bob);
        await PlayAsync(alice, bob, carol, hut, stranger);
        foreach ((string name, BrowserNewContextOptions options) in Looks())
        {
            await using Visit visit = await _stage.VisitAsync(alice, options);
            await DrawAsync(visit, $"list-{name}", "#/chats", ".request");
            await DrawAsync(visit, $"chats-{name}", "#/chats/with/bob", ".preview img");
            await visit.Page.Locator(".preview button").ClickAsync();
            await DrawAsync(visit, $"picture-{name}", null, "dialog img");
            await visit.Page.Keyboard.PressAsync("Escape");
            await DrawAsync(visit, $"group-{name}", "#/chats/with/group%3Awalkers", ".bubble");
            await visit.Page.Locator(".thread .title").ClickAsync();
            await DrawAsync(visit, $"members-{name}", null, "dialog .members");
            await visit.Page.Keyboard.PressAsync("Escape");
            await visit.TalkAsync("bob");
            await visit.Page.Locator(".thread .title").ClickAsync();
            await DrawAsync(visit, $"contact-{name}", null, "dialog .digits");
            await visit.Page.Keyboard.PressAsync("Escape");
            await DrawAsync(visit, $"request-{name}", $"#/chats/request/{stranger.Address}", ".decide");
            await DrawAsync(visit, $"search-{name}", "#/chats/search/mill", ".results time");
            await visit.GoAsync("#/network");
            await visit.Page.Locator($".point[data-id={bob.Address}]").PressAsync("Enter");
            await DrawAsync(visit, $"network-{name}", null, ".radio .members li", ".network");
            await DrawAsync(visit, $"care-{name}", "#/care/search", ".panes form", ".care");
            await DrawAsync(visit, $"practice-{name}", "#/care/practice", ".care tbody tr", ".care");
            await DrawAsync(visit, $"node-{name}", "#/node", "tbody tr", ".node");
            visit.HasNoFaults();
        }
    }

    /// <summary>Draws what is there now, or at an address; and what is below the fold, where all is wanted.</summary>
    private async Task DrawAsync(Visit visit, string name, string? hash, string there, string? scrolls = null)
    {
        if (hash is not null)
            await visit.GoAsync(hash);
        await visit.Page.Locator(there).First.WaitForAsync();
        await visit.SettlesAsync();
        await visit.FitsAsync();
        await ShootAsync(visit, name);
        if (scrolls is null || _wanted is null)
            return;
        for (int part = 2; await visit.Page.EvaluateAsync<bool>(
            "s => { const e = document.querySelector(s), was = e.scrollTop; e.scrollTop += e.clientHeight - 40; "
                + "return e.scrollTop > was; }", scrolls); part++)
            await ShootAsync(visit, $"{name}-{part}");
    }

    private async Task ShootAsync(Visit visit, string name)
    {
        string file = Path.Combine(_folder, $"{name}.png");
        await visit.Page.ScreenshotAsync(new() { Path = file });
        Assert.True(new FileInfo(file).Length > 5_000, name);
    }

    private static IEnumerable<(string, BrowserNewContextOptions)> Looks()
    {
        yield return ("desk", Desk(ColorScheme.Light, "en-GB"));
        yield return ("phone", Phone(ColorScheme.Dark, "de-DE"));
        if (_wanted is null)
            yield break;
        yield return ("desk-dark", Desk(ColorScheme.Dark, "en-GB"));
        yield return ("desk-german", Desk(ColorScheme.Light, "de-DE"));
        yield return ("phone-english", Phone(ColorScheme.Light, "en-GB"));
    }

    private static BrowserNewContextOptions Desk(ColorScheme scheme, string language) => new()
    {
        ViewportSize = new ViewportSize { Width = 920, Height = 580 },
        ColorScheme = scheme,
        Locale = language,
    };

    private static BrowserNewContextOptions Phone(ColorScheme scheme, string language) => new()
    {
        ViewportSize = new ViewportSize { Width = 360, Height = 700 },
        HasTouch = true,
        IsMobile = true,
        ColorScheme = scheme,
        Locale = language,
    };

    private static Daemon Node(string name, string? radio = null) => new(name)
    {
        Radio = radio,
        Settings = new JsonObject
        {
            ["fapp"] = "follow",
            ["fappRegions"] = new JsonArray("04"),
            ["fappTrustsClock"] = true
        },
    };

    private static async Task PlayAsync(Daemon alice, Daemon bob, Daemon carol, Daemon hut, Daemon stranger)
    {
        foreach ((Daemon a, Daemon b) in new[] { (alice, bob), (bob, alice), (alice, carol), (carol, alice),
            (alice, hut), (hut, alice), (bob, carol) })
            await a.KnowsAsync(b);
        await alice.AskAsync(Commands.Verify, new() { To = "bob", Confirm = true });
        await alice.AskAsync(Commands.GroupCreate, new() { Name = "walkers" });
        await alice.AskAsync(Commands.GroupInvite, new() { Group = "walkers", To = ["bob"] });
        await bob.EventuallyAsync(
            "the invitation", async () => (await bob.AskAsync(Commands.GroupList)).Invitations.Count == 1);
        await bob.AskAsync(Commands.GroupAccept, new() { Group = "walkers" });
        await alice.EventuallyAsync("two members", async () =>
            (await alice.AskAsync(Commands.GroupShow, new() { Group = "walkers" })).Members.Count
                == 2);
        await alice.SendAsync("group:walkers", "Who comes on Sunday?");
        await bob.HasAsync("group:walkers", "Who comes on Sunday?");
        await bob.SendAsync("group:walkers", "I do, if it does not rain");
        await Stage.DeliverAsync(bob, alice,
            "Are you coming to the mill on Sunday? The bridge is closed, so take the long way by the river.");
        await Stage.DeliverAsync(alice, bob, "Yes, I'll bring bread and cheese");
        await Stage.DeliverAsync(alice, bob, "What time?");
        string id = await Stage.DeliverAsync(bob, alice, "At nine");
        await alice.AskAsync(Commands.React, new() { Id = id, Emoji = "👍" });
        await alice.AskAsync(Commands.Reply, new() { Id = id, Text = "Perfect, see you then" });
        await Sharing.SendAsync(bob, "way-to-the-mill.png", Sharing.Png(480, 300, colour: Landscape), "alice");
        await alice.EventuallyAsync("the file", async () => (await alice.AskAsync(Commands.FileList)).Count == 1);
        string picture = (await alice.AskAsync(Commands.FileList))[0].Id;
        await alice.AskAsync(Commands.FileAccept, new() { Id = picture });
        await alice.EventuallyAsync(
            "all of the file",
            async () => (await alice.AskAsync(Commands.FileShow, new() { Id = picture })).State
                == "here");
        await Stage.DeliverAsync(carol, alice, "Your antenna arrived");
        await Stage.DeliverAsync(hut, alice, "Snow up here since noon");
        await alice.SendAsync("self", "bring rope");
        await stranger.KnowsAsync(alice);
        await stranger.SendAsync("alice", "Hello, we met at the market. Is the old sledge still for sale?");
        await alice.EventuallyAsync("the request", async () => (await alice.AskAsync(Commands.Requests)).Count == 1);
        await alice.AskAsync(Commands.FappPracticeSet, new()
        {
            Name = "Praxis Linde",
            Plz = "04109",
            Procedure = "VT",
            Payer = "GKV,SEL",
            Contact = "0341 1234567"
        });
        foreach (int days in (int[])[4, 6])
        {
            await alice.AskAsync(Commands.FappSlotAdd, new()
            {
                Start = DateTimeOffset.UtcNow.Date.AddDays(days).AddHours(9)
                    .ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture),
                Minutes = 50,
                Type = "sprechstunde",
            });
        }
    }

    /// <summary>Hills, a river and the sun, for a picture that somebody might send.</summary>
    private static (byte R, byte G, byte B) Landscape(int x, int y)
    {
        double far = 150 + 26 * Math.Sin(x / 70.0) + 9 * Math.Sin(x / 23.0), near = 205 + 34 * Math.Sin(x / 110.0 + 2);
        double river = 300 + 60 * Math.Sin(y / 38.0);
        return (x - 370) * (x - 370) + (y - 70) * (y - 70) < 900 ? ((byte)255, (byte)226, (byte)150)
            : y > near ? (Math.Abs(x - river) < (y - near) / 3 ? ((byte)112, (byte)168, (byte)196)
                : ((byte)74, (byte)128, (byte)84))
            : y > far ? ((byte)104, (byte)146, (byte)130) : ((byte)(168 + y / 3), (byte)(200 + y / 6), (byte)228);
    }
}
