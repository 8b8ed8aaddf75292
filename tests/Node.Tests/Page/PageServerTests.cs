using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Page;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Node.Tests.Page;

/// <summary>The page of a whole node, asked by well-behaved and by hostile browsers.</summary>
public sealed class PageServerTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestNode _node = new("alice");
    private PageServer _page = null!;

    public Task InitializeAsync()
    {
        _page = new PageServer(
            new IPEndPoint(IPAddress.Loopback, 0),
            new PageAccess(new PageRecords(_node.Node), RandomSource.System, TimeProvider.System),
            _node.Control, _node.Node.Faults, TimeProvider.System);
        _node.Node.Page = _page;
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        Assert.All(_node.Node.Faults.Counts, static c => Assert.Equal(0, c.Value));
        await _page.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task An_ordinary_browser_gets_its_files_over_one_connection()
    {
        using var client =
            new HttpClient(new SocketsHttpHandler
            {
                MaxConnectionsPerServer = 1,
                AutomaticDecompression = DecompressionMethods.GZip
            });
        Assert.Contains("main.js", await client.GetStringAsync($"http://{_page.Bound}/"), StringComparison.Ordinal);
        Assert.Contains("NodeSocket", await client.GetStringAsync($"http://{_page.Bound}/socket.js"),
            StringComparison.Ordinal);
        using HttpResponseMessage absent = await client.GetAsync($"http://{_page.Bound}/absent.js");
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
    }

    [Fact]
    public async Task Requests_that_arrive_together_are_answered_in_order()
    {
        string answer = await AskAsync(
            "GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET /absent HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 404 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_head_without_end_is_cut_off_at_its_limit() =>
        Assert.StartsWith("HTTP/1.1 431 ", await AskAsync("GET / HTTP/1.1\r\n" + new string('a', HttpHead.MaxBytes)),
            StringComparison.Ordinal);

    [Fact]
    public async Task A_browser_that_drips_its_request_is_given_up()
    {
        using TcpClient dripper = await ConnectAsync();
        var waited = Stopwatch.StartNew();
        await dripper.GetStream().WriteAsync("GET / HT"u8.ToArray());
        int read = await dripper.GetStream().ReadAsync(new byte[16]).AsTask().WaitAsync(Patience);
        Assert.Equal(0, read);
        Assert.InRange(waited.Elapsed, PageConnection.Patience - TimeSpan.FromSeconds(1), Patience);
    }

    [Fact]
    public async Task A_flood_of_connections_locks_nobody_out()
    {
        // Before any of them is given up; a machine that is busy may need more than one try to show it.
        TimeSpan soon = TimeSpan.FromSeconds(4.5), taken = TimeSpan.MaxValue;
        for (int tries = 0; tries < 5 && taken > soon; tries++)
            taken = await AskBesideFloodAsync();
        Assert.InRange(taken, TimeSpan.Zero, soon);
    }

    [Fact]
    public async Task A_browser_that_takes_no_answer_is_given_up_and_others_are_served()
    {
        using TcpClient deaf = await ConnectAsync();
        deaf.ReceiveBufferSize = 4096;
        byte[] request = Encoding.ASCII.GetBytes("GET /style.css HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using var limit = new CancellationTokenSource(Patience);
            while (true)
                await deaf.GetStream().WriteAsync(request, limit.Token);
        });
        Assert.StartsWith("HTTP/1.1 200 ",
            await AskAsync("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_asks_what_the_control_socket_is_asked_and_hears_events()
    {
        using ClientWebSocket page = await LogInAsync();
        await SayAsync(page, "{\"command\":\"events\",\"tag\":1}");
        Assert.True((bool)(await HearAsync(page))["ok"]!);
        await SayAsync(page, "{\"command\":\"send\",\"to\":\"self\",\"text\":\"" + new string('x', 30_000)
            + "\",\"tag\":2}");
        var heard = new List<JsonNode>();
        while (!heard.Exists(static l => (int?)l["tag"] == 2)
            || !heard.Exists(static l => (string?)l["event"] == "state"))
            heard.Add(await HearAsync(page));
        Assert.True((bool)heard.First(static l => (int?)l["tag"] == 2)["ok"]!);
    }

    [Theory]
    [InlineData("shutdown")]
    [InlineData("log-level")]
    [InlineData("metrics")]
    [InlineData("transcript-records")]
    [InlineData("page-link")]
    [InlineData("page-close")]
    public async Task A_page_gets_no_command_that_reaches_beyond_it(string command)
    {
        using ClientWebSocket page = await LogInAsync();
        await SayAsync(page, $"{{\"command\":\"{command}\",\"to\":\"self\",\"level\":\"debug\",\"tag\":1}}");
        JsonNode reply = await HearAsync(page);
        Assert.False((bool)reply["ok"]!);
        Assert.Contains("is not done for a page", (string)reply["error"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_wrong_or_was_used_opens_nothing_and_is_in_no_log()
    {
        string token = Token(_page.NewLink());
        using (ClientWebSocket page = await OpenAsync())
        {
            await SayAsync(page, $"link {token}");
            Assert.NotNull((string?)(await HearAsync(page))["session"]);
        }

        foreach (string login in (string[])[$"link {token}", "link ", "", "session " + token, "link "
            + new string('A', 43), new string('z', 4000)])
        {
            using ClientWebSocket page = await OpenAsync();
            await SayAsync(page, login);
            WebSocketReceiveResult end = await page.ReceiveAsync(new byte[256], CancellationToken.None)
                .WaitAsync(Patience);
            Assert.Equal(WebSocketMessageType.Close, end.MessageType);
            Assert.Equal(4001, (int)page.CloseStatus!);
        }

        Assert.DoesNotContain(_node.Log, line => line.Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whoever_opens_a_socket_and_says_nothing_is_given_up()
    {
        using ClientWebSocket page = await OpenAsync();
        var waited = Stopwatch.StartNew();
        await Assert.ThrowsAsync<WebSocketException>(() => page.ReceiveAsync(new byte[16], CancellationToken.None)
            .WaitAsync(Patience));
        Assert.InRange(waited.Elapsed, PageConnection.Patience - TimeSpan.FromSeconds(1), Patience);
    }

    [Fact]
    public async Task One_page_too_many_takes_the_place_of_the_oldest()
    {
        var pages = new List<ClientWebSocket>();
        try
        {
            for (int i = 0; i <= PageServer.MaxPages; i++)
                pages.Add(await LogInAsync());
            Assert.Contains("took the place", (string)(await HearAsync(pages[0]))["error"]!, StringComparison.Ordinal);
            foreach (ClientWebSocket page in pages.Skip(1))
            {
                await SayAsync(page, "{\"command\":\"identity\",\"tag\":3}");
                Assert.Equal(_node.Address, (string)(await HearAsync(page))["result"]!["address"]!);
            }
        }
        finally
        {
            pages.ForEach(static p => p.Dispose());
        }
    }

    [Fact]
    public async Task A_page_that_logs_in_while_all_are_closed_is_closed_too()
    {
        for (int i = 0; i < 40; i++)
        {
            using ClientWebSocket page = await OpenAsync();
            await SayAsync(page, $"link {Token(_page.NewLink())}");
            byte[] said = new byte[512];
            WebSocketReceiveResult read = await page.ReceiveAsync(said, CancellationToken.None).WaitAsync(Patience);
            Assert.Equal(WebSocketMessageType.Text, read.MessageType);
            // It has its token; whether the node serves it already is not known.
            await _page.CloseAllAsync();
            while (read.MessageType != WebSocketMessageType.Close)
                read = await page.ReceiveAsync(said, CancellationToken.None).WaitAsync(Patience);
        }
    }

    [Fact]
    public async Task Closing_all_pages_tells_them_and_voids_their_sessions()
    {
        using ClientWebSocket page = await OpenAsync();
        await SayAsync(page, $"link {Token(_page.NewLink())}");
        string session = (string)(await HearAsync(page))["session"]!;
        await SayAsync(page, "{\"command\":\"identity\",\"tag\":1}");
        Assert.True((bool)(await HearAsync(page))["ok"]!);
        await _page.CloseAllAsync();
        Assert.Contains("closed by its owner", (string)(await HearAsync(page))["error"]!, StringComparison.Ordinal);
        using ClientWebSocket again = await OpenAsync();
        await SayAsync(again, $"session {session}");
        await again.ReceiveAsync(new byte[256], CancellationToken.None).WaitAsync(Patience);
        Assert.Equal(4001, (int)again.CloseStatus!);
    }

    [Fact]
    public async Task A_page_that_sends_what_is_no_WebSocket_or_no_text_ends_its_session_alone()
    {
        using ClientWebSocket binary = await LogInAsync();
        await binary.SendAsync(new byte[] { 1, 2, 3 }, WebSocketMessageType.Binary, true, CancellationToken.None);
        await binary.ReceiveAsync(new byte[256], CancellationToken.None).WaitAsync(Patience);
        Assert.NotEqual(WebSocketState.Open, binary.State);
        using ClientWebSocket other = await LogInAsync();
        await SayAsync(other, "nonsense");
        Assert.False((bool)(await HearAsync(other))["ok"]!);
    }

    [Fact]
    public async Task A_line_that_is_too_long_ends_the_session_with_the_reason()
    {
        using ClientWebSocket page = await LogInAsync();
        byte[] part = Encoding.ASCII.GetBytes(new string('x', 65_536));
        try
        {
            for (int i = 0; i < 16; i++)
                await page.SendAsync(part, WebSocketMessageType.Text, endOfMessage: false, CancellationToken.None)
                    .WaitAsync(Patience);
        }
        catch (WebSocketException)
        {
            // It was cut off before it had sent everything.
        }

        JsonNode reply = await HearAsync(page);
        Assert.Contains("397306 bytes", (string)reply["error"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_in_use_is_named()
    {
        IOException e = Assert.Throws<IOException>(() => new PageServer(
            _page.Bound, new PageAccess(new PageRecords(_node.Node), RandomSource.System, TimeProvider.System),
            _node.Control, _node.Node.Faults, TimeProvider.System));
        Assert.Contains($"webListen {_page.Bound}", e.Message, StringComparison.Ordinal);
    }

    private static string Token(string link) => link[(link.IndexOf('#', StringComparison.Ordinal) + 1)..];

    private async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(_page.Bound);
        return client;
    }

    private async Task<string> AskAsync(string request)
    {
        using TcpClient client = await ConnectAsync();
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        return await reader.ReadToEndAsync().WaitAsync(Patience);
    }

    private async Task<ClientWebSocket> OpenAsync()
    {
        var page = new ClientWebSocket();
        page.Options.SetRequestHeader("Origin", $"http://{_page.Bound}");
        await page.ConnectAsync(new Uri($"ws://{_page.Bound}/socket"), CancellationToken.None);
        return page;
    }

    private async Task<ClientWebSocket> LogInAsync()
    {
        ClientWebSocket page = await OpenAsync();
        await SayAsync(page, $"link {Token(_page.NewLink())}");
        Assert.NotNull((string?)(await HearAsync(page))["session"]);
        return page;
    }

    private static Task SayAsync(ClientWebSocket page, string text) =>
        page.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);

    // Lines of one message at a time are enough here: what comes together is taken apart.
    private readonly Dictionary<ClientWebSocket, Queue<string>> _heard = [];

    private async Task<JsonNode> HearAsync(ClientWebSocket page)
    {
        if (!_heard.TryGetValue(page, out Queue<string>? lines))
            _heard[page] = lines = new Queue<string>();
        while (lines.Count == 0)
        {
            using var message = new MemoryStream();
            byte[] part = new byte[8192];
            WebSocketReceiveResult read;
            do
            {
                read = await page.ReceiveAsync(part, CancellationToken.None).WaitAsync(Patience);
                Assert.NotEqual(WebSocketMessageType.Close, read.MessageType);
                message.Write(part, 0, read.Count);
            }
            while (!read.EndOfMessage);
            foreach (string line in Encoding.UTF8.GetString(message.ToArray())
                .Split('\n', StringSplitOptions.RemoveEmptyEntries))
                lines.Enqueue(line);
        }

        return JsonNode.Parse(lines.Dequeue())!;
    }

    private async Task<TimeSpan> AskBesideFloodAsync()
    {
        var flood = new List<TcpClient>();
        try
        {
            for (int i = 0; i < 4 * PageServer.MaxConnections; i++)
            {
                TcpClient client = await ConnectAsync();
                flood.Add(client);
                await client.GetStream().WriteAsync("GET /"u8.ToArray());
            }

            var waited = Stopwatch.StartNew();
            Assert.StartsWith(
                "HTTP/1.1 200 ", await AskAsync("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
                StringComparison.Ordinal);
            return waited.Elapsed;
        }
        finally
        {
            flood.ForEach(static c => c.Dispose());
        }
    }
}
