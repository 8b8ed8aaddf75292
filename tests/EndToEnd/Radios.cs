using System.Diagnostics;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>Daemons whose only way to each other is a radio, or a radio and a cable.</summary>
public class Radios(ITestOutputHelper output)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(150);

    [Fact]
    public async Task A_line_of_radios_without_any_network_carries_messages_and_receipts_and_waits_for_a_modem_that_is_away()
    {
        await using var net = new TestNet();
        RadioAir air = net.Own(new RadioAir(Path.Combine(net.Directory, "dev"), "a", "b", "c"));
        NodeProcess[] nodes = [.. "abc".Select(n => net.Node(n.ToString()).With("--listen", air.Uri(n.ToString())))];
        (NodeProcess a, NodeProcess b, NodeProcess c) = (nodes[0], nodes[1], nodes[2]);
        foreach (NodeProcess node in nodes)
            await node.StartAsync();
        var watch = Stopwatch.StartNew();
        await b.EventuallyAsync("two radio neighbours", async () => (await b.AskAsync(Commands.Peers)).Count
            == 2, _patience);
        await a.EventuallyAsync("b", async () => (await a.AskAsync(Commands.Peers)).Count == 1, _patience);
        await c.EventuallyAsync("b", async () => (await c.AskAsync(Commands.Peers)).Count == 1, _patience);
        PeerInfo peer = (await a.AskAsync(Commands.Peers)).Single();
        Assert.Equal((b.Address, "lora", $"lora:{air.Device("a")}"),
            (peer.Address, peer.Transport, peer.Uri));
        output.WriteLine($"neighbours after {watch.Elapsed.TotalSeconds:F1} s");

        // Nothing is known of c here: its key is asked for over the air.
        watch.Restart();
        string first = await a.SendAsync(c, "over two hops of radio", wait: "delivered", _patience);
        Assert.Equal(2, (await a.AskAsync(Commands.Message, new() { Id = first })).Hops);
        output.WriteLine($"first text, c not known before: delivered after {watch.Elapsed.TotalSeconds:F1} s");
        string large = new('l', 2_048);
        watch.Restart();
        await a.SendAsync(c, large, wait: "delivered", _patience);
        output.WriteLine($"2 KB over two hops: delivered after {watch.Elapsed.TotalSeconds:F1} s");
        await a.SendAsync(b, "bb", wait: "delivered", _patience);
        await air.QuietAsync();
        (int frames, int bytes) = air.Transmitted();
        watch.Restart();
        Ran ran = a.Ctl("send", b.Address, new string('t', 40), "--wait", "delivered");
        Assert.Equal(0, ran.ExitCode);
        TimeSpan took = watch.Elapsed;
        await air.QuietAsync();
        (int framesThen, int bytesThen) = air.Transmitted();
        output.WriteLine(
            $"text of 40 to a neighbour: delivered after {took.TotalSeconds:F2} s; {framesThen - frames} frames, "
                + $"{bytesThen - bytes} bytes in all");

        air.Unplug("c");
        string early = await a.SendAsync(c, "sent while c is away", wait: "queued");
        string doomed = (await a.AskAsync(
            Commands.Send, new() { To = c.Address, Text = "too late", Lifetime = "20s" })).Id;
        string urgent = (await a.AskAsync(
            Commands.Send, new() { To = c.Address, Text = "urgent", Priority = "emergency" })).Id;
        // Longer than c's links outlive their radio.
        await c.EventuallyAsync("no neighbours without a radio", async () => (await c.AskAsync(Commands.Peers)).Count
            == 0, _patience);
        RadioInfo gone = (await c.AskAsync(Commands.Radio)).Single();
        Assert.Equal("closed", gone.State);
        Assert.Contains("no such device", gone.Why, StringComparison.Ordinal);
        Assert.NotEqual(
            "delivered", (await a.AskAsync(Commands.Message, new() { Id = early })).State);
        await a.HasStateAsync(doomed, "expired", _patience);
        air.Plug("c");
        watch.Restart();
        await a.HasStateAsync(urgent, "delivered", _patience);
        await a.HasStateAsync(early, "delivered", _patience);
        output.WriteLine($"c back: all delivered after {watch.Elapsed.TotalSeconds:F1} s");
        Assert.Equal(
            new[] { "over two hops of radio", large, "sent while c is away", "urgent" }.Order(),
            (await c.ReceivedAsync(a)).Order());

        RadioInfo radio = a.Ctl(Commands.Radio).Single();
        Assert.Equal(("online", 869_525_000, 7, "869.4-869.65"),
            (radio.State, radio.FrequencyHz, radio.SpreadingFactor, radio.Band));
        RadioNeighbourInfo neighbour = radio.Neighbours.Single();
        Assert.True(neighbour.Up && neighbour.RssiDbm < 0 && neighbour.FramesReceived > 0);
        Assert.Equal(("b", b.Address), (neighbour.Name, neighbour.Address));
        Assert.True(radio.Airtime.Sum(u => u.UsedSeconds) > 1);
        Assert.Contains("869.525 MHz", a.Ctl("radio").Output, StringComparison.Ordinal);
        Assert.Equal(1, await a.MetricAsync($"qpc_radio_neighbours{{device=\"{air.Device("a")}\"}}"));
        Assert.True(await a.MetricAsync(
            $"qpc_radio_airtime_used_seconds{{device=\"{air.Device("a")}\",class=\"message\"}}") > 1);
    }

    [Fact]
    public async Task A_path_of_radio_and_cable_carries_messages_both_ways()
    {
        await using var net = new TestNet();
        RadioAir air = net.Own(new RadioAir(Path.Combine(net.Directory, "dev"), "a", "b"));
        NodeProcess a = net.Node("a").With("--listen", air.Uri("a"));
        NodeProcess b = net.Node("b").With("--listen", air.Uri("b")).Listening();
        NodeProcess c = net.Node("c");
        c.Dialling(net.Connect(b.Machine, c.Machine).AddressA);
        foreach (NodeProcess node in new[] { a, b, c })
            await node.StartAsync();
        // Whom b meets on the air it names on the cable; on the air one has to ask.
        await c.HasRouteAsync(a, _patience);
        string there = await c.SendAsync(a, "from the cable", wait: "delivered", _patience);
        Assert.Equal(2, (await c.AskAsync(Commands.Message, new() { Id = there })).Hops);
        await a.SendAsync(c, "from the air", wait: "delivered", _patience);
        Assert.Equal(["from the cable"], await a.ReceivedAsync(c));
        Assert.Equal(["from the air"], await c.ReceivedAsync(a));
        Assert.Equal(["lora", "tcp"], (await b.AskAsync(Commands.Peers))
            .Select(p => p.Transport).Order());
    }

    [Fact]
    public async Task A_modem_belongs_to_one_daemon_until_that_one_lets_it_go()
    {
        await using var net = new TestNet();
        RadioAir air = net.Own(new RadioAir(Path.Combine(net.Directory, "dev"), "a", "b"));
        air.Unplug("a");
        string key = new('c', 64);
        string file = Path.Combine(net.Directory, "a.json");
        await File.WriteAllTextAsync(file, $"{{ \"listen\": [\"{air.Uri("a")}&networkkey={key}\"] }}");
        NodeProcess a = await net.Node("a").With("--config", file).StartAsync();
        await a.EventuallyAsync("a line about the absent modem", () => Task.FromResult(
            a.Log.Contains($"Radio {air.Device("a")} is away ({air.Device("a")}: there is no such device)",
                StringComparison.Ordinal)));
        Assert.Equal($"lora:{air.Device("a")}", (await a.AskAsync(Commands.Status)).Listen.Single());
        air.Plug("a");
        await OnlineAsync(a);

        string elsewhere = Path.Combine(net.Directory, "second");
        Ran second = Shell.Run(a.Program, ["run", "--data-dir", elsewhere, "--listen", air.Uri("a")]);
        Assert.Equal(1, second.ExitCode);
        Assert.Contains($"{air.Device("a")}: another process holds the device", second.Errors,
            StringComparison.Ordinal);
        await OnlineAsync(a);

        // Another rate, then none: the reload lets the modem go.
        await File.WriteAllTextAsync(
            file, $"{{ \"listen\": "
                + $"[\"{air.Uri("a").Replace("sf=7", "sf=8", StringComparison.Ordinal)}&networkkey={key}\"] }}");
        Shell.Do("kill", "-HUP", $"{a.ProcessId}");
        await a.EventuallyAsync("another spreading factor", async () =>
            (await a.AskAsync(Commands.Radio)) is [{ } radio] && radio.SpreadingFactor == 8
                && radio.State == "online");
        await File.WriteAllTextAsync(file, "{ }");
        Shell.Do("kill", "-HUP", $"{a.ProcessId}");
        await a.EventuallyAsync("no radio", async () => (await a.AskAsync(Commands.Radio)).Count == 0);
        NodeProcess b = await net.Node("b").With("--listen", air.Uri("a")).StartAsync();
        await OnlineAsync(b);

        // Shutdown lets it go as well.
        Assert.Equal(0, b.Ctl("shutdown").ExitCode);
        await b.EventuallyAsync("the end", () => Task.FromResult(b.Log.Contains("stopped", StringComparison.Ordinal)));
        NodeProcess again = await net.Node("again").With("--listen", air.Uri("a")).StartAsync();
        await OnlineAsync(again);
        Assert.DoesNotContain("cccc", a.Log + second.Errors, StringComparison.Ordinal);
    }

    private static Task OnlineAsync(NodeProcess node) => node.EventuallyAsync("a radio that is online", async () =>
        (await node.AskAsync(Commands.Radio)) is [{ } radio] && radio.State == "online", _patience);
}
