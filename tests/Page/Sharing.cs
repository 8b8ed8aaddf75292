using System.IO.Compression;
using System.Text.Json.Nodes;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Page.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace QuicProChat.Mesh.Page.Tests;

/// <summary>Files, offered and fetched in the page.</summary>
[Collection(StageCollection.Name)]
public sealed class Sharing(Stage stage)
{
    private const int LargeSize = 2_000_000;

    /// <summary>Names that want to be more than a name.</summary>
    private static readonly string[] HostileNames =
    [
        "<img src=x onerror=\"window.pwned=1\">.png",
        "invoice\u202Egpj.exe",
        "..\\..\\etc\\passwd",
        "z" + string.Concat(Enumerable.Repeat("\u0301", 100)) + ".txt",
    ];

    [BrowserFact]
    public async Task A_picture_is_offered_fetched_shown_and_saved_as_it_was()
    {
        byte[] picture = Png(300, 200);
        await using Visit alice = await stage.VisitAsync(stage.Alice);
        await using Visit bob = await stage.VisitAsync(stage.Bob);
        await alice.TalkAsync("bob");
        await bob.TalkAsync("alice");
        await OfferAsync(alice, "mill.png", picture);
        await Expect(alice.Bubble("mill.png").Locator(".state .word")).ToHaveTextAsync("delivered");
        ILocator offer = bob.Bubble("mill.png");
        // What it is about is seen before it is fetched.
        await HasDrawnAsync(offer.Locator("img.thumbnail"), 112);
        Assert.Equal(0, await offer.GetByRole(AriaRole.Button, new() { Name = "Show" }).CountAsync());
        await offer.GetByRole(AriaRole.Button, new() { Name = "Fetch" }).ClickAsync();
        ILocator small = offer.GetByRole(AriaRole.Button, new() { Name = "Show mill.png" });
        await HasDrawnAsync(small.Locator("img"), 300);
        await HasDrawnAsync(alice.Bubble("mill.png").Locator(".preview button img"), 300);
        // Whoever stood at the end stands there still.
        foreach (Visit visit in (Visit[])[alice, bob])
            await visit.Page.WaitForFunctionAsync(
                "() => { const s = document.querySelector('.thread .scroller'); return s.scrollHeight - s.scrollTop - "
                    + "s.clientHeight < 2; }");
        await small.ClickAsync();
        ILocator shown = bob.Page.Locator("dialog img.picture");
        await shown.WaitForAsync();
        await bob.Page.WaitForFunctionAsync("() => document.querySelector('dialog img.picture').naturalWidth === 300");
        await bob.Page.Keyboard.PressAsync("Escape");
        Assert.Equal(picture, await SaveAsync(bob, offer, "mill.png"));
        // The one who offered it has it too.
        Assert.Equal(picture, await SaveAsync(alice, alice.Bubble("mill.png"), "mill.png"));
        alice.HasNoFaults();
        bob.HasNoFaults();
    }

    [BrowserFact]
    public async Task A_button_that_is_pressed_while_its_file_goes_on_is_clicked()
    {
        await using var courier =
            new Daemon("carrier") { Settings = new JsonObject { ["fileBytesPerSecond"] = "128k" } };
        await courier.StartAsync(stage.Bob);
        await courier.KnowsAsync(stage.Bob);
        await stage.Bob.KnowsAsync(courier);
        byte[] content = new byte[LargeSize];
        new Random(2).NextBytes(content);
        await using Visit sender = await stage.VisitAsync(courier);
        await using Visit bob = await stage.VisitAsync(stage.Bob);
        await sender.TalkAsync("bob");
        await OfferAsync(sender, "slow.bin", content);
        await bob.TalkAsync("carrier");
        ILocator offer = bob.Bubble("slow.bin"), progress = offer.Locator("progress");
        await offer.GetByRole(AriaRole.Button, new() { Name = "Fetch" }).ClickAsync();
        await progress.WaitForAsync();
        string id = (await stage.Bob.AskAsync(Commands.FileList)).First(f => f.Name == "slow.bin").Id;
        ILocator fetch = offer.GetByRole(AriaRole.Button, new() { Name = "Fetch" });
        // What moves the list between the pointer's way and its press is no fault: it is pressed again.
        for (int tries = 0; tries < 5 && !await fetch.IsVisibleAsync(); tries++)
        {
            await offer.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).HoverAsync();
            await bob.Page.Mouse.DownAsync();
            // The node tells of the file meanwhile.
            long before = await ReceivedAsync();
            await stage.Bob.EventuallyAsync("it goes on", async () => await ReceivedAsync() > before + 100_000);
            await bob.Page.Mouse.UpAsync();
            await bob.Page.WaitForTimeoutAsync(1000);
        }

