using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

public class PowerCuts
{
    private const int Messages = 1000;
    private const int Seed = 20261120;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task A_thousand_messages_arrive_exactly_once_while_every_node_is_killed_again_and_again()
    {
        await using var net = new TestNet();
        NodeProcess relay = net.Node("relay").Listening();
        NodeProcess alice = net.Node("alice");
        NodeProcess bob = net.Node("bob");
        alice.Dialling(net.Connect(relay.Machine, alice.Machine).AddressA);
        bob.Dialling(net.Connect(relay.Machine, bob.Machine).AddressA);
        NodeProcess[] all = [relay, alice, bob];
        foreach (NodeProcess node in all)
            await node.StartAsync();
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);

        using var stop = new CancellationTokenSource();
        using var aliceIsUp = new SemaphoreSlim(1);
        Task<int> killing = KillAsync(all, alice, aliceIsUp, stop.Token);
        for (int i = 0; i < Messages; i++)
            await SendOnceAsync(alice, bob, $"message {i}", aliceIsUp);
        await stop.CancelAsync();
        int kills = await killing;

        Assert.True(kills > 3, $"only {kills} kills");
        string[] expected = [.. Enumerable.Range(0, Messages).Select(i => $"message {i}").Order()];
        await bob.EventuallyAsync("all received", async () => (await bob.ReceivedAsync(alice)).Count >= Messages, Patience);
        await alice.EventuallyAsync("all proven", async () => (await StatesAsync(alice)).All(s => s == "delivered"), Patience);
        Assert.Equal(expected, (await bob.ReceivedAsync(alice)).Order());
        Assert.Equal(Messages, (await StatesAsync(alice)).Count);
    }

    private static async Task<int> KillAsync(NodeProcess[] nodes, NodeProcess alice, SemaphoreSlim aliceIsUp, CancellationToken stop)
    {
        var random = new Random(Seed);
        int kills = 0;
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(random.Next(20, 600), CancellationToken.None);
            NodeProcess victim = nodes[random.Next(nodes.Length)];
            // The sender is killed in the midst of a request just as well; only its restart is kept apart from the next one.
            if (victim == alice)
            {
                alice.PullThePlug();
                await aliceIsUp.WaitAsync(CancellationToken.None);
                await alice.KillAsync();
                await alice.StartAsync();
                aliceIsUp.Release();
            }
            else
            {
                await victim.KillAsync();
                await victim.StartAsync();
            }

            kills++;
        }

        return kills;
    }

    /// <summary>Sends until the daemon said that it has it, or until it is found there although the answer was lost.</summary>
    private static async Task SendOnceAsync(NodeProcess alice, NodeProcess bob, string text, SemaphoreSlim aliceIsUp)
    {
        while (true)
        {
            await aliceIsUp.WaitAsync();
            try
            {
                await alice.SendAsync(bob, text);
                return;
            }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or TimeoutException)
            {
                // Killed meanwhile: whether it was stored shows after the restart.
            }
            catch (InvalidOperationException e) when (e.Message.Contains("not been heard of", StringComparison.Ordinal))
            {
                // Just restarted.
            }
            finally
            {
                aliceIsUp.Release();
            }

            if (await IsStoredAsync(alice, text, aliceIsUp))
                return;
        }
    }

    private static async Task<bool> IsStoredAsync(NodeProcess alice, string text, SemaphoreSlim aliceIsUp)
    {
        while (true)
        {
            await aliceIsUp.WaitAsync();
            try
            {
                return (await alice.AskAsync("messages", new() { ["limit"] = 10 })).AsArray().Any(m => (string)m!["text"]! == text);
            }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
            {
                // Killed, and not yet restarted.
            }
            finally
            {
                aliceIsUp.Release();
            }

            await Task.Delay(10);
        }
    }

    private static async Task<List<string>> StatesAsync(NodeProcess node) =>
        [.. (await node.AskAsync("messages", new() { ["limit"] = 10_000 })).AsArray().Select(m => (string)m!["state"]!)];
}
