using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace QuicProChat.Mesh.Bench;

/// <summary>
/// The page: its bytes, how soon it is there, how it scrolls, and what it costs the daemon. Times are printed and never
/// judged.
/// </summary>
internal sealed partial class PageScenarios(string program, string directory, Table table)
{
    private const string Chromium = "/usr/bin/chromium";
    private const int Views = 7;
    private const int Paints = 20;
    private const int Messages = 1000;

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Tells when a fresh node's page stood there with what the node says, in milliseconds after the navigation began.
    /// </summary>
    private const string TellsFirstView =
        """
        window.firstView = new Promise((done) => {
          const look = () => document.querySelector('.welcome') ? requestAnimationFrame(() => done(performance.now()))
              : requestAnimationFrame(look);
          requestAnimationFrame(look);
        });
        """;

    /// <summary>
    /// Scrolls a conversation from its end to its begin, a screen and a half a frame, and notes how long frames took.
    /// </summary>
    private const string Scrolls =
        """
        async () => {
          const s = document.querySelector('.thread .scroller');
          const first = () => document.querySelector('.row .said')?.textContent ?? '';
          const frames = [];
          let last = performance.now();
          const until = last + 120000;
          while (performance.now() < until && !(s.scrollTop === 0 && first().startsWith('note 0:'))) {
            s.scrollTop = Math.max(0, s.scrollTop - 900);
            await new Promise(requestAnimationFrame);
            const now = performance.now();
            frames.push(now - last);
            last = now;
          }
          return [frames.length, Math.max(...frames), frames.filter((f) => f > 50).length, first().startsWith('note 0:')
              ? 1 : 0];
        }
        """;

    /// <summary>What the page weighs on the way to the browser.</summary>
    internal async Task BytesAsync()
    {
        using Daemon node = await StartAsync("bytes", Web());
        var web = new Uri(Link(node));
        using var http =
            new HttpClient(new SocketsHttpHandler
            {
                AutomaticDecompression =
                    DecompressionMethods.None
            })
            { BaseAddress = new Uri(web.GetLeftPart(UriPartial.Authority)) };
        byte[] packed = await http.GetByteArrayAsync(new Uri("/", UriKind.Relative));
        long sum = packed.Length;
        int files = 1;
        using var unpacked =
            new StreamReader(
                new System.IO.Compression.GZipStream(
                    new MemoryStream(packed), System.IO.Compression.CompressionMode.Decompress));
        foreach (string named in Named().Matches(await unpacked.ReadToEndAsync()).Select(static m => m.Groups[1].Value)
            .Distinct())
        {
            sum += (await http.GetByteArrayAsync(new Uri("/" + named, UriKind.Relative))).Length;
            files++;
        }

        table.Add("bytes of the page, compressed", "<= 120 kB", $"{sum / 1e3:0.0} kB", $"{files} files");
    }

