using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;
using QuicProChat.Mesh.Page.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace QuicProChat.Mesh.Page.Tests;

/// <summary>A node whose only way to others is a radio, as its page shows it.</summary>
public sealed class OverRadio : IAsyncLifetime
{
    private readonly Stage _stage = new() { HasNodes = false };

    public Task InitializeAsync() => _stage.InitializeAsync();

    public Task DisposeAsync() => _stage.DisposeAsync();

    [BrowserFact]
    public async Task The_page_shows_the_radio_its_airtime_and_who_is_heard_and_a_message_crosses_it()
    {
        string folder = Directory.CreateTempSubdirectory("qpc-air-").FullName;
        try
        {
            using var air = new RadioAir(folder, "hill", "valley");
            await using var hill = new Daemon("hill") { Radio = air.Uri("hill") };
            await using var valley = new Daemon("valley") { Radio = air.Uri("valley") };
            await hill.StartAsync();
            await valley.StartAsync();
            await hill.KnowsAsync(valley);
            await valley.KnowsAsync(hill);

            await using Visit visit = await _stage.VisitAsync(hill);
            await visit.GoAsync("#/network");
            ILocator radio = visit.Page.Locator(".radio");
            await Expect(radio.Locator(".pill")).ToHaveTextAsync("online");
            await Expect(radio).ToContainTextAsync("869.525 MHz");
            await Expect(radio.Locator(".members")).ToContainTextAsync("valley");
            await Expect(radio.Locator(".bars")).ToBeVisibleAsync();
            await Expect(visit.Page.Locator(".edge.lora")).ToHaveCountAsync(1);
            await visit.Page.Locator(".point.peer").PressAsync("Enter");
            await Expect(visit.Page.Locator(".map .about")).ToContainTextAsync("lora");
            double before = await visit.Page.Locator(".radio meter").EvaluateAsync<double>("m => m.value");

            await visit.TalkAsync("valley");
            await visit.SayAsync("can you hear me?");
            await valley.HasAsync("hill", "can you hear me?");
            await Expect(visit.Bubble("can you hear me?").Locator(".state .word")).ToHaveTextAsync("delivered");
            await valley.SendAsync("hill", "loud and clear");
            await Expect(visit.Bubble("loud and clear")).ToBeVisibleAsync();

            // A file would take the air from everybody: the page says for how long, and sends nothing unless told to.
            await visit.Page.Locator(".composer input[type=file]").SetInputFilesAsync(
                new FilePayload { Name = "map.bin", MimeType = "application/octet-stream", Buffer = new byte[4096] });
            ILocator question = visit.Page.Locator("dialog");
            await Expect(question).ToContainTextAsync("crosses a radio");
            Assert.DoesNotContain("--", await question.InnerTextAsync(), StringComparison.Ordinal);
            await question.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
            Assert.Empty(await hill.AskAsync(Commands.FileList));

            await visit.GoAsync("#/network");
            await visit.Page.WaitForFunctionAsync(
                "before => document.querySelector('.radio meter')?.value > before", before);
            RadioInfo said = (await hill.AskAsync(Commands.Radio))[0];
            Assert.True(said.Airtime.Sum(a => a.UsedSeconds) > 0);

            // Without its radio the node says what is wrong, and why nobody is reached.
            air.Unplug("hill");
            await Expect(radio.Locator(".pill")).ToHaveTextAsync("no device");
            ILocator away = visit.Page.Locator($".point.away[data-id={valley.Address}]");
            await away.PressAsync("Enter");
            await Expect(visit.Page.Locator(".map .about")).ToContainTextAsync("Not reachable");
            visit.HasNoFaults();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