        await fetch.WaitForAsync();
        bob.HasNoFaults();

        async Task<long> ReceivedAsync() =>
            (await stage.Bob.AskAsync(Commands.FileShow, new() { Id = id })).Received;
    }

    [BrowserFact]
    public async Task A_picture_that_would_unfold_to_too_much_or_is_none_is_not_drawn_and_can_be_saved()
    {
        await using Visit bob = await stage.VisitAsync(stage.Bob);
        await bob.TalkAsync("alice");
        // Few bytes that claim to be ten thousand million pixels; a picture that is cut; a drawing that could hold a
        // script.
        byte[] bomb = Png(100_000, 100_000, rows: 1), cut = Png(300, 200)[..40];
        byte[] drawing =
            "<svg xmlns='http://www.w3.org/2000/svg' onload='window.pwned=1' width='9' height='9'/>"u8.ToArray();
        foreach ((string name, byte[] content) in new[] { ("bomb.png", bomb), ("cut.png", cut),
            ("drawing.svg.png", drawing) })
        {
            await SendAsync(stage.Alice, name, content);
            ILocator offer = bob.Bubble(name);
            await offer.GetByRole(AriaRole.Button, new() { Name = "Fetch" }).ClickAsync();
            await offer.GetByRole(AriaRole.Button, new() { Name = "Save" }).WaitForAsync();
            if (content != drawing)
                await Expect(offer.Locator(".preview")).ToContainTextAsync("not shown here");
            Assert.Equal(0, await offer.Locator("img").CountAsync());
            Assert.Equal(content, await SaveAsync(bob, offer, name));
        }

        Assert.Null(await bob.Page.EvaluateAsync<int?>("window.pwned ?? null"));
        bob.HasNoFaults();
    }

    [BrowserFact]
    public async Task A_picture_is_measured_by_its_own_bytes_wherever_they_are_cut()
    {
        await using Visit visit = await stage.VisitAsync(stage.Alice);
        string wrong = await visit.Page.EvaluateAsync<string>(
            """
            async () => {
              const { measure } = await import('/picture.js');
              const canvas = Object.assign(document.createElement('canvas'), { width: 300, height: 200 });
              canvas.getContext('2d').fillRect(10, 10, 50, 50);
              const made = (type) => new Promise((done) => canvas.toBlob((b) =>
                  b.arrayBuffer().then((a) => done(new Uint8Array(a))), type, 0.5));
              const gif = (screen, frame) => new Uint8Array([...'GIF89a'].map((c) => c.charCodeAt(0)).concat(
                [screen, 0, screen, 0, 0x80, 0, 0], [0, 0, 0, 9, 9, 9], [0x21, 0xf9, 4, 0, 0, 0, 0, 0],
                    [0x2c, 0, 0, 0, 0, frame, 0, frame, 0, 0, 2, 2, 0x44, 1, 0, 0x3b]));
              const wrong = [];
              const check = (bytes, type, width, height) => {
                const found = JSON.stringify(measure(bytes));
                if (found !== JSON.stringify({ type, width, height })) wrong.push(`${type}: ${found}`);
                for (let cut = 0; cut < Math.min(bytes.length, 2000); cut++) {
                  const part = measure(bytes.slice(0, cut));
                  if (part && (part.width !== width || part.height !== height)) wrong.push(
                      `${type} cut at ${cut}: ${JSON.stringify(part)}`);
                  const altered = bytes.slice(0, 2000);
                  altered[cut] ^= 0xff;
                  measure(altered);
                }
              };
              for (const type of ['image/png', 'image/jpeg', 'image/webp']) check(await made(type), type, 300, 200);
              check(gif(10, 10), 'image/gif', 10, 10);
              // A frame that is larger than its screen is drawn all the same.
              check(gif(10, 200), 'image/gif', 200, 200);
              for (const other of ['<svg xmlns="http://www.w3.org/2000/svg"/>', 'BM' + 'x'.repeat(60), ''])
                if (measure(new TextEncoder().encode(other))) wrong.push(other);
              return wrong.join('\n');
            }
            """);
        Assert.Equal("", wrong);
        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task A_file_that_is_pasted_is_asked_about_and_sent()
    {
        await using Visit visit = await stage.VisitAsync(stage.Alice);
        await visit.TalkAsync("bob");
        await PasteAsync("no.txt");
        await visit.Page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await PasteAsync("pasted.txt");
        ILocator question = visit.Page.Locator("dialog");
        await Expect(question).ToContainTextAsync("Send pasted.txt (5 B) to bob?");
        await question.GetByRole(AriaRole.Button, new() { Name = "Send" }).ClickAsync();
        await stage.Bob.EventuallyAsync("the offer", async () => (await stage.Bob.AskAsync(Commands.FileList))
            .Any(f => f.Name == "pasted.txt"));
        Assert.DoesNotContain(await stage.Alice.AskAsync(Commands.FileList), f => f.Name
            == "no.txt");
        visit.HasNoFaults();

        Task PasteAsync(string name) => visit.Page.EvaluateAsync(
            """
            (name) => {
              const transfer = new DataTransfer();
              transfer.items.add(new File(['hello'], name, { type: 'text/plain' }));
              document.querySelector('.composer textarea').dispatchEvent(
                  new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true }));
            }
            """, name);
    }

    [BrowserFact]
    public async Task Names_of_files_stay_text_and_what_is_no_picture_is_only_saved()
    {
        await using Visit alice = await stage.VisitAsync(stage.Alice);
        await using Visit bob = await stage.VisitAsync(stage.Bob);
        await alice.TalkAsync("bob");
        await bob.TalkAsync("alice");
        byte[] script = "<!doctype html><script>window.pwned=1</script>"u8.ToArray();
        int before = (await stage.Bob.AskAsync(Commands.FileList)).Count;
        foreach (string name in HostileNames)
            await OfferAsync(alice, name, script);
        await stage.Bob.EventuallyAsync("the offers", async () =>
            (await stage.Bob.AskAsync(Commands.FileList)).Count == before + HostileNames.Length);
        ILocator offer = bob.Bubble("img src=x");
        await offer.GetByRole(AriaRole.Button, new() { Name = "Fetch" }).ClickAsync();
        ILocator save = offer.GetByRole(AriaRole.Button, new() { Name = "Save" });
        await save.WaitForAsync();
        Assert.Equal(0, await offer.GetByRole(AriaRole.Button, new() { Name = "Show" }).CountAsync());
        IDownload download = await bob.Page.RunAndWaitForDownloadAsync(() => save.ClickAsync());
        Assert.DoesNotContain('/', download.SuggestedFilename);
        Assert.Equal(script, await File.ReadAllBytesAsync(await download.PathAsync()));
        string said = await bob.Page.Locator(".thread").InnerTextAsync();
        Assert.DoesNotContain("\u202E", said, StringComparison.Ordinal);
        Assert.DoesNotContain("\u0301\u0301\u0301\u0301", said, StringComparison.Ordinal);
        foreach (Visit visit in (Visit[])[alice, bob])
        {
            Assert.Null(await visit.Page.EvaluateAsync<int?>("window.pwned ?? null"));
            Assert.Equal(0, await visit.Page.Locator("main img:not([src^='blob:']), main script").CountAsync());
            await visit.FitsAsync();
            visit.HasNoFaults();
        }
    }

    [BrowserFact]
    public async Task A_large_file_shows_how_far_it_is_is_stopped_and_fetched_again()
    {
        await using var courier =
            new Daemon("courier") { Settings = new JsonObject { ["fileBytesPerSecond"] = "128k" } };
        await courier.StartAsync(stage.Bob);
        await courier.KnowsAsync(stage.Bob);
        await stage.Bob.KnowsAsync(courier);
        byte[] content = new byte[LargeSize];
        new Random(1).NextBytes(content);
        await using Visit sender = await stage.VisitAsync(courier);
        await using Visit bob = await stage.VisitAsync(stage.Bob);
        await sender.TalkAsync("bob");
        await OfferAsync(sender, "archive.bin", content);
        await bob.TalkAsync("courier");
        ILocator offer = bob.Bubble("archive.bin");
        ILocator fetch = offer.GetByRole(AriaRole.Button, new() { Name = "Fetch" });
        await fetch.ClickAsync();
        await bob.Page.WaitForFunctionAsync("() => document.querySelector('progress')?.value > 0");
        await offer.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await fetch.ClickAsync();
        Assert.Equal(content, await SaveAsync(bob, offer, "archive.bin"));
        sender.HasNoFaults();
        bob.HasNoFaults();
    }

    /// <summary>Offers a file from a daemon's own socket.</summary>
    internal static async Task SendAsync(Daemon from, string name, byte[] content, string to = "bob")
    {
        FileBeginInfo upload =
            await from.AskAsync(Commands.FileBegin, new() { Name = name, Size = content.Length });
        await from.AskAsync(Commands.FileData,
            new() { Upload = upload.Upload, Data = Convert.ToBase64String(content) });
        await from.AskAsync(Commands.FileOffer, new() { To = to, Upload = upload.Upload });
    }

    /// <summary>Waits until a picture is drawn, with so many pixels from side to side.</summary>
    private static async Task HasDrawnAsync(ILocator picture, int width)
    {
        await picture.WaitForAsync();
        await Expect(picture).ToHaveJSPropertyAsync("complete", true);
        await Expect(picture).ToHaveJSPropertyAsync("naturalWidth", width);
    }

    private static async Task OfferAsync(Visit visit, string name, byte[] content)
    {
        await visit.Page.Locator(".composer input[type=file]")
            .SetInputFilesAsync(
                new FilePayload { Name = name, MimeType = "application/octet-stream", Buffer = content });
        await Expect(visit.Page.Locator(".toast")).ToContainTextAsync("is offered");
        // The next one is told of by a line of its own.
        await visit.Page.EvaluateAsync("document.querySelector('.toast')?.remove()");
    }

    private static async Task<byte[]> SaveAsync(Visit visit, ILocator offer, string name)
    {
        ILocator save = offer.GetByRole(AriaRole.Button, new() { Name = "Save" });
        await save.WaitForAsync();
        IDownload download = await visit.Page.RunAndWaitForDownloadAsync(() => save.ClickAsync());
        Assert.Equal(name, download.SuggestedFilename);
        return await File.ReadAllBytesAsync(await download.PathAsync());
    }

    /// <summary>A picture in shades of two colours, as a PNG (RFC 2083).</summary>
    /// <param name="width">Pixels from side to side.</param>
    /// <param name="height">Pixels from top to bottom.</param>
    /// <param name="rows">Rows that it really has; all of them without.</param>
    /// <param name="colour">The colour of a pixel.</param>
    internal static byte[] Png(
        int width, int height, int? rows = null, Func<int, int, (byte R, byte G, byte B)>? colour = null)
    {
        colour ??= (x, y) =>
            ((byte)(40 + (120 * y / height)), (byte)(110 + (80 * x / width)), (byte)(90 + (100 * y / height)));
        using var packedRows = new MemoryStream();
        using (var packed = new ZLibStream(packedRows, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (int y = 0; y < (rows ?? height); y++)
            {
                packed.WriteByte(0);
                for (int x = 0; x < width; x++)
                {
                    (byte r, byte g, byte b) = colour(x, y);
                    packed.Write([r, g, b]);
                }
            }
        }

        using var png = new MemoryStream();
        png.Write([0x89, .. "PNG\r\n"u8, 0x1A, 0x0A]);
        Chunk("IHDR"u8, [.. Big(width), .. Big(height), 8, 2, 0, 0, 0]);
        Chunk("IDAT"u8, packedRows.ToArray());
        Chunk("IEND"u8, []);
        return png.ToArray();

        static byte[] Big(int value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

        void Chunk(ReadOnlySpan<byte> type, byte[] data)
        {
            byte[] body = [.. type, .. data];
            png.Write(Big(data.Length));
            png.Write(body);
            png.Write(Big((int)Crc(body)));
        }

        static uint Crc(byte[] bytes)
        {
            uint crc = uint.MaxValue;
            foreach (byte b in bytes)
            {
                crc ^= b;
                for (int bit = 0; bit < 8; bit++)
                    crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
            }

            return ~crc;
        }
    }
}
