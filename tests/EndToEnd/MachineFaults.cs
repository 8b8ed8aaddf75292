using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>What a machine can do to a daemon; docs/faults.md is the list.</summary>
public class MachineFaults
{
    private const string Key = "identity.key";

    [Fact]
    public async Task A_log_that_nobody_reads_stops_nothing()
    {
        await using var net = new TestNet();
        NodeProcess alice = net.Node("alice").Listening();
        alice.LogLevel = "trace";
        string log = Path.Combine(net.Directory, "log");
        Shell.Do("mkfifo", log);
        // Whoever opens it for reading and writing is not waited for, and reads nothing.
        alice.Under = ["sh", "-c", "exec \"$@\" 2<>" + log, "sh"];
        await alice.StartAsync();
        // Ends when the pipe takes no more.
        Shell.Run("dd", ["if=/dev/zero", $"of={log}", "bs=4k", "oflag=nonblock"]);
        for (int i = 0; i < 20; i++)
            Shell.Do("kill", "-USR1", alice.ProcessId.ToString(CultureInfo.InvariantCulture));
        Assert.Equal("alice", (await alice.AskAsync(Commands.Status)).Name);
        Assert.Equal(0, await alice.StopAsync());
    }

    [Fact]
    public async Task Lines_for_a_log_on_a_full_disk_are_counted_and_stop_nothing()
    {
        await using var net = new TestNet();
        NodeProcess alice = net.Node("alice").Listening();
        alice.LogLevel = "trace";
        alice.Under = ["sh", "-c", "exec \"$@\" 2>/dev/full", "sh"];
        await alice.StartAsync();
        const string lost = "qpc_log_lines_lost_total";
        double before = await alice.MetricAsync(lost);
        Assert.True(before > 0);
        Shell.Do("kill", "-USR1", alice.ProcessId.ToString(CultureInfo.InvariantCulture));
        await alice.EventuallyAsync("another lost line", async () => await alice.MetricAsync(lost) > before);
        Assert.Equal("alice", (await alice.AskAsync(Commands.Status)).Name);
        Assert.Equal(0, await alice.StopAsync());
        Assert.Empty(alice.Log);
    }

