using QuicProChat.Mesh.Page.Tests.Harness;
using static Microsoft.Playwright.Assertions;

namespace QuicProChat.Mesh.Page.Tests;

/// <summary>Who gets in.</summary>
[Collection(StageCollection.Name)]
public sealed class LoggingIn(Stage stage)
{
    [BrowserFact]
    public async Task A_link_opens_the_page_once_and_leaves_no_trace_in_address_or_history()
    {
        await using Visit visit = await Visit.NewAsync(stage.Browser);
        string link = await stage.Alice.LinkAsync();
        string token = link[(link.IndexOf('#', StringComparison.Ordinal) + 1)..];
        await visit.Page.GotoAsync(link);
        await SessionAsync(visit);
        Assert.DoesNotContain(token, visit.Page.Url, StringComparison.Ordinal);
        Assert.Empty(await visit.Page.Context.CookiesAsync());
        Assert.DoesNotContain(
            token, await visit.Page.EvaluateAsync<string>(
                "JSON.stringify([...Object.values(sessionStorage), ...Object.values(localStorage)])"),
                StringComparison.Ordinal);

        // The tab stays logged in; another one is not, and the link is spent.
        await visit.Page.ReloadAsync();
        await visit.Page.Locator(".chat").First.WaitForAsync();
        await Expect(visit.Page.Locator(".link")).ToBeHiddenAsync();
        IPage second = await visit.Page.Context.NewPageAsync();
        await second.GotoAsync(link);
        await Expect(second.Locator(".locked")).ToContainTextAsync("qpc-mesh web");
        Assert.DoesNotContain(token, stage.Alice.Log, StringComparison.Ordinal);
        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task Without_a_link_or_with_a_wrong_one_the_page_says_how_to_get_one()
    {
        await using Visit visit = await Visit.NewAsync(stage.Browser);
        await visit.Page.GotoAsync(stage.Alice.Web);
        await Expect(visit.Page.Locator(".locked")).ToContainTextAsync("qpc-mesh web");
        await visit.Page.GotoAsync("about:blank");
        await visit.Page.GotoAsync($"{stage.Alice.Web}/#{new string('A', 43)}");
        await Expect(visit.Page.Locator(".locked")).ToContainTextAsync("works once");
        Assert.Equal(0, await visit.Page.Locator(".chat").CountAsync());
    }

    [BrowserFact]
    public async Task A_link_that_nobody_opened_within_a_minute_opens_nothing()
    {
        await using Visit visit = await Visit.NewAsync(stage.Browser);
        string link = await stage.Alice.LinkAsync();
        await Task.Delay(TimeSpan.FromSeconds(62));
        await visit.Page.GotoAsync(link);
        await Expect(visit.Page.Locator(".locked")).ToContainTextAsync("works once");
        Assert.Equal(0, await visit.Page.Locator(".chat").CountAsync());
        Assert.DoesNotContain(
            link[(link.IndexOf('#', StringComparison.Ordinal) + 1)..], stage.Alice.Log, StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task A_page_of_another_origin_reaches_nothing()
    {
        await using Visit visit = await Visit.NewAsync(stage.Browser);
        // Bob's page plays the foreign one: the same machine, another port.
        await visit.Page.GotoAsync(stage.Bob.Web);
        string told = await visit.Page.EvaluateAsync<string>(
            """
            async (web) => {
              const socket = await new Promise((done) => {
                const s = new WebSocket(web.replace('http', 'ws') + '/socket');
                s.onopen = () => done('open');
                s.onerror = () => done('refused');
              });
              const file = await fetch(web + '/main.js').then(() => 'read', () => 'refused');
              return socket + ' ' + file;
            }
            """, stage.Alice.Web);
        Assert.Equal("refused refused", told);
    }

    [BrowserFact]
    public async Task A_name_that_somebody_else_made_to_point_here_gets_no_page()
    {
        await using Visit visit = await Visit.NewAsync(stage.Browser);
        Assert.Equal(421, await StatusOfAsync(visit, $"http://{Stage.Rebound}:{stage.Alice.WebPort}/"));
        string link = await stage.Alice.LinkAsync();
        Assert.Equal(421,
            await StatusOfAsync(visit, link.Replace("127.0.0.1", Stage.Rebound, StringComparison.Ordinal)));
        Assert.Equal(0, await visit.Page.Locator("#app").CountAsync());
        // The link was not spent by that. In another tab: here the browser's own page of an error may still come.
        IPage other = await visit.Page.Context.NewPageAsync();
        await other.GotoAsync(link);
        await other.WaitForFunctionAsync("() => sessionStorage.getItem('session')");
    }

    /// <summary>
    /// The session of a page, as soon as the node gave it one; the list with the notepad stands there before.
    /// </summary>
    private static async Task<string> SessionAsync(Visit visit)
    {
        IJSHandle session = await visit.Page.WaitForFunctionAsync("() => sessionStorage.getItem('session')");
        return await session.JsonValueAsync<string>();
    }

    /// <summary>
    /// What the node answers to a navigation. For an answer without a page the browser shows an error of its own, and
    /// says so.
    /// </summary>
    private static async Task<int> StatusOfAsync(Visit visit, string address)
    {
        IResponse answer = await visit.Page.RunAndWaitForResponseAsync(
            () => Assert.ThrowsAsync<PlaywrightException>(() => visit.Page.GotoAsync(address)),
            static r => r.Request.IsNavigationRequest);
        return answer.Status;
    }

    [BrowserFact]
    public async Task No_token_is_in_a_log_in_the_arguments_of_a_program_or_in_the_data_of_the_node_as_it_is()
    {
        await using var node = new Daemon("discreet");
        await node.StartAsync(stage.Bob);
        await using Visit visit = await Visit.NewAsync(stage.Browser);
        string link = await node.LinkAsync();
        await visit.Page.GotoAsync(link);
        string session = await SessionAsync(visit);
        string[] tokens = [link[(link.IndexOf('#', StringComparison.Ordinal) + 1)..], session];
        foreach (string token in tokens)
        {
            Assert.True(token.Length > 40, token);
            Assert.DoesNotContain(token, node.Log, StringComparison.Ordinal);
            byte[] bytes = System.Text.Encoding.ASCII.GetBytes(token);
            // A socket has no bytes, and a lock keeps others from reading; it is empty.
            foreach (string file in Directory.GetFiles(node.Directory, "*", SearchOption.AllDirectories)
                .Where(f => Path.GetExtension(f) != ".sock" && Path.GetFileName(f) is not ("lock" or "store.lock")))
            {
                await using FileStream stream =
                    new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                byte[] content = new byte[stream.Length];
                await stream.ReadExactlyAsync(content);
                Assert.True(content.AsSpan().IndexOf(bytes) < 0, file);
            }
        }

        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task Whoever_logs_out_needs_a_new_link()
    {
        await using Visit visit = await stage.VisitAsync(stage.Alice);
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Node" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Log out" }).ClickAsync();
        await Expect(visit.Page.Locator(".locked")).ToBeVisibleAsync();
        await visit.Page.ReloadAsync();
        await Expect(visit.Page.Locator(".locked")).ToBeVisibleAsync();
        visit.HasNoFaults();
    }

    [BrowserFact]
    public async Task A_page_whose_node_is_killed_says_so_and_goes_on_when_it_is_back()
    {
        await using var node = new Daemon("phoenix");
        await node.StartAsync(stage.Bob);
        await using Visit visit = await stage.VisitAsync(node);
        await visit.TalkAsync("self");
        await visit.SayAsync("before");
        await Expect(visit.Bubble("before")).ToBeVisibleAsync();
        await node.KillAsync();
        await Expect(visit.Page.Locator(".link")).ToBeVisibleAsync();
        await visit.SayAsync("while it is away");
        await Expect(visit.Page.Locator(".toast")).ToContainTextAsync("did not answer");
        Assert.Equal("while it is away", await visit.Page.Locator(".composer textarea").InputValueAsync());
        await node.LaunchAsync();
        await Expect(visit.Page.Locator(".link")).ToBeHiddenAsync();
        await visit.Page.Locator(".composer textarea").PressAsync("Enter");
        await Expect(visit.Bubble("while it is away")).ToBeVisibleAsync();
        await node.HasAsync("self", "while it is away");
        await node.SendAsync("self", "from elsewhere");
        await Expect(visit.Bubble("from elsewhere")).ToBeVisibleAsync();
        visit.HasNoFaults();
    }
}
