using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

public class FullDisk
{
    private const int Messages = 10;

    /// <summary>Large enough that what gives way on a disk does not make room for them.</summary>
    private static readonly string _long = new('x', 20_000);

    [Fact]
    public async Task A_relay_without_space_refuses_custody_says_so_and_goes_on_when_there_is_space()
    {
        await using var trio = new Trio();
        (NodeProcess alice, NodeProcess relay, NodeProcess bob) = (trio.Alice, trio.Relay, trio.Bob);
        SmallDisk disk = trio.Net.Own(new SmallDisk(relay.DataDirectory));
        await trio.StartAsync();
        await alice.SendAsync(bob, "while there is space", wait: "delivered");

        disk.Fill();
        trio.ToBob.Cut();
        string[] texts = [.. Enumerable.Range(0, Messages).Select(i => $"{i} {_long}")];
        string[] ids = await Task.WhenAll(texts.Select(text => alice.SendAsync(bob, text)));
        await relay.EventuallyAsync("custody refused", async () =>
            await relay.MetricAsync("qpc_router_events_total{event=\"drop_persist_failed\"}") > 0);
        Assert.Equal(1, await relay.MetricAsync("qpc_store_failing"));
        foreach (string id in ids)
            await alice.EventuallyAsync("a state that says why", async () => await StateAsync(alice, id)
                is ("queued", "the next hop has no space" or "no route to the receiver is known"));
        Assert.Contains("the store is full or failing", await RefusalAsync(relay, alice));

        disk.MakeRoom();
        trio.ToBob.Mend();
        foreach (string id in ids)
            await alice.HasStateAsync(id, "delivered", TimeSpan.FromSeconds(90));
        Assert.Equal(texts.Prepend("while there is space").Order(), (await bob.ReceivedAsync(alice)).Order());
        await relay.SendAsync(alice, "space again", wait: "delivered");
        Assert.Equal(0, await relay.MetricAsync("qpc_store_failing"));
    }

    [Fact]
    public async Task A_receiver_without_space_answers_for_nothing_and_gets_it_all_later()
    {
        await using var net = new TestNet();
        NodeProcess alice = net.Node("alice").Listening();
        NodeProcess bob = net.Node("bob");
        SmallDisk disk = net.Own(new SmallDisk(bob.DataDirectory));
        bob.Dialling(net.Connect(alice.Machine, bob.Machine).AddressA);
        await alice.StartAsync();
        await bob.StartAsync();
        await alice.HasRouteAsync(bob);

        disk.Fill();
        string id = await alice.SendAsync(bob, _long);
        await alice.EventuallyAsync("a state that says why", async () => await StateAsync(alice, id)
            is ("queued", "the next hop has no space"));
        Assert.True(await bob.MetricAsync("qpc_router_events_total{event=\"drop_host_full\"}") > 0);
        Assert.Empty(await bob.ReceivedAsync(alice));

        disk.MakeRoom();
        await alice.HasStateAsync(id, "delivered", TimeSpan.FromSeconds(90));
        Assert.Equal([_long], await bob.ReceivedAsync(alice));
    }

    [Fact]
    public async Task A_sender_without_space_refuses_the_message_and_says_why()
    {
        await using var trio = new Trio();
        (NodeProcess alice, NodeProcess bob) = (trio.Alice, trio.Bob);
        SmallDisk disk = trio.Net.Own(new SmallDisk(alice.DataDirectory));
        await trio.StartAsync();
        await alice.SendAsync(bob, "while there is space", wait: "delivered");

        disk.Fill();
        Ran refused = alice.Ctl("send", bob.Address, _long, "--wait", "delivered");
        Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
        Assert.Contains("the store is full or failing: nothing was sent", refused.Errors);
        Assert.Equal(0, (await alice.AskAsync(Commands.Queue)).Count);

        disk.MakeRoom();
        await alice.EventuallyAsync("sending again",
            () => Task.FromResult(alice.Ctl("send", bob.Address, _long, "--wait", "delivered").ExitCode == 0));
        // What was refused never left.
        Assert.Equal(["while there is space", _long], await bob.ReceivedAsync(alice));
        Assert.Equal(0, await alice.MetricAsync("qpc_store_failing"));
    }

    private static async Task<(string State, string? Reason)> StateAsync(NodeProcess node, string id)
    {
        MessageInfo message = await node.AskAsync(Commands.Message, new() { Id = id });
        return (message.State, message.Reason);
    }

    private static async Task<string> RefusalAsync(NodeProcess from, NodeProcess to)
    {
        using ControlConnection connection = await from.ConnectAsync();
        Reply<SendInfo> reply =
            await connection.ReplyAsync(Commands.Send, new() { To = to.Address, Text = _long });
        Assert.NotNull(reply.Code);
        return reply.Error!;
    }

    /// <summary>A file system of 8 MB at a node's data directory.</summary>
    private sealed class SmallDisk : IDisposable
    {
        private readonly string _directory;
        private readonly string _filler;

        internal SmallDisk(string directory)
        {
            _directory = directory;
            _filler = Path.Combine(directory, "filler");
            Directory.CreateDirectory(directory);
            Shell.Do("mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", directory);
        }

        /// <summary>Takes every byte that is left.</summary>
        internal void Fill() =>
            // dd ends with exit code 1 when the disk is full: that is the purpose.
            Assert.Equal(1, Shell.Run("dd", ["if=/dev/zero", $"of={_filler}", "bs=4k"]).ExitCode);

        internal void MakeRoom() => File.Delete(_filler);

        public void Dispose() => Shell.Do("umount", _directory);
    }
}
