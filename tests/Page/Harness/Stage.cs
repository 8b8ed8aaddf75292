using QuicProChat.Mesh.Api;

namespace QuicProChat.Mesh.Page.Tests.Harness;

/// <summary>
/// Three daemons in a row (alice, bob, carol; carol reaches alice through bob) and a browser, for all tests of this
/// project.
/// </summary>
public sealed class Stage : IAsyncLifetime
{
    /// <summary>A name that somebody's DNS makes to point to this machine.</summary>
    internal const string Rebound = "rebound.example";

    private IPlaywright? _playwright;

    /// <summary>False: the browser alone.</summary>
    internal bool HasNodes { get; init; } = true;

    internal IBrowser Browser { get; private set; } = null!;

    internal Daemon Alice { get; } = new("alice");

    internal Daemon Bob { get; } = new("bob");

    internal Daemon Carol { get; } = new("carol");

    public async Task InitializeAsync()
    {
        if (BrowserFactAttribute.Why is not null)
            return;
        Assertions.SetDefaultExpectTimeout(90_000);
        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = BrowserFactAttribute.Chromium,
            // Root has no sandbox of its own, and a container little shared memory.
            Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb",
                "--disable-background-networking", $"--host-resolver-rules=MAP {Rebound} 127.0.0.1"],
        });
        if (!HasNodes)
            return;
        await Bob.StartAsync();
        await Alice.StartAsync(Bob);
        await Carol.StartAsync(Bob);
        foreach ((Daemon a, Daemon b) in new[] { (Alice, Bob), (Bob, Alice), (Alice, Carol), (Carol, Alice) })
            await a.KnowsAsync(b);
    }

    public async Task DisposeAsync()
    {
        if (Browser is not null)
            await Browser.CloseAsync();
        _playwright?.Dispose();
        foreach (Daemon daemon in new[] { Alice, Bob, Carol })
            await daemon.DisposeAsync();
    }

    /// <summary>A browser window with the page of a daemon, logged in.</summary>
    internal async Task<Visit> VisitAsync(Daemon daemon, BrowserNewContextOptions? options = null)
    {
        Visit visit = await Visit.NewAsync(Browser, options);
        await visit.OpenAsync(daemon);
        return visit;
    }

    /// <summary>Asks one daemon to send to another, and waits until it is there.</summary>
    internal static async Task<string> DeliverAsync(Daemon from, Daemon to, string text)
    {
        SendInfo sent = await from.AskAsync(Commands.Send, new() { To = to.Address, Text = text, Wait = "delivered" });
        return sent.Id;
    }
}

/// <summary>All tests share the daemons, one after another.</summary>
[CollectionDefinition(Name)]
public sealed class StageCollection : ICollectionFixture<Stage>
{
    internal const string Name = "stage";
}
