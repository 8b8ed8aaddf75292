using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

public class FullDisk
{
    private const int LargeText = 30_000;

    [Fact]
    public async Task A_relay_without_space_refuses_custody_and_goes_on_when_there_is_space_again()
    {
        await using var net = new TestNet();
        NodeProcess relay = net.Node("relay").Listening();
        NodeProcess alice = net.Node("alice");
        NodeProcess bob = net.Node("bob");
        SmallDisk disk = net.Own(new SmallDisk(relay.DataDirectory, "1500k"));
        alice.Dialling(net.Connect(relay.Machine, alice.Machine).AddressA);
        bob.Dialling(net.Connect(relay.Machine, bob.Machine).AddressA);
        foreach (NodeProcess node in new[] { relay, alice, bob })
            await node.StartAsync();
        await alice.HasRouteAsync(bob);
        await bob.StopAsync();
        await relay.EventuallyAsync("bob gone", async () => (await relay.AskAsync("peers")).AsArray().Count == 1);

        var ids = new List<string>();
        for (int i = 0; i < 80; i++)
            ids.Add(await alice.SendAsync(bob, $"{i} " + new string('x', LargeText)));
        await relay.EventuallyAsync("the disk full", async () => await relay.MetricAsync("qpc_store_failures_total") > 0);
        await alice.EventuallyAsync("a reason", async () => (await ReasonsAsync(alice)).Contains("the next hop has no space"));

        disk.Grow("64m");
        await bob.StartAsync();

        TimeSpan patience = TimeSpan.FromSeconds(120);
        foreach (string id in ids)
            await alice.HasStateAsync(id, "delivered", patience);
        Assert.Equal(ids.Count, (await bob.ReceivedAsync(alice)).Distinct().Count());
        Assert.Equal(ids.Count, (await bob.ReceivedAsync(alice)).Count);
    }

    [Fact]
    public async Task A_sender_without_space_refuses_the_message_and_says_why()
    {
        await using var net = new TestNet();
        NodeProcess alice = net.Node("alice");
        NodeProcess bob = await net.Node("bob").Listening().StartAsync();
        SmallDisk disk = net.Own(new SmallDisk(alice.DataDirectory, "1500k"));
        Cable cable = net.Connect(bob.Machine, alice.Machine);
        await alice.Dialling(cable.AddressA).StartAsync();
        await alice.HasRouteAsync(bob);
        await bob.StopAsync();

        string? refusal = null;
        int accepted = 0;
        while (refusal is null)
        {
            Assert.True(accepted < 200, "the disk never filled up");
            Ran ran = alice.Ctl("send", bob.Address, new string('x', LargeText));
            if (ran.ExitCode == 0)
                accepted++;
            else
                refusal = ran.Errors;
        }

        Assert.Contains("the store is full or failing", refusal, StringComparison.Ordinal);
        Assert.Equal(0, alice.Ctl("status").ExitCode);

        disk.Grow("64m");
        await bob.StartAsync();
        await alice.EventuallyAsync("sending again", () => Task.FromResult(alice.Ctl("send", bob.Address, "space").ExitCode == 0));
        await bob.EventuallyAsync("all received", async () => (await bob.ReceivedAsync(alice)).Count >= accepted + 1, TimeSpan.FromSeconds(60));
    }

    private static async Task<HashSet<string?>> ReasonsAsync(NodeProcess node) =>
        [.. (await node.AskAsync("messages", new() { ["limit"] = 1000 })).AsArray().Select(m => (string?)m!["reason"])];

    /// <summary>A small file system in memory, mounted on a directory.</summary>
    private sealed class SmallDisk : IDisposable
    {
        private readonly string _path;

        internal SmallDisk(string path, string size)
        {
            _path = path;
            Directory.CreateDirectory(path);
            Shell.Do("mount", "-t", "tmpfs", "-o", $"size={size},mode=0700", "qpc-e2e", path);
        }

        internal void Grow(string size) => Shell.Do("mount", "-o", $"remount,size={size}", _path);

        public void Dispose() => Shell.Do("umount", "--lazy", _path);
    }
}
