using System.Diagnostics;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

public class Files
{
    private const int Routers = 3;
    private const int Size = 10_000_000;

    /// <summary>
    /// Half of it goes to one member: 10 MB take five seconds, long enough to kill somebody in the middle.
    /// </summary>
    private const string Rate = "4M";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task A_file_crosses_three_routers_though_one_is_killed_and_the_receiver_starts_again_and_texts_overtake_it()
    {
        await using var net = new TestNet();
        NodeProcess[] nodes = await StartLineAsync(net);
        NodeProcess sender = nodes[0], receiver = nodes[^1];
        await sender.HasRouteAsync(receiver, Patience);
        await receiver.HasRouteAsync(sender, Patience);
        await receiver.AskAsync(Commands.Alias, new() { Alias = "sender", To = sender.Address });
        byte[] content = new byte[Size];
        new Random(1).NextBytes(content);
        string path = Path.Combine(net.Directory, "film.bin"), saved = Path.Combine(net.Directory, "saved.bin");
        await File.WriteAllBytesAsync(path, content);

        string id = sender.Ctl(ApiJson.Default.FileTransferInfo, "file", "send", receiver.Address, path).Id;
        await receiver.EventuallyAsync("the offer", async () => (await receiver.AskAsync(Commands.FileList)).Count
            == 1, Patience);
        await receiver.AskAsync(Commands.FileAccept, new() { Id = id });

        // Texts go the whole way while the file does.
        await ReceivedAsync(receiver, id, Size / 10);
        List<double> waits = [];
        for (int i = 0; i < 30; i++)
        {
            var watch = Stopwatch.StartNew();
            await sender.SendAsync(receiver, $"text {i}", wait: "delivered", within: Patience);
            waits.Add(watch.Elapsed.TotalMilliseconds);
        }

        waits.Sort();
        double meanwhile = await ReceivedAsync(receiver, id, 0);
        Assert.True(meanwhile < Size, "the file was quicker than thirty texts: the test shows nothing");
        // Behind the file a text would wait for what is left of it: seconds. The bound is for a busy machine.
        Assert.InRange(waits[waits.Count / 2], 0, 500);

        await nodes[2].KillAsync();
        await Task.Delay(TimeSpan.FromMilliseconds(500));
        await nodes[2].StartAsync();
        await ReceivedAsync(receiver, id, Size / 2);
        double before = await ReceivedAsync(receiver, id, 0);
        await receiver.KillAsync();
        await receiver.StartAsync();
        // It goes on, and does not begin anew: what the last second or so brought is asked for again.
        Assert.InRange(await ReceivedAsync(receiver, id, 0), before / 4, Size);

        Ran save = receiver.Ctl("file", "save", id, saved);
        Assert.NotEqual(0, save.ExitCode);
        await receiver.EventuallyAsync("the file", async () => await ReceivedAsync(receiver, id, 0) >= Size, Patience);
        save = receiver.Ctl("file", "save", id, saved);
        Assert.True(save.ExitCode == 0, save.Errors);
        Assert.Equal(content, await File.ReadAllBytesAsync(saved));
        foreach (NodeProcess router in nodes[1..^1])
        {
            Assert.False(Directory.Exists(Path.Combine(router.DataDirectory, "files")));
            Assert.InRange(new FileInfo(Path.Combine(router.DataDirectory, "store.db")).Length, 1, 2_000_000);
        }

        // Deletion is real.
        await sender.AskAsync(Commands.Delete, new() { Id = id, Everywhere = true });
        foreach (NodeProcess end in (NodeProcess[])[sender, receiver])
        {
            string blobs = Path.Combine(end.DataDirectory, "files");
            await end.EventuallyAsync(
                "the bytes go", () => Task.FromResult(Directory.GetFiles(blobs).Length == 0), Patience);
        }
    }

    /// <summary>Waits until so many bytes are there, and says how many.</summary>
    private static async Task<double> ReceivedAsync(NodeProcess node, string id, int least)
    {
        double received = 0;
        await node.EventuallyAsync($"{least} bytes of the file", async () =>
        {
            FileTransferInfo file = await node.AskAsync(Commands.FileShow, new() { Id = id });
            return (received = file.Received) >= least;
        }, Patience);
        return received;
    }

    private static async Task<NodeProcess[]> StartLineAsync(TestNet net)
    {
        NodeProcess[] nodes = [.. Enumerable.Range(0, Routers + 2).Select(i => net.Node($"n{i}").Listening())];
        string settings = Path.Combine(net.Directory, "sender.json");
        await File.WriteAllTextAsync(settings, $$"""{"fileBytesPerSecond":"{{Rate}}"}""");
        nodes[0].With("--config", settings);
        for (int i = 1; i < nodes.Length; i++)
            nodes[i].Dialling(net.Connect(nodes[i - 1].Machine, nodes[i].Machine).AddressA);
        foreach (NodeProcess node in nodes)
            await node.StartAsync();
        return nodes;
    }
}