    /// <summary>How soon it is there, how it scrolls, how soon it shows what happens.</summary>
    internal async Task PageAsync()
    {
        if (!File.Exists(Chromium))
        {
            table.Add("page", "", "not measured", $"{Chromium} is missing");
            return;
        }

        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Chromium,
            Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"],
        });
        var views = new List<double>();
        for (int i = 0; i < Views; i++)
        {
            using Daemon fresh = await StartAsync($"view{i}", Web());
            await using IBrowserContext context = await browser.NewContextAsync();
            views.Add(await OpenAsync(await context.NewPageAsync(), Link(fresh)));
        }

        Show("first view after start, loopback, no cache", "<= 300 ms", views);

        using Daemon node = await StartAsync("long", Web());
        using var client = new Client(node.Control);
        for (int i = 0; i < Messages; i++)
            client.Ask($"{{\"command\":\"send\",\"to\":\"self\",\"text\":\"note {i}: {new string('x', i % 90)}\"}}")
                .Dispose();
        await using IBrowserContext window =
            await browser.NewContextAsync(
                new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1180, Height = 760 } });
        IPage page = await window.NewPageAsync();
        await OpenAsync(page, Link(node));
        await page.EvaluateAsync("location.hash = '#/chats/with/self'");
        await page.Locator(".row", new PageLocatorOptions { HasText = $"note {Messages - 1}:" }).WaitForAsync();
        double[] seen = await page.EvaluateAsync<double[]>(Scrolls);
        table.Add("1,000 messages scrolled to their begin, longest frame", "<= 50 ms", $"{seen[1]:0} ms",
            $"{seen[0]:0} frames, {seen[2]:0} above 50 ms{(seen[3] == 0 ? ", begin not reached" : "")}");

        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "To the newest message" }).ClickAsync();
        var paints = new List<double>();
        for (int i = 0; i < Paints; i++)
        {
            await page.EvaluateAsync(
                """
                (text) => { window.painted = new Promise((done) => {
                  const look = () => [...document.querySelectorAll('.said')].some((p) => p.textContent === text)
                    ? requestAnimationFrame(() => done(Date.now())) : requestAnimationFrame(look);
                  look();
                }); }
                """, $"live {i}");
            double sent = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalMilliseconds;
            client.Ask($"{{\"command\":\"send\",\"to\":\"self\",\"text\":\"live {i}\"}}").Dispose();
            paints.Add(await page.EvaluateAsync<double>("window.painted") - sent);
        }

        Show("live event to paint", "<= 100 ms", paints);
    }

    /// <summary>What the daemon has in memory, alone and idle.</summary>
    internal async Task MemoryAsync()
    {
        string[] everything = ["--listen", "tcp://0.0.0.0:0", "--discovery", "both"];
        foreach ((string name, string goal, string[] more, bool isOpened) in new (string, string, string[], bool)[]
        {
            ("everything on but the page", "<= 22 MB", [], false),
            ("with the page, nobody looks", "<= 26 MB", Web(), false),
            ("with the page, a tab open", "<= 26 MB", Web(), true),
        })
        {
            using Daemon node =
                await StartAsync("memory" + name.Length.ToString(CultureInfo.InvariantCulture),
                    [.. everything, .. more]);
            if (isOpened)
                await WithTabAsync(node, name, goal);
            else
                await RestAsync(node, name, goal);
        }
    }

    private async Task WithTabAsync(Daemon node, string name, string goal)
    {
        if (!File.Exists(Chromium))
            return;
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Chromium,
            Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"],
        });
        await OpenAsync(await browser.NewPageAsync(), Link(node));
        await RestAsync(node, name, goal);
    }

    private async Task RestAsync(Daemon node, string name, string goal)
    {
        await Task.Delay(Rest);
        (double own, double file) = node.Memory();
        table.Add($"resident, idle: {name}", goal, $"{node.ResidentBytes / 1e6:0.0} MB",
            $"{own / 1e6:0.0} MB its own, {file / 1e6:0.0} MB of the program's file");
    }

    private void Show(string figure, string goal, List<double> times)
    {
        times.Sort();
        table.Add(figure, goal, $"{times[times.Count / 2]:0} ms", $"median of {times.Count}; slowest {times[^1]:0} ms");
    }

    private static async Task<double> OpenAsync(IPage page, string link)
    {
        await page.AddInitScriptAsync(TellsFirstView);
        await page.GotoAsync(link);
        return await page.EvaluateAsync<double>("window.firstView");
    }

    private async Task<Daemon> StartAsync(string name, params string[] arguments) =>
        await Daemon.StartAsync(program, Directory.CreateDirectory(Path.Combine(directory, name)).FullName,
            "node", arguments);

    private static string[] Web()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ["--web", $"{socket.LocalEndPoint}"];
    }

    private static string Link(Daemon node)
    {
        using var client = new Client(node.Control);
        using JsonDocument made = client.Ask("{\"command\":\"page-link\"}");
        return made.RootElement.GetProperty("result").GetProperty("url").GetString()!;
    }

    [GeneratedRegex("(?:href|src)=\"([\\w./-]+)\"")]
    private static partial Regex Named();
}
