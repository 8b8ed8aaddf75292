using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>Addresses, interfaces and paths that come, go and lie; keys that are there twice.</summary>
public class Ways
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task An_address_to_listen_on_that_comes_later_is_waited_for_and_status_says_so()
    {
        await using TestNet net = new();
        string machine = net.Machine("late"), other = net.Machine("other");
        NodeProcess late = await net.Node("late", machine).With("--listen", "tcp://10.77.1.1:0").StartAsync();
        StatusInfo status = await late.AskAsync(Commands.Status);
        Assert.Empty(status.Listen);
        Assert.Contains("tcp://10.77.1.1:0", Assert.Single(status.Waiting));
        net.Connect(machine, other);
        await late.EventuallyAsync(
            "listening", async () => (await late.AskAsync(Commands.Status)).Listen.Count == 1);
        status = await late.AskAsync(Commands.Status);
        Assert.Empty(status.Waiting);
        string bound = status.Listen[0];
        Assert.StartsWith("tcp://10.77.1.1:", bound);
        Assert.DoesNotContain(":0", bound);
        NodeProcess peer = await net.Node("peer", other).With("--peer", bound).StartAsync();
        await peer.HasRouteAsync(late);
    }

    [Fact]
    public async Task A_listener_on_a_link_local_address_follows_its_interface()
    {
        await using TestNet net = new();
        string machine = net.Machine("a"), other = net.Machine("b");
        string address = Connect();
        NodeProcess a = await net.Node("a", machine).With("--listen", $"tcp://[{address}%e0]:4711").StartAsync();
        NodeProcess b = await net.Node("b", other).With("--peer", $"tcp://[{address}%e0]:4711").StartAsync();
        await b.HasRouteAsync(a);
        Shell.Do("ip", "-n", machine, "link", "delete", "e0");
        await a.EventuallyAsync("waiting", async () => (await a.AskAsync(Commands.Status)).Waiting.Count
            == 1, Long);
        Assert.Empty((await a.AskAsync(Commands.Status)).Listen);
        Connect();
        await a.EventuallyAsync("listening", async () => (await a.AskAsync(Commands.Status)).Listen.Count
            == 1, Long);
        await b.EventuallyAsync("a link", async () => (await b.AskAsync(Commands.Peers)).Count
            == 1, TimeSpan.FromSeconds(90));

        string Connect()
        {
            const string local = "fe80::47";
            Shell.Do("ip", "link", "add", "e0", "netns", machine, "type", "veth", "peer", "name", "e0", "netns", other);
            Shell.Do("ip", "-n", machine, "address", "add", local + "/64", "dev", "e0", "nodad");
            Shell.Do("ip", "-n", machine, "link", "set", "e0", "up");
            Shell.Do("ip", "-n", other, "link", "set", "e0", "up");
            return local;
        }
    }

    [Theory]
    [InlineData(1300)]
    [InlineData(700)]
    public async Task Where_large_packets_are_lost_small_and_urgent_texts_pass_and_the_long_one_follows(int largest)
    {
        await using TestNet net = new();
        NodeProcess a = net.Node("a").Listening(), b = net.Node("b").Dialling("10.78.0.1");
        BadCable cable =
            net.Own(new BadCable(a.Machine, "10.78.0.1", b.Machine, "10.78.0.2", loss: 0,
                TimeSpan.FromMilliseconds(1), seed: 1));
        await a.StartAsync();
        await b.StartAsync();
        await b.HasRouteAsync(a);
        await b.SendAsync(a, "before", wait: "delivered");
        cable.Largest = largest;
        string big = await b.SendAsync(a, new string('y', 20_000));
        string[] rest =
        [
            await b.SendAsync(a, "small"),
            (await b.AskAsync(Commands.Send, new() { To = a.Address, Text = "urgent", Priority = "high" })).Id,
        ];
        string back = await a.SendAsync(b, "the other way");
        foreach (string id in rest)
            await b.HasStateAsync(id, "delivered", TimeSpan.FromSeconds(90));
        await a.HasStateAsync(back, "delivered", TimeSpan.FromSeconds(90));
        await b.HasStateAsync(big, "delivered", TimeSpan.FromSeconds(90));
    }

    [Fact]
    public async Task Two_nodes_with_one_key_are_told_so_and_so_is_their_neighbour()
    {
        await using TestNet net = new();
        string machine = net.Machine("all");
        NodeProcess relay = await net.Node("relay", machine).Listening().StartAsync();
        NodeProcess one = await net.Node("one", machine).Dialling("127.0.0.1").StartAsync();
        await one.HasRouteAsync(relay);
        NodeProcess two = net.Node("two", machine).Dialling("127.0.0.1");
        Directory.CreateDirectory(two.DataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite
            | UnixFileMode.UserExecute);
        File.Copy(Path.Combine(one.DataDirectory, "identity.key"), Path.Combine(two.DataDirectory, "identity.key"));
        await two.StartAsync();
        foreach (NodeProcess node in new[] { relay, one, two })
        {
            await node.EventuallyAsync(
                "a warning", async () => (await node.AskAsync(Commands.Status)).Warnings.Count > 0, Long);
            Assert.Contains(" key", (await node.AskAsync(Commands.Status)).Warnings[0]);
            Assert.Contains(" key", node.Log);
        }
    }

    [Fact]
    public async Task A_node_that_dials_its_own_double_is_told_so_on_both_sides()
    {
        await using TestNet net = new();
        string machine = net.Machine("all");
        NodeProcess one = await net.Node("one", machine).Listening().StartAsync();
        NodeProcess two = net.Node("two", machine).Dialling("127.0.0.1");
        Directory.CreateDirectory(two.DataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite
            | UnixFileMode.UserExecute);
        File.Copy(Path.Combine(one.DataDirectory, "identity.key"), Path.Combine(two.DataDirectory, "identity.key"));
        await two.StartAsync();
        foreach (NodeProcess node in new[] { one, two })
            await node.EventuallyAsync(
                "a warning", async () => (await node.AskAsync(Commands.Status)).Warnings.Count > 0);
        Assert.Single((await two.AskAsync(Commands.Status)).Dialling);
    }

    [Fact]
    public async Task Of_two_ways_to_a_node_the_one_that_stays_is_dialled_when_the_other_is_removed()
    {
        await using TestNet net = new();
        string machine = net.Machine("all");
        NodeProcess a = await net.Node("a", machine).Listening().StartAsync();
        string first = $"tcp://127.0.0.1:{NodeProcess.Port}", second = $"tcp://127.0.0.2:{NodeProcess.Port}";
        NodeProcess b = await net.Node("b", machine).With("--peer", first, "--peer", second).StartAsync();
        await b.HasRouteAsync(a);
        await b.AskAsync(Commands.Disconnect, new() { To = first });
        await b.EventuallyAsync("the other way", async () =>
            (await b.AskAsync(Commands.Peers)) is [{ } peer] && peer.Uri == second,
            TimeSpan.FromSeconds(40));
        await b.AskAsync(Commands.Disconnect, new() { To = second });
        await b.EventuallyAsync("no link", async () => (await b.AskAsync(Commands.Peers)).Count == 0);
    }
}
