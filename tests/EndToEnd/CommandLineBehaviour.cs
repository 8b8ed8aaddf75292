using System.Diagnostics;
using System.Text.Json.Nodes;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

public class CommandLineBehaviour
{
    [Fact]
    public void Without_a_daemon_ctl_says_so_with_exit_code_3()
    {
        Ran ran = Shell.Run(Binary.Static, ["ctl", "--control", "/nowhere/control.sock", "status"]);
        Assert.Equal(3, ran.ExitCode);
        Assert.Contains("no daemon", ran.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("run", "--no-such-option")]
    [InlineData("ctl", "send")]
    [InlineData("run", "--listen", "nowhere")]
    [InlineData("run", "--listen", "lora:/dev/ttyUSB0?frequency=868100000&region=mars")]
    [InlineData("run", "--peer", "lora:/dev/ttyUSB0?frequency=868100000&region=eu868")]
    [InlineData("run", "--log-level", "loud")]
    [InlineData("run", "--config", "/nowhere/node.json")]
    public void A_wrong_command_line_ends_with_exit_code_2_and_says_what_is_wrong(params string[] arguments)
    {
        Ran ran = Shell.Run(Binary.Static, arguments);
        Assert.Equal(2, ran.ExitCode);
        Assert.NotEmpty(ran.Errors);
    }

    [Fact]
    public void The_version_is_printed()
    {
        Ran ran = Shell.Run(Binary.Static, ["version"]);
        Assert.Equal(0, ran.ExitCode);
        Assert.StartsWith("qpc-mesh ", ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusals_and_wrong_requests_have_exit_codes_of_their_own()
    {
        await using var net = new TestNet();
        NodeProcess node = await net.Node("n").StartAsync();

        Assert.Equal(0, node.Ctl("status").ExitCode);
        Assert.Equal(1, node.Ctl("send", "nobody", "text").ExitCode);
        Assert.Equal(1, node.Ctl("message", new string('0', 32)).ExitCode);
        Assert.Equal(2, node.Ctl("message", "xyz").ExitCode);
        Assert.Equal(2, node.Ctl("send", node.Address, "text", "--priority", "urgent").ExitCode);
        Assert.Equal(2, node.Ctl("log-level", "loud").ExitCode);
    }

    [Fact]
    public async Task Every_command_answers_in_the_documented_json()
    {
        await using var net = new TestNet();
        NodeProcess a = await net.Node("a").Listening().StartAsync();
        NodeProcess b = net.Node("b");
        string address = net.Connect(a.Machine, b.Machine).AddressA;
        await b.Dialling(address).StartAsync();
        await b.HasRouteAsync(a);
        await a.HasRouteAsync(b);
        await b.SendAsync(a, "hello", wait: "delivered");

        AssertKeys(b.CtlJson("status"),
            "address, name, version, uptimeSeconds, listen, peers, routes, queued, memoryBytes, quicAvailable, "
                + "dialling, waiting, warnings");
        AssertKeys(b.CtlJson("identity"), "address, hex, publicKey, name");
        AssertKeys(b.CtlJson("peers")[0]!, "address, name, transport, uri, rttMs, since, rxBytes, txBytes");
        AssertKeys(b.CtlJson("routes")[0]!, "destination, name, nextHop, metric, hops");
        JsonNode message = b.CtlJson("messages")[0]!;
        AssertKeys(message,
            "id, direction, peer, text, state, hops, priority, createdAt, updatedAt, reason, security, conversation, "
                + "content");
        AssertKeys(b.CtlJson("message", (string)message["id"]!),
            "id, direction, peer, text, state, hops, priority, createdAt, updatedAt, reason, security, conversation, "
                + "content");
        AssertKeys(b.CtlJson("queue"), "count, bytes, inFlight, awaitingReceipt, held");
        Assert.Empty(b.CtlJson("radio").AsArray());
        AssertKeys(b.CtlJson("send", a.Address, "again"), "id, state");
        AssertKeys(b.CtlJson("announce"), "done");
        AssertKeys(b.CtlJson("alias", "ay", a.Address), "done");
        AssertKeys(b.CtlJson("alias")[0]!, "alias, address");
        AssertKeys(b.CtlJson("send", "ay", "by alias", "--wait", "delivered", "--priority", "high", "--lifetime", "1h"),
            "id, state");
        AssertKeys(b.CtlJson("metrics"), "text");
        AssertKeys(b.CtlJson("log-level", "info"), "done");
        AssertKeys(b.CtlJson("disconnect", "ay"), "done");
        AssertKeys(b.CtlJson("connect", $"tcp://{address}:{NodeProcess.Port}"), "done");
        AssertKeys(b.CtlJson("shutdown"), "done");
    }

    [Fact]
    public async Task Text_comes_from_standard_input_where_the_argument_is_a_dash()
    {
        await using var net = new TestNet();
        NodeProcess node = await net.Node("n").StartAsync();

        Ran ran = Shell.Run(node.Program,
            ["ctl", "--control", node.Control, "send", node.Address, "-", "--wait", "delivered"], "to myself\n");

        Assert.Equal(0, ran.ExitCode);
        await node.EventuallyAsync("the message", async () =>
            (await node.AskAsync(Commands.Messages)).Any(m => m.Text.Contains("to myself", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_second_daemon_on_the_same_data_is_refused_and_the_first_goes_on()
    {
        await using var net = new TestNet();
        NodeProcess node = await net.Node("n").StartAsync();

        Ran second = Shell.Run(node.Program,
            ["run", "--data-dir", node.DataDirectory, "--control", Path.Combine(net.Directory, "other.sock")]);

        Assert.Equal(1, second.ExitCode);
        Assert.Contains("in use", second.Errors, StringComparison.Ordinal);
        Assert.Equal(0, node.Ctl("status").ExitCode);
    }

    [Fact]
    public async Task After_a_crash_the_socket_file_that_is_left_is_no_obstacle()
    {
        await using var net = new TestNet();
        NodeProcess node = await net.Node("n").StartAsync();
        await node.KillAsync();
        Assert.True(File.Exists(node.Control));

        await node.StartAsync();

        Assert.Equal(0, node.Ctl("status").ExitCode);
    }

    [Fact]
    public async Task SIGTERM_ends_the_daemon_in_order_within_five_seconds()
    {
        await using var net = new TestNet();
        NodeProcess node = await net.Node("n").Listening().StartAsync();
        var waited = Stopwatch.StartNew();

        Assert.Equal(0, await node.StopAsync());

        Assert.True(waited.Elapsed < TimeSpan.FromSeconds(5));
        Assert.False(File.Exists(node.Control));
    }

    [Fact]
    public async Task SIGHUP_applies_new_peers_and_refuses_a_broken_file()
    {
        await using var net = new TestNet();
        NodeProcess a = await net.Node("a").Listening().StartAsync();
        NodeProcess b = net.Node("b");
        string address = net.Connect(a.Machine, b.Machine).AddressA;
        string file = Path.Combine(net.Directory, "b.json");
        await File.WriteAllTextAsync(file, "{}");
        await b.With("--config", file).StartAsync();

        await File.WriteAllTextAsync(file, "{ \"peer\": [] }");
        Signal(b, "-HUP");
        await b.EventuallyAsync(
            "a complaint", () => Task.FromResult(b.Log.Contains("unknown key 'peer'", StringComparison.Ordinal)));

        await File.WriteAllTextAsync(file, $"{{ \"peers\": [\"tcp://{address}:{NodeProcess.Port}\"] }}");
        Signal(b, "-HUP");
        await b.HasRouteAsync(a);
    }

    [Fact]
    public async Task A_key_survives_export_and_import_on_another_machine()
    {
        await using var net = new TestNet();
        NodeProcess node = await net.Node("old").StartAsync();
        string address = node.Address;
        await node.StopAsync();
        string backup = Shell.Run(
            Binary.Static, ["identity", "export", "--data-dir", node.DataDirectory]).Output.Trim();

        string elsewhere = Path.Combine(net.Directory, "new");
        Ran imported = Shell.Run(Binary.Static, ["identity", "import", "--data-dir", elsewhere, backup]);

        Assert.Equal((0, address), (imported.ExitCode, imported.Output.Trim()));
        Ran again = Shell.Run(Binary.Static, ["identity", "import", "--data-dir", elsewhere, backup]);
        Assert.Equal(1, again.ExitCode);
        char wrong = backup[^1] == 'q' ? 'p' : 'q';
        Assert.Equal(1, Shell.Run(Binary.Static,
            ["identity", "import", "--data-dir", elsewhere, "--replace", backup[..^1] + wrong]).ExitCode);
    }

    [Fact]
    public async Task The_console_answers_in_a_pipe()
    {
        await using var net = new TestNet();
        NodeProcess node = await net.Node("n").StartAsync();

        Ran ran = Shell.Run(node.Program, ["repl", "--control", node.Control],
            $"/whoami\n/alias me {node.Address}\n/dm me\nhello\n/mesh peers\n/quit\n");

        Assert.Equal(0, ran.ExitCode);
        Assert.Contains(node.Address, ran.Output, StringComparison.Ordinal);
        Assert.Contains("no neighbours", ran.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_are_served_over_http()
    {
        await using var net = new TestNet();
        string file = Path.Combine(net.Directory, "n.json");
        await File.WriteAllTextAsync(file, "{ \"metricsListen\": \"127.0.0.1:9469\" }");
        NodeProcess node = await net.Node("n").With("--config", file).StartAsync();

        Ran fetched = Shell.Run("ip", ["netns", "exec", node.Machine, "bash", "-c",
            "exec 3<>/dev/tcp/127.0.0.1/9469; printf 'GET /metrics HTTP/1.1\\r\\n\\r\\n' >&3; cat <&3"]);

        Assert.StartsWith("HTTP/1.1 200 OK", fetched.Output, StringComparison.Ordinal);
        Assert.Contains("qpc_router_events_total{event=\"drop_malformed\"} 0", fetched.Output,
            StringComparison.Ordinal);
    }

    private static void Signal(NodeProcess node, string signal) => Shell.Do("kill", signal, $"{node.ProcessId}");

    private static void AssertKeys(JsonNode json, string keys) =>
        Assert.Equal(keys.Split(", "), json.AsObject().Select(p => p.Key));
}
