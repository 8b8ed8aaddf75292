using System.Text.Json;
using System.Text.Json.Nodes;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Node.Tests.Radio;

public sealed class RadioCommandTests : IDisposable
{
    private const string Settings = "?modem=rnode&frequency=868100000&sf=7&region=eu868";

    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-radio").FullName;

    private static readonly string Key = new('c', 64);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_radio_whose_device_is_absent_waits_for_it_and_says_so()
    {
        await using var node = new TestNode("n");
        string device = Path.Combine(_directory, "absent");
        await node.Links.ListenAsync($"lora:{device}{Settings}&networkkey={Key}");
        using PtyHost host = new();
        RNodeSimulator modem = new(new Random(1));

        RadioInfo radio = await RadioAsync(node, r => r.Why != "not opened yet");
        Assert.Equal("closed", radio.State);
        Assert.Contains("no such device", radio.Why, StringComparison.Ordinal);
        Assert.Equal([$"lora:{device}"], (await node.AskAsync(Commands.Status)).Listen);
        Assert.Contains($"qpc_radio_online{{device=\"{device}\"}} 0\n", await MetricsAsync(node),
            StringComparison.Ordinal);

        host.Add(modem, device);
        host.Start();
        radio = await RadioAsync(node, r => r.State == "online");
        Assert.Equal("rnode", radio.Modem);
        Assert.Contains("RNode firmware", radio.Why, StringComparison.Ordinal);
        string metrics = await MetricsAsync(node);
        Assert.Contains($"qpc_radio_online{{device=\"{device}\"}} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"qpc_radio_airtime_left_seconds{{device=\"{device}\",class=\"emergency\"}} ", metrics,
            StringComparison.Ordinal);
        Assert.NotEmpty(Directory.GetFiles(node.Node.Configuration.DataDirectory, "airtime-*"));
    }

    [Fact]
    public async Task A_modem_in_use_is_refused_and_free_again_when_its_node_listens_no_more()
    {
        await using var first = new TestNode("first");
        await using var second = new TestNode("second");
        using PtyHost host = new();
        string device = host.Add(new RNodeSimulator(new Random(1)), Path.Combine(_directory, "modem"));
        host.Start();
        string uri = $"lora:{device}{Settings}";
        await first.Links.ListenAsync(uri);
        await RadioAsync(first, r => r.State == "online");

        IOException e = await Assert.ThrowsAsync<IOException>(() => Wrapped(second.Links.ListenAsync(uri)));
        Assert.Contains($"{device}: another process holds the device", e.Message, StringComparison.Ordinal);
        Assert.Empty(second.Links.Radios);
        await Assert.ThrowsAsync<IOException>(() => Wrapped(first.Links.ListenAsync($"{uri}&cr=6")));

        await first.Links.StopListeningAsync(uri);
        Assert.Empty(first.Links.Listening);
        await second.Links.ListenAsync(uri);
        await RadioAsync(second, r => r.State == "online");
    }

    [Fact]
    public async Task A_reload_gives_a_radio_other_settings_and_takes_it_away()
    {
        await using var node = new TestNode("n");
        using PtyHost host = new();
        string device = host.Add(new RNodeSimulator(new Random(1)), Path.Combine(_directory, "modem"));
        host.Start();
        await node.Node.ReloadAsync(node.Node.Configuration with { Listen = [$"lora:{device}{Settings}"] });
        Assert.Equal(7, (await RadioAsync(node, r => r.State == "online")).SpreadingFactor);
        string other = $"lora:{device}{Settings.Replace("sf=7", "sf=9", StringComparison.Ordinal)}";
        await node.Node.ReloadAsync(node.Node.Configuration with { Listen = [other] });
        Assert.Equal(9, (await RadioAsync(node, r => r.State == "online")).SpreadingFactor);
        await node.Node.ReloadAsync(node.Node.Configuration with { Listen = [] });
        Assert.Empty(await node.AskAsync(Commands.Radio));
        await using var second = new TestNode("second");
        await second.Links.ListenAsync(other);
    }

    [Fact]
    public async Task A_reload_that_fails_is_tried_again_by_the_next()
    {
        await using var first = new TestNode("first");
        await using var second = new TestNode("second");
        using PtyHost host = new();
        string device = host.Add(new RNodeSimulator(new Random(1)), Path.Combine(_directory, "modem"));
        host.Start();
        string uri = $"lora:{device}{Settings}";
        await first.Links.ListenAsync(uri);
        NodeConfiguration wanted = second.Node.Configuration with { Listen = [uri] };
        await second.Node.ReloadAsync(wanted);
        Assert.Empty(second.Links.Radios);
        await first.Links.StopListeningAsync(uri);
        await second.Node.ReloadAsync(wanted);
        Assert.Single(second.Links.Radios);
    }

    [Fact]
    public async Task The_manual_names_every_key_of_the_answer()
    {
        await using var node = new TestNode("n");
        await node.Links.ListenAsync($"lora:{Path.Combine(_directory, "absent")}{Settings}");
        string manual = File.ReadAllText(Path.Combine(Repository.Root, "docs", "reference", "control.md"));
        JsonNode reply = await node.RawAsync(Commands.Radio.ToLine(NoArguments.Instance));
        JsonObject radio = reply["result"]![0]!.AsObject();
        string[] keys = [.. radio.Select(p => p.Key)];
        Assert.Contains(string.Join(", ", keys), manual.ReplaceLineEndings(" "), StringComparison.Ordinal);
        foreach ((string list, Type record) in new[] { ("counters", typeof(RadioCounts)),
            ("neighbours", typeof(RadioNeighbourInfo)), ("airtime", typeof(AirtimeInfo)) })
        {
            string[] names =
                [.. record.GetProperties(System.Reflection.BindingFlags.Instance
                    | System.Reflection.BindingFlags.Public)
                        .Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name))];
            Assert.Contains(string.Join(", ", names), manual.ReplaceLineEndings(" "), StringComparison.Ordinal);
            Assert.Contains(list, keys);
        }
    }

