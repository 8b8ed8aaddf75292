using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>Nodes that find each other on links, without a line of configuration.</summary>
public class FoundOnLinks(ITestOutputHelper output)
{
    private const int Crowd = 300;

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Two_nodes_on_one_LAN_have_a_link_soon_and_a_text_arrives()
    {
        await using TestNet net = new();
        Lan lan = new(net, "lan", 1);
        NodeProcess alice = Finder(net, "alice", lan), bob = Finder(net, "bob", lan);
        await alice.StartAsync();
        await Task.Delay(TimeSpan.FromSeconds(3));
        var clock = Stopwatch.StartNew();
        await bob.StartAsync();
        await HasLinkAsync(bob);
        output.WriteLine($"from the start of the second process to its link: {clock.Elapsed.TotalMilliseconds:0} ms");
        // Under two seconds where nothing else runs (docs/performance.md); a busy machine may take longer.
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Long);
        await bob.HasRouteAsync(alice);
        await bob.SendAsync(alice, "found", wait: "delivered");
        await alice.EventuallyAsync("one link, known for what it is", async () =>
            (await alice.AskAsync(Commands.Peers)).Count == 1
                && FoundStates(await alice.AskAsync(Commands.Discover)) is ["linked"], Long);
        Assert.Equal(bob.Address, (await alice.AskAsync(Commands.Discover)).Found[0].Address);
        Assert.Contains("linked", alice.Ctl("discover").Output);

