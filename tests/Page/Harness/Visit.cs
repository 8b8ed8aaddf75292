using System.Collections.Concurrent;

namespace QuicProChat.Mesh.Page.Tests.Harness;

/// <summary>A browser window. It notes each error of the page, and each request to anywhere else.</summary>
internal sealed class Visit : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _wrong = new();
    private string _origin = "";

    private Visit(IBrowserContext context, IPage page)
    {
        _context = context;
        Page = page;
        page.PageError += (_, error) => _wrong.Enqueue($"error: {error}");
        page.Console += (_, said) =>
        {
            // A connection that is lost or refused is the browser's to complain about, not the page's fault.
            if (said.Type == "error" && !said.Text.Contains("ERR_CONNECTION", StringComparison.Ordinal)
                && !said.Text.Contains("WebSocket", StringComparison.Ordinal))
                _wrong.Enqueue($"console: {said.Text}");
        };
        page.Request += (_, request) =>
        {
            if (_origin.Length > 0 && !request.Url.StartsWith(_origin, StringComparison.Ordinal)
                && !request.Url.StartsWith("blob:", StringComparison.Ordinal))
                _wrong.Enqueue($"request: {request.Url}");
        };
    }

    internal IPage Page { get; }

    internal static async Task<Visit> NewAsync(IBrowser browser, BrowserNewContextOptions? options = null)
    {
        options ??= new BrowserNewContextOptions();
        options.Locale ??= "en-GB";
        options.ViewportSize ??= new ViewportSize { Width = 1180, Height = 760 };
        IBrowserContext context = await browser.NewContextAsync(options);
        context.SetDefaultTimeout(90_000);
        return new Visit(context, await context.NewPageAsync());
    }

    /// <summary>Opens the page by a new link, and waits until it shows what the node says.</summary>
    internal async Task OpenAsync(Daemon daemon)
    {
        _origin = daemon.Web;
        await Page.GotoAsync(await daemon.LinkAsync());
        await Page.Locator(".chat").First.WaitForAsync();
    }

    /// <summary>Opens a conversation.</summary>
    internal async Task TalkAsync(string name)
    {
        await Page.EvaluateAsync(
            $"location.hash = '#/chats/with/' + encodeURIComponent({System.Text.Json.JsonSerializer.Serialize(name)})");
        await Page.Locator(".composer textarea").WaitForAsync();
    }

    /// <summary>Writes and sends.</summary>
    internal async Task SayAsync(string text)
    {
        await Page.Locator(".composer textarea").FillAsync(text);
        await Page.Keyboard.PressAsync("Enter");
    }

    /// <summary>Goes to a view by its address.</summary>
    internal Task GoAsync(string hash) => Page.EvaluateAsync($"location.hash = '{hash}'");

    /// <summary>
    /// Waits until nothing moves any more: dialogs have come, the map has its shape, fonts and pictures are there.
    /// </summary>
    internal async Task SettlesAsync() => await Page.WaitForFunctionAsync(
        "() => document.fonts.status === 'loaded' && !document.querySelector('[aria-busy=true]') && "
            + "document.getAnimations().every((a) => a.playState !== 'running')");

    /// <summary>Presses Tab until an element has the focus, as somebody without a mouse would.</summary>
    internal async Task TabToAsync(string selector, bool back = false, string? text = null)
    {
        const int most = 150;
        for (int i = 0; i < most; i++)
        {
            await Page.Keyboard.PressAsync(back ? "Shift+Tab" : "Tab");
            if (await Page.EvaluateAsync<bool>(
                "([s, t]) => document.activeElement.matches(s) && (!t || "
                    + "document.activeElement.textContent.includes(t))", new[] { selector, text }))
                return;
        }

        Assert.Fail($"no number of Tabs leads to {selector} {text}");
    }

    /// <summary>Fails where something of the page reaches out of the window.</summary>
    internal async Task FitsAsync()
    {
        string wide = await Page.EvaluateAsync<string>(
            """
            () => [...document.querySelectorAll('#app *, dialog *')].filter((e) => {
              // A line that is cut says so with three points.
              for (let p = e.parentElement; p; p = p.parentElement) if (
                  getComputedStyle(p).textOverflow === 'ellipsis') return false;
              const box = e.getBoundingClientRect();
              return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1)
                  && !e.closest('.scrolls, .unseen, .skip, pre');
            }).slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join('\n')
            """);
        Assert.Equal("", wide);
    }

    internal ILocator Bubble(string text) => Page.Locator(".row", new PageLocatorOptions { HasText = text });

    /// <summary>Fails if the page did anything wrong.</summary>
    internal void HasNoFaults() => Assert.Empty(_wrong);

    public async ValueTask DisposeAsync() => await _context.CloseAsync();
}