    [Fact]
    public void People_see_a_table_and_nothing_that_steers_their_terminal()
    {
        RadioInfo radio = new(
            "/dev/ttyUSB0", "rnode", "online", "RNode firmware 1.74", 868_100_000, 125_000, 9, 5, 14, "eu868",
            "868.0-868.6", 3600, 36,
            [new AirtimeInfo("routing", 0.5, 3.1), new AirtimeInfo("message", 1, 27.3)], 2, null,
            new RadioCounts(5, 200, 1, 2, 0, 2, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0.25),
            [new RadioNeighbourInfo("qpc1xyz", "evil\u001b[2J", true, -80, 7.25, 12.5, 640, 3, 4, 0, 0, 1)]);
        using JsonDocument json =
            JsonDocument.Parse(JsonSerializer.Serialize([radio], ApiJson.Default.IReadOnlyListRadioInfo));
        using var shown = new StringWriter();
        Commands.Radio.Show(ConsolePlace.ScreenOn(shown), json.RootElement);
        string[] lines = shown.ToString().TrimEnd('\n').Split('\n');
        Assert.Equal("/dev/ttyUSB0: rnode, online: RNode firmware 1.74", lines[0]);
        Assert.Equal("  868.100 MHz, 125 kHz, SF9, 4/5, 14 dBm, eu868 868.0-868.6", lines[1]);
        Assert.Equal("  2 frames wait, noise unknown", lines[2]);
        Assert.Equal("  airtime: 36 s in any 3600 s", lines[3]);
        Assert.Contains(lines, l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["message", "1", "27.3"]);
        Assert.Contains(lines, l => l.Contains("qpc1xyz", StringComparison.Ordinal)
            && l.Contains("-80", StringComparison.Ordinal));
        Assert.Equal("  counters: framesSent 5, bytesSent 200, data 1, acknowledgements 2, discovery 2, "
            + "framesReceived 7, unpaid 3, strangersSeconds 0.25", lines[^1]);
        Assert.DoesNotContain('\u001b', shown.ToString());
    }

    private static async Task Wrapped(ValueTask task)
    {
        try
        {
            await task;
        }
        catch (IOException e)
        {
            // Whatever kind of it.
            throw new IOException(e.Message, e);
        }
    }

    private static async Task<string> MetricsAsync(TestNode node) =>
        (await node.AskAsync(Commands.Metrics)).Text;

    private static async Task<RadioInfo> RadioAsync(TestNode node, Predicate<RadioInfo> wanted)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (true)
        {
            RadioInfo radio = (await node.AskAsync(Commands.Radio))[0];
            if (wanted(radio))
                return radio;
            await Task.Delay(50, patience.Token);
        }
    }
}