        // The one leaves in order: the other forgets it at once.
        Assert.Equal(0, await bob.StopAsync());
        await alice.EventuallyAsync(
            "forgotten", async () => FoundStates(await alice.AskAsync(Commands.Discover)) is []);
    }

    [Fact]
    public async Task Where_there_is_IPv6_only_they_are_linked_by_link_local_addresses_with_their_interface()
    {
        await using TestNet net = new();
        Lan lan = new(net, "six", 1);
        NodeProcess alice = Finder(net, "alice", lan, ipv4: false), bob = Finder(net, "bob", lan, ipv4: false);
        await alice.StartAsync();
        await bob.StartAsync();
        await HasLinkAsync(bob);
        // The other may have found this one first, and dialled it.
        IReadOnlyList<string>? uris = null;
        await bob.EventuallyAsync("found", async () =>
            (uris = (await bob.AskAsync(Commands.Discover)).Found.FirstOrDefault()?.Uris)
                is { Count: > 0 }, Long);
        Assert.Matches(@"^tcp://\[fe80::[0-9a-f:]+%six2\]:4711$", uris![0]);
        await bob.HasRouteAsync(alice);
        await bob.SendAsync(alice, "by link-local", wait: "delivered");
    }

    [Fact]
    public async Task Between_two_LANs_a_node_finds_others_on_each_and_they_not_each_other()
    {
        await using TestNet net = new();
        Lan left = new(net, "left", 1), right = new(net, "right", 2);
        NodeProcess middle = Finder(net, "middle", left), alice = Finder(net, "alice", left),
            bob = Finder(net, "bob", right);
        right.Plug(middle.Machine);
        foreach (NodeProcess node in new[] { middle, alice, bob })
            await node.StartAsync();
        await middle.EventuallyAsync("two links", async () => (await middle.AskAsync(Commands.Peers)).Count
            == 2, Long);
        await alice.HasRouteAsync(bob, Long);
        await alice.SendAsync(bob, "across", wait: "delivered");
        await alice.EventuallyAsync(
            "one of them found", async () => FoundStates(await alice.AskAsync(Commands.Discover)) is ["linked"], Long);
        Assert.Equal(["left1", "right2"], (await middle.AskAsync(Commands.Discover)).Links
            .Select(l => l.Interface).Order());
    }

    [Fact]
    public async Task An_interface_that_comes_later_is_used_and_one_that_goes_is_not_missed()
    {
        await using TestNet net = new();
        Lan lan = new(net, "late", 1);
        string machine = net.Machine("alice");
        NodeProcess alice = Found(net.Node("alice", machine));
        NodeProcess bob = Finder(net, "bob", lan);
        await alice.StartAsync();
        await bob.StartAsync();
        Assert.Empty((await alice.AskAsync(Commands.Discover)).Links);
        var clock = Stopwatch.StartNew();
        lan.Plug(machine, device: "usb0");
        await HasLinkAsync(alice);
        output.WriteLine($"from the interface to the link: {clock.Elapsed.TotalMilliseconds:0} ms");
        Shell.Do("ip", "-n", machine, "link", "delete", "usb0");
        await alice.EventuallyAsync("no link", async () => (await alice.AskAsync(Commands.Discover)).Links.Count
            == 0, Long);
        lan.Plug(machine, device: "usb1");
        await alice.EventuallyAsync("found again", async () => FoundStates(await alice.AskAsync(Commands.Discover))
            is ["linked"], Long);
    }

    [Fact]
    public async Task Nodes_of_different_networks_see_each_other_and_say_why_they_do_not_dial()
    {
        await using TestNet net = new();
        Lan lan = new(net, "net", 1);
        NodeProcess alice = Finder(net, "alice", lan), bob = Finder(net, "bob", lan), carol = Finder(net, "carol", lan);
        foreach (NodeProcess member in new[] { alice, bob })
        {
            string key = Path.Combine(net.Directory, $"{member.Name}.key"),
                file = Path.Combine(net.Directory, $"{member.Name}.json");
            File.WriteAllText(key, string.Concat(Enumerable.Repeat("5a", 32)));
            File.WriteAllText(file, $$"""{ "networkKeyFile": "{{key}}" }""");
            member.With("--config", file);
        }

        foreach (NodeProcess node in new[] { alice, bob, carol })
            await node.StartAsync();
        await alice.EventuallyAsync("both found", async () => FoundStates(await alice.AskAsync(Commands.Discover)).Count
            == 2, Long);
        await HasLinkAsync(alice);
        string[] whys = Whys(await alice.AskAsync(Commands.Discover));
        Assert.Contains("it is in no closed network, and this node is", whys);
        await carol.EventuallyAsync("both found", async () => FoundStates(await carol.AskAsync(Commands.Discover)).Count
            == 2, Long);
        Assert.Equal(
            Enumerable.Repeat("it is in a closed network, and this node has no network key", 2),
            Whys(await carol.AskAsync(Commands.Discover)));
        Assert.Empty(await carol.AskAsync(Commands.Peers));
        Ran console = Shell.Run(Binary.Static, ["repl", "--control", carol.Control], "/mesh peers\n/quit\n");
        Assert.Contains("no neighbours", console.Output);
        Assert.Contains("it is in a closed network", console.Output);
    }

    [Fact]
    public async Task Avahi_finds_nodes_and_nodes_find_what_Avahi_publishes_on_one_machine_and_on_two()
    {
        await using TestNet net = new();
        Lan lan = new(net, "av", 1);
        NodeProcess alice = Finder(net, "alice", lan), bob = Finder(net, "bob", lan);
        // Beside a node, and before it: both have the port.
        Avahi beside = net.Own(new Avahi(net, alice.Machine, "beside"));
        string third = net.Machine("third");
        lan.Plug(third);
        Avahi other = net.Own(new Avahi(
            net, third, "other", Path.Combine(Binary.Root, "packaging/server/debian/examples/avahi.service")));
        await alice.StartAsync();
        await bob.StartAsync();
        await HasLinkAsync(bob);
        Assert.All((await alice.AskAsync(Commands.Discover)).Links, l => Assert.Null(l.Problem));
        foreach (Avahi avahi in new[] { beside, other })
        {
            await alice.EventuallyAsync("both in avahi-browse", () =>
            {
                string seen = avahi.Browse("_qpc-mesh._tcp");
                return Task.FromResult(
                    seen.Contains($"{lan.AddressOf(1)};4711;\"v=1\"", StringComparison.Ordinal)
                    && seen.Contains($"{lan.AddressOf(2)};4711;\"v=1\"", StringComparison.Ordinal));
            }, Long);
        }

        other.Publish("by hand", "_qpc-mesh._tcp", 4799, "v=1");
        other.Publish("praxis", "_quicprochat._udp", 7443, "ver=1", "server=praxis", "domain=example.org");
        foreach (NodeProcess node in new[] { alice, bob })
        {
            await node.EventuallyAsync("what Avahi published", async () =>
            {
                IReadOnlyList<FoundInfo> found = (await node.AskAsync(Commands.Discover)).Found;
                return found.Any(f => f.Instance == "by hand" && f.State is "dialled"
                    or "failed")
                    && found.Any(f => f is { Service: "server", Server: "praxis", Domain: "example.org" })
                    // What the package of the server has for its operator.
                    && found.Any(f => f is { Service: "server", Server: "chat", Domain: "example.org" });
            }, Long);
        }
    }

    [Fact]
    public async Task A_flood_of_made_up_answers_costs_little_and_an_honest_node_is_found_through_it()
    {
        await using TestNet net = new();
        Lan lan = new(net, "bad", 1);
        NodeProcess alice = Finder(net, "alice", lan), bob = Finder(net, "bob", lan);
        string attacker = net.Machine("attacker");
        lan.Plug(attacker);
        await alice.StartAsync();
        long before = alice.AnonymousBytes();
        using var stop = new CancellationTokenSource();
        Task flood = Task.Run(() => Flood(attacker, lan.AddressOf(3), stop.Token));
        await Task.Delay(TimeSpan.FromSeconds(5));
        await bob.StartAsync();
        await HasLinkAsync(bob);
        await bob.HasRouteAsync(alice);
        await bob.SendAsync(alice, "through it", wait: "delivered");
        await stop.CancelAsync();
        await flood;
        DiscoveryInfo discovery = await alice.AskAsync(Commands.Discover);
        Assert.InRange(discovery.Found.Count, 1, 32);
        double announced = await alice.MetricAsync("qpc_discovery_events_total{event=\"announced\"}");
        double received = await alice.MetricAsync("qpc_discovery_events_total{event=\"received\"}");
        output.WriteLine(
            $"received {received}, announced {announced}, memory {(alice.AnonymousBytes() - before) / 1024} kB more");
        Assert.InRange(announced, 1, 120);
        Assert.InRange(alice.AnonymousBytes() - before, long.MinValue, 6 << 20);
    }

    [Fact]
    public async Task Among_three_hundred_nodes_on_one_link_all_are_found_eight_are_dialled_and_little_is_said()
    {
        await using TestNet net = new();
        Lan lan = new(net, "full", 1);
        NodeProcess alice = Finder(net, "alice", lan, ipv4: false), bob = Finder(net, "bob", lan, ipv4: false);
        string crowd = net.Machine("crowd");
        string device = lan.Plug(crowd, ipv4: false);
        Shell.Do("ip", "-n", alice.Machine, "address", "add", "10.99.4.1/22", "dev", "full1");
        Shell.Do("ip", "-n", bob.Machine, "address", "add", "10.99.4.2/22", "dev", "full2");
        string[] addresses =
            [.. Enumerable.Range(0, Crowd).Select(static i => $"10.99.{5 + (i / 200)}.{1 + (i % 200)}")];
        string batch = Path.Combine(net.Directory, "addresses");
        File.WriteAllLines(batch, addresses.Select(a => $"address add {a}/22 dev {device}"));
        Shell.Do("ip", "-n", crowd, "-batch", batch);
        await alice.StartAsync();
        long before = alice.AnonymousBytes();
        await AnnounceAsync(crowd, addresses);
        await bob.StartAsync();
        await HasLinkAsync(bob);
        await bob.HasRouteAsync(alice, Long);
        await bob.SendAsync(alice, "in the crowd", wait: "delivered");
        // What the kernel dropped of the first time came with the second.
        await alice.EventuallyAsync("all found", async () => FoundStates(await alice.AskAsync(Commands.Discover)).Count
            == Crowd + 1, Long);
        IReadOnlyList<string> states = FoundStates(await alice.AskAsync(Commands.Discover));
        Assert.InRange(states.Count(static s => s is "dialled" or "linked"), 1, 8);
        await alice.EventuallyAsync("eight dialled", async () =>
            Whys(await alice.AskAsync(Commands.Discover)).Contains("8 found nodes are dialled already"), Long);
        double announced = await alice.MetricAsync("qpc_discovery_events_total{event=\"announced\"}");
        double asked = await alice.MetricAsync("qpc_discovery_events_total{event=\"asked\"}");
        output.WriteLine(
            $"announced {announced}, asked {asked}, memory {(alice.AnonymousBytes() - before) / 1024} kB more");
        // One answer and one question a second at most, on a link that is new to all of them.
        Assert.InRange(announced + asked, 2, 120);
        Assert.InRange(alice.AnonymousBytes() - before, long.MinValue, 6 << 20);
    }

    [Fact]
    public async Task A_question_to_one_machine_alone_or_from_another_port_is_not_answered()
    {
        await using TestNet net = new();
        Lan lan = new(net, "ask", 1);
        NodeProcess alice = Finder(net, "alice", lan);
        string asker = net.Machine("asker");
        lan.Plug(asker);
        await alice.StartAsync();
        await alice.EventuallyAsync(
            "announced", async () => await alice.MetricAsync("qpc_discovery_events_total{event=\"announced\"}") >= 2);
        using Socket socket = Namespaces.On(asker, () =>
        {
            var made = new Socket(AddressFamily.InterNetwork, SocketType.Dgram,
                ProtocolType.Udp)
            { ReceiveTimeout = 1500 };
            made.Bind(new IPEndPoint(IPAddress.Parse(lan.AddressOf(2)), 0));
            return made;
        });
        // _qpc-mesh._tcp.local PTR, and the bit that asks for an answer to the asker alone.
        byte[] question = [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9, .. "_qpc-mesh"u8, 4, .. "_tcp"u8, 5, .. "local"u8, 0,
            0, 12, 0x80, 1];
        socket.SendTo(question, new IPEndPoint(IPAddress.Parse(lan.AddressOf(1)), 5353));
        socket.SendTo(question, new IPEndPoint(IPAddress.Parse("224.0.0.251"), 5353));
        Assert.Throws<SocketException>(() => socket.Receive(new byte[2000]));
        Assert.Equal(1, await alice.MetricAsync("qpc_discovery_events_total{event=\"ignored\"}"));
    }

    private static NodeProcess Finder(TestNet net, string name, Lan lan, bool ipv4 = true)
    {
        NodeProcess node = Found(net.Node(name));
        lan.Plug(node.Machine, ipv4);
        return node;
    }

    private static NodeProcess Found(NodeProcess node)
    {
        node.Discovery = "both";
        return node.With("--listen", $"tcp://[::]:{NodeProcess.Port}");
    }

    private static Task HasLinkAsync(NodeProcess node) =>
        node.EventuallyAsync("a link", async () => (await node.AskAsync(Commands.Peers)).Count > 0, Long);

    private static IReadOnlyList<string> FoundStates(DiscoveryInfo discovery) =>
        [.. discovery.Found.Select(f => f.State)];

    private static string[] Whys(DiscoveryInfo discovery) =>
        [.. discovery.Found.Select(f => f.Why).OfType<string>()];

    /// <summary>
    /// Nodes that announce themselves, each from its own address, twice, as many a second as a node looks at.
    /// </summary>
    private static async Task AnnounceAsync(string machine, string[] addresses)
    {
        const int pause = 25;
        byte[] service = [9, .. "_qpc-mesh"u8, 4, .. "_tcp"u8, 5, .. "local"u8, 0];
        var group = new IPEndPoint(IPAddress.Parse("224.0.0.251"), 5353);
        for (int time = 0; time < 2; time++)
        {
            for (int i = 0; i < addresses.Length; i++)
            {
                byte[] name = [16, .. $"{i:x16}".Select(static c => (byte)c), .. service];
                byte[] answer =
                [
                    0, 0, 0x84, 0, 0, 0, 0, 3, 0, 0, 0, 0,
                    .. service, 0, 12, 0, 1, 0, 0, 0x11, 0x94, 0, (byte)name.Length, .. name,
                    .. name, 0, 33, 0x80, 1, 0, 0, 0x11, 0x94, 0, 9, 0, 0, 0, 0, 0x12, 0x67, 1, (byte)'h', 0,
                    .. name, 0, 16, 0x80, 1, 0, 0, 0x11, 0x94, 0, 4, 3, .. "v=1"u8,
                ];
                IPAddress address = IPAddress.Parse(addresses[i]);
                using Socket socket = Namespaces.On(machine, () =>
                {
                    var made = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                    made.Bind(new IPEndPoint(address, 5353));
                    made.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface,
                        address.GetAddressBytes());
                    made.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastTimeToLive, byte.MaxValue);
                    return made;
                });
                socket.SendTo(answer, group);
                await Task.Delay(pause);
            }
        }
    }

    /// <summary>Announces a thousand made-up instances a second, and asks as often.</summary>
    private static void Flood(string machine, string address, CancellationToken stop)
    {
        using Socket socket = Namespaces.On(machine, () =>
        {
            var made = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            made.Bind(new IPEndPoint(IPAddress.Parse(address), 5353));
            return made;
        });
        var random = new Random(1);
        byte[] service = [9, .. "_qpc-mesh"u8, 4, .. "_tcp"u8, 5, .. "local"u8, 0];
        var group = new IPEndPoint(IPAddress.Parse("224.0.0.251"), 5353);
        while (!stop.IsCancellationRequested)
        {
            byte[] name = [8, .. Convert.ToHexString(BitConverter.GetBytes(random.Next())).Select(c => (byte)c),
                .. service];
            byte[] port = [(byte)random.Next(4, 256), (byte)random.Next(256)];
            byte[] answer =
            [
                0, 0, 0x84, 0, 0, 0, 0, 3, 0, 0, 0, 0,
                .. service, 0, 12, 0, 1, 0, 0, 0x11, 0x94, 0, (byte)name.Length, .. name,
                .. name, 0, 33, 0x80, 1, 0, 0, 0x11, 0x94, 0, 9, 0, 0, 0, 0, .. port, 1, (byte)'h', 0,
                .. name, 0, 16, 0x80, 1, 0, 0, 0x11, 0x94, 0, 4, 3, .. "v=1"u8,
            ];
            byte[] question = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. service, 0, 12, 0, 1];
            socket.SendTo(answer, group);
            socket.SendTo(question, group);
            Thread.Sleep(1);
        }
    }
}
