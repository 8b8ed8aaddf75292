using System.Text.Json.Nodes;
using QuicProChat.Mesh.Page.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace QuicProChat.Mesh.Page.Tests;

/// <summary>Ten thousand messages.</summary>
[Collection(StageCollection.Name)]
public sealed class LongConversation(Stage stage)
{
    private const int Count = 10_000;
    private const int MostRows = 120;

    [BrowserFact]
    public async Task Ten_thousand_messages_scroll_to_their_begin_and_few_rows_are_ever_made()
    {
        await using var node = new Daemon("archive");
        await node.StartAsync(stage.Bob);
        for (int i = 0; i < Count; i += 100)
            await Task.WhenAll(Enumerable.Range(i, 100).Select(n => node.SendAsync("self", $"note {n}: {new string('x', n % 90)}")));
        await using Visit visit = await stage.VisitAsync(node);
        await visit.TalkAsync("self");
        await Expect(visit.Bubble($"note {Count - 1}:")).ToBeVisibleAsync();
        string frames = await visit.Page.EvaluateAsync<string>(
            """
            async () => {
              const s = document.querySelector('.thread .scroller');
              const first = () => document.querySelector('.row .said')?.textContent ?? '';
              let longest = 0, slow = 0, last = performance.now(), frames = 0, rows = 0;
              const until = performance.now() + 240000;
              // The node may take its time for older messages: only so long without any is the begin.
              let restedSince = Infinity;
              while (performance.now() < until && performance.now() - restedSince < 60000) {
                s.scrollTop = Math.max(0, s.scrollTop - 900);
                await new Promise(requestAnimationFrame);
                const now = performance.now();
                longest = Math.max(longest, now - last);
                slow += now - last > 50 ? 1 : 0;
                last = now;
                frames++;
                rows = Math.max(rows, document.querySelectorAll('.row').length);
                restedSince = s.scrollTop > 0 ? Infinity : Math.min(restedSince, now);
                if (s.scrollTop === 0 && first().startsWith('note 0:')) break;
              }
              return JSON.stringify({ first: first(), rows, frames, slow, longest: Math.round(longest) });
            }
            """);
        JsonNode seen = JsonNode.Parse(frames)!;
        Assert.True(((string)seen["first"]!).StartsWith("note 0:", StringComparison.Ordinal), frames);
        Assert.True((int)seen["rows"]! <= MostRows, frames);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "To the newest message" }).ClickAsync();
        await Expect(visit.Bubble($"note {Count - 1}:")).ToBeVisibleAsync();
        await node.SendAsync("self", "one more");
        await Expect(visit.Bubble("one more")).ToBeVisibleAsync();
        Figures.Note($"10,000 messages scrolled to their begin: {frames}");
        visit.HasNoFaults();
    }
}
