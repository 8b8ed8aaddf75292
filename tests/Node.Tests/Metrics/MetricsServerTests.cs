using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using QuicProChat.Mesh.Node.Metrics;

namespace QuicProChat.Mesh.Node.Tests.Metrics;

public sealed class MetricsServerTests : IAsyncLifetime
{
    private readonly Faults _faults = new(NullLogger.Instance, TimeProvider.System);
    private readonly MetricsServer _server;
    private bool _fails;

    public MetricsServerTests() => _server = new(
        new IPEndPoint(IPAddress.Loopback, 0),
        _ => _fails ? throw new InvalidOperationException("a fault for a test") : Task.FromResult("a 1\n"), _faults,
        TimeProvider.System);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Metrics_are_served_to_an_ordinary_client()
    {
        using var client = new HttpClient();
        using HttpResponseMessage answer = await client.GetAsync($"http://{_server.Bound}/metrics");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("a 1\n", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "404")]
    [InlineData("POST /metrics HTTP/1.1\r\n\r\n", "405")]
    [InlineData("nonsense\r\n\r\n", "405")]
    public async Task Anything_else_gets_its_status(string request, string status) =>
        Assert.StartsWith($"HTTP/1.1 {status} ", await AskAsync(Encoding.ASCII.GetBytes(request)),
            StringComparison.Ordinal);

    [Fact]
    public async Task A_request_without_end_is_cut_off_at_its_limit() =>
        Assert.StartsWith("HTTP/1.1 431 ", await AskAsync(Enumerable.Repeat((byte)'a', 8 << 10).ToArray()),
            StringComparison.Ordinal);

    [Fact]
    public async Task A_fault_is_said_to_the_client_counted_and_costs_one_scrape()
    {
        _fails = true;
        Assert.StartsWith("HTTP/1.1 500 ", await AskAsync("GET /metrics HTTP/1.1\r\n\r\n"u8.ToArray()),
            StringComparison.Ordinal);
        Assert.Equal(1, _faults.Counts.Single(c => c.Key == FaultSeam.Metrics).Value);
        _fails = false;
        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync("GET /metrics HTTP/1.1\r\n\r\n"u8.ToArray()),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_that_never_finish_their_request_lock_nobody_out()
    {
        // Long before any of them is given up; a machine that is busy may need more than one try to show it.
        TimeSpan soon = TimeSpan.FromSeconds(4.5), taken = TimeSpan.MaxValue;
        for (int tries = 0; tries < 5 && taken > soon; tries++)
            taken = await AskBesideDrippersAsync();
        Assert.InRange(taken, TimeSpan.Zero, soon);
    }

    [Fact]
    public void An_address_in_use_is_named() =>
        Assert.Contains(
            _server.Bound.ToString(),
            Assert.Throws<IOException>(
                () => new MetricsServer(_server.Bound, _ => Task.FromResult(""), _faults, TimeProvider.System)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void The_text_has_help_type_and_labels()
    {
        string text = new MetricsText().Gauge("g", "A gauge.", 1.5).Family("c", "A counter.", "counter")
            .Sample("c", MetricsText.Label("l", "a\"b\\c\nd"), 2).ToString();
        Assert.Equal("# HELP g A gauge.\n# TYPE g gauge\ng 1.5\n# HELP c A counter.\n# TYPE c "
            + "counter\nc{l=\"a\\\"b\\\\c\\nd\"} 2\n", text);
    }

    private async Task<string> AskAsync(byte[] request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_server.Bound);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(request);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(10));
    }

    private async Task<TimeSpan> AskBesideDrippersAsync()
    {
        var drippers = new List<TcpClient>();
        try
        {
            for (int i = 0; i < 50; i++)
            {
                var dripper = new TcpClient();
                drippers.Add(dripper);
                await dripper.ConnectAsync(_server.Bound);
                await dripper.GetStream().WriteAsync("GET /met"u8.ToArray());
            }

            long started = TimeProvider.System.GetTimestamp();
            Assert.StartsWith("HTTP/1.1 200 ", await AskAsync("GET /metrics HTTP/1.1\r\n\r\n"u8.ToArray()),
                StringComparison.Ordinal);
            return TimeProvider.System.GetElapsedTime(started);
        }
        finally
        {
            drippers.ForEach(static d => d.Dispose());
        }
    }
}