    [Theory]
    [InlineData(Key, "cut", "identity.key")]
    [InlineData(Key, "noise", "identity.key")]
    [InlineData("store.db", "empty", "is empty (0 bytes)")]
    [InlineData("store.db", "noise", "store.db")]
    [InlineData("certificate.number", "noise", null)]
    [InlineData("certificate.number", "empty", null)]
    [InlineData("certificate.number", "directory", null)]
    public async Task A_damaged_file_of_the_data_directory_is_named_or_does_no_harm(
        string file, string damage, string? said)
    {
        await using var net = new TestNet();
        NodeProcess alice = net.Node("alice").Listening();
        await alice.StartAsync();
        await alice.SendAsync(alice, "to myself", wait: "delivered");
        Assert.Equal(0, await alice.StopAsync());
        string path = Path.Combine(alice.DataDirectory, file);
        Damage(path, damage);

        if (said is null)
        {
            await alice.StartAsync();
            Assert.Equal("to myself", (await alice.AskAsync(Commands.Messages))[0].Text);
            return;
        }

        Process refused = alice.Launch();
        await refused.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("cannot start", alice.Log, StringComparison.Ordinal);
        Assert.Contains(said, alice.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    [InlineData("QUIT")]
    public async Task Orders_to_stop_are_obeyed_in_order_also_when_they_come_twice(string signal)
    {
        await using var net = new TestNet();
        NodeProcess alice = net.Node("alice").Listening();
        await alice.StartAsync();
        // Nobody is left to be told that it is delivered: whoever waits is answered.
        using ControlConnection waits = await alice.ConnectAsync();
        NodeProcess gone = net.Node("gone");
        gone.Dialling(net.Connect(alice.Machine, gone.Machine).AddressA);
        await gone.StartAsync();
        await alice.HasRouteAsync(gone);
        await gone.KillAsync();
        Task<Reply<SendInfo>> asked =
            waits.ReplyAsync(Commands.Send, new() { To = gone.Address, Text = "later", Wait = "delivered" });
        await alice.EventuallyAsync(
            "the message is stored", async () => (await alice.AskAsync(Commands.Messages)).Count == 1);

        var process = Process.GetProcessById(alice.ProcessId);
        Signal(process, [signal, signal]);
        Reply<SendInfo> reply = await asked.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Contains("the daemon stops", reply.Error, StringComparison.Ordinal);
        await alice.EventuallyAsync("the end", () => Task.FromResult(!Directory.Exists($"/proc/{process.Id}/fd")));
        Assert.Contains("stopped", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_was_suspended_goes_on_and_its_neighbours_find_it_again()
    {
        await using var trio = new Trio();
        await trio.StartAsync();
        await trio.Alice.SendAsync(trio.Bob, "before", wait: "delivered");
        using ControlConnection watch = await trio.Alice.ConnectAsync();
        await watch.AskAsync(Commands.WatchEvents);
        string relay = trio.Relay.ProcessId.ToString(CultureInfo.InvariantCulture);
        Shell.Do("kill", "-STOP", relay);
        string id = await trio.Alice.SendAsync(trio.Bob, "meanwhile");
        var stopped = Stopwatch.StartNew();
        await watch.NextAsync(Events.PeerDown, e => e.Peer.Address == trio.Relay.Address, TimeSpan.FromSeconds(60));
        await Task.Delay(TimeSpan.FromSeconds(60) - stopped.Elapsed);
        Shell.Do("kill", "-CONT", relay);
        await watch.NextAsync(Events.PeerUp, e => e.Peer.Address == trio.Relay.Address, TimeSpan.FromSeconds(60));
        await trio.Alice.HasStateAsync(id, "delivered", TimeSpan.FromSeconds(60));
        await trio.Bob.SendAsync(trio.Alice, "after", wait: "delivered", within: TimeSpan.FromSeconds(60));
        Assert.Equal(["before", "meanwhile"], await trio.Bob.ReceivedAsync(trio.Alice));
    }

    [Fact]
    public async Task A_data_directory_that_is_removed_under_a_daemon_ends_nothing_and_is_said()
    {
        await using var net = new TestNet();
        NodeProcess alice = net.Node("alice").Listening();
        await alice.StartAsync();
        Directory.Delete(alice.DataDirectory, recursive: true);
        // The files live on without names until the daemon ends; what was asked before is answered as ever.
        Assert.Equal("alice", (await alice.AskAsync(Commands.Status)).Name);
        await alice.EventuallyAsync(
            "word of it", () => Task.FromResult(alice.Log.Contains("control.sock", StringComparison.Ordinal)
            && alice.Log.Contains("vanished", StringComparison.Ordinal)));
        Assert.Equal(0, await alice.StopAsync());
        await alice.StartAsync();
    }

    [Fact]
    public async Task A_daemon_without_descriptors_is_still_asked_and_ended_though_a_crowd_of_clients_idles()
    {
        await using var net = new TestNet();
        NodeProcess alice = net.Node("alice").Listening();
        // Fewer than the places that there are for clients.
        alice.Under = ["prlimit", "--nofile=75:75"];
        await alice.StartAsync();
        var crowd = new List<Socket>();
        try
        {
            for (int i = 0; i < 80; i++)
            {
                crowd.Add(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));
                crowd[^1].Connect(new UnixDomainSocketEndPoint(alice.Control));
            }

            Assert.Equal(0, alice.Ctl("status").ExitCode);
            int process = alice.ProcessId;
            Assert.Equal(0, alice.Ctl("shutdown").ExitCode);
            await alice.EventuallyAsync("the end", () => Task.FromResult(!Directory.Exists($"/proc/{process}/fd")));
        }
        finally
        {
            crowd.ForEach(s => s.Dispose());
        }
    }

    [Fact]
    public async Task Without_descriptors_links_go_on_and_those_that_come_wait_until_there_are_some()
    {
        await using var net = new TestNet();
        (NodeProcess alice, NodeProcess bob, NodeProcess carol) =
            (net.Node("alice").Listening(), net.Node("bob"), net.Node("carol"));
        bob.Dialling(net.Connect(alice.Machine, bob.Machine).AddressA);
        carol.Dialling(net.Connect(alice.Machine, carol.Machine).AddressA);
        alice.Under = ["prlimit", "--nofile=75:75"];
        await alice.StartAsync();
        await bob.StartAsync();
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);
        Assert.Equal(0, alice.Ctl("channel", "create", "news").ExitCode);
        var crowd = new List<Socket>();
        try
        {
            for (int i = 0; i < 80; i++)
            {
                crowd.Add(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));
                crowd[^1].Connect(new UnixDomainSocketEndPoint(alice.Control));
            }

            await alice.EventuallyAsync("no descriptor is left", () => Task.FromResult(
                Directory.GetFiles($"/proc/{alice.ProcessId}/fd").Length >= 72));
            await carol.StartAsync();
            await bob.SendAsync(alice, "over the link that is there", wait: "delivered");
            // What uses a key up waits for the disk, and needs no descriptor for it.
            Ran said = alice.Ctl("send", "channel:news", "with a key that is used once");
            Assert.Equal((0, ""), (said.ExitCode, said.Errors));
            // Not over the test's own connection: it idled, and may have given way.
            Assert.Contains("qpc_store_sync_failures_total 0\n", alice.Ctl("metrics").Output, StringComparison.Ordinal);
        }
        finally
        {
            crowd.ForEach(static s => s.Dispose());
        }

        await carol.HasRouteAsync(alice, TimeSpan.FromSeconds(60));
        await carol.SendAsync(alice, "as soon as there was one", wait: "delivered", within: TimeSpan.FromSeconds(60));
    }

    private static void Damage(string path, string how)
    {
        if (how == "directory")
        {
            File.Delete(path);
            Directory.CreateDirectory(path);
            return;
        }

        byte[] bytes = File.Exists(path) ? File.ReadAllBytes(path) : new byte[64];
        if (how == "noise")
            new Random(1).NextBytes(bytes);
        File.WriteAllBytes(path, how switch
        {
            "cut" => bytes[..(bytes.Length / 2)],
            "empty" => [],
            _ => bytes,
        });
    }

    private static void Signal(Process process, string[] signals)
    {
        foreach (string signal in signals)
            Shell.Run("kill", ["-s", signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
    }
}
