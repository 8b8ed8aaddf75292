using System.IO.Compression;
using System.Text.Json.Nodes;
using QuicProChat.Mesh.Page.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace QuicProChat.Mesh.Page.Tests;

/// <summary>Files, offered and fetched in the page.</summary>
[Collection(StageCollection.Name)]
public sealed class Sharing(Stage stage)
{
    private const int LargeSize = 1_500_000;

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
        await offer.GetByRole(AriaRole.Button, new() { Name = "Fetch" }).ClickAsync();
        await offer.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
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
    public async Task Names_of_files_stay_text_and_what_is_no_picture_is_only_saved()
    {
        await using Visit alice = await stage.VisitAsync(stage.Alice);
        await using Visit bob = await stage.VisitAsync(stage.Bob);
        await alice.TalkAsync("bob");
        await bob.TalkAsync("alice");
        byte[] script = "<!doctype html><script>window.pwned=1</script>"u8.ToArray();
        int before = (await stage.Bob.AskAsync("file-list")).AsArray().Count;
        foreach (string name in HostileNames)
            await OfferAsync(alice, name, script);
        await stage.Bob.EventuallyAsync("the offers", async () => (await stage.Bob.AskAsync("file-list")).AsArray().Count == before + HostileNames.Length);
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
            Assert.Equal(0, await visit.Page.Locator("main img, main script").CountAsync());
            await visit.FitsAsync();
            visit.HasNoFaults();
        }
    }

    [BrowserFact]
    public async Task A_large_file_shows_how_far_it_is_is_stopped_and_fetched_again()
    {
        await using var courier = new Daemon("courier") { Settings = new JsonObject { ["fileBytesPerSecond"] = "256k" } };
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

    private static async Task OfferAsync(Visit visit, string name, byte[] content)
    {
        await visit.Page.Locator(".composer input[type=file]").SetInputFilesAsync(new FilePayload { Name = name, MimeType = "application/octet-stream", Buffer = content });
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
    internal static byte[] Png(int width, int height)
    {
        using var rows = new MemoryStream();
        using (var packed = new ZLibStream(rows, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (int y = 0; y < height; y++)
            {
                packed.WriteByte(0);
                for (int x = 0; x < width; x++)
                    packed.Write([(byte)(40 + (120 * y / height)), (byte)(110 + (80 * x / width)), (byte)(90 + (100 * y / height))]);
            }
        }

        using var png = new MemoryStream();
        png.Write([0x89, .. "PNG\r\n"u8, 0x1A, 0x0A]);
        Chunk("IHDR"u8, [.. Big(width), .. Big(height), 8, 2, 0, 0, 0]);
        Chunk("IDAT"u8, rows.ToArray());
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
