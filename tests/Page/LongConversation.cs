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
    public async Task A_conversation_that_is_asked_for_anew_while_older_messages_come_has_no_gap()
    {
        await using Visit visit = await stage.VisitAsync(stage.Alice);
        string said = await visit.Page.EvaluateAsync<string>(
            """
            async () => {
              const { Store } = await import('/store.js');
              const all = Array.from({ length: 250 }, (_, i) =>
                  ({ id: `m${String(i).padStart(3, '0')}`, conversation: 'self', text: `${i}`,
                      createdAt: new Date(i * 1000).toISOString() }));
              const page = ({ from }) => { const end = from ? all.findIndex((m) => m.id === from)
                  : all.length; return all.slice(Math.max(0, end - 100), end); };
              const results = { status: { warnings: [] }, identity: {}, 'group-list': { groups: [], invitations: [] },
                  queue: { held: [] }, discover: { links: [], found: [] } };
              const held = [];
              let holds = false;
              // A node that answers when it is told to.
              class FakeSocket {
                static OPEN = 1;
                static CONNECTING = 0;
                readyState = 1;
                constructor() { setTimeout(() => this.onopen(), 0); }
                answer(said) { this.onmessage({ data: JSON.stringify(said) + '\n' }); }
                send(text) {
                  if (text.startsWith('link ')) return this.answer({ session: 'none' });
                  const asked = JSON.parse(text);
                  const reply = () => this.answer({ ok: true, tag: asked.tag, result: asked.command === 'messages'
                      ? page(asked) : results[asked.command] ?? [] });
                  if (holds && asked.command === 'messages') held.push(reply);
                  else setTimeout(reply, 0);
                }
              }
              const [real, session] = [window.WebSocket, sessionStorage.getItem('session')];
              try {
                window.WebSocket = FakeSocket;
                const store = new Store('t'.repeat(43));
                store.open();
                await new Promise((done) => store.watch(['me'], done));
                await store.loadOlder('self');
                holds = true;
                const older = store.loadOlder('self');
                const anew = store.loadThread('self');
                holds = false;
                for (const reply of held) reply();
                await Promise.all([older, anew]);
                for (let i = 0; i < 5; i++) await store.loadOlder('self');
                const ids = store.thread('self').items.map((m) => m.id).join();
                return ids === all.map((m) => m.id).join() ? 'whole' : ids;
              } finally {
                window.WebSocket = real;
                sessionStorage.setItem('session', session);
              }
            }
            """);
        Assert.Equal("whole", said);
        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task Ten_thousand_messages_scroll_to_their_begin_and_few_rows_are_ever_made()
    {
        await using var node = new Daemon("archive");
        await node.StartAsync(stage.Bob);
        for (int i = 0; i < Count; i += 100)
            await Task.WhenAll(Enumerable.Range(i, 100)
                .Select(n => node.SendAsync("self", $"note {n}: {new string('x', n % 90)}")));
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
