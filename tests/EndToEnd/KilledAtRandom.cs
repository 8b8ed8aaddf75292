using System.Diagnostics;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;

namespace QuicProChat.Mesh.EndToEnd;

public class KilledAtRandom
{
    private const int Seed = 20261120;
    private const int Messages = 1000;
    private const int MostInBurst = 60;

    /// <summary>What was on its way when a receipt was lost is repeated after 30 s, then 60 s, then 120 s.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task Of_a_thousand_messages_between_kills_each_arrives_once_and_every_state_is_true()
    {
        await using var net = new TestNet();
        NodeProcess sender = net.Node("sender").Listening();
        NodeProcess relay = net.Node("relay").Listening();
        NodeProcess receiver = net.Node("receiver").Listening();
        // Both ends dial: whoever comes back does not have to wait until it is called.
        Cable first = net.Connect(sender.Machine, relay.Machine);
        Cable second = net.Connect(relay.Machine, receiver.Machine);
        sender.Dialling(first.AddressB);
        relay.Dialling(first.AddressA).Dialling(second.AddressB);
        receiver.Dialling(second.AddressA);
        NodeProcess[] nodes = [sender, relay, receiver];
        foreach (NodeProcess node in nodes)
            await node.StartAsync();
        await sender.HasRouteAsync(receiver);
        await receiver.HasRouteAsync(sender);

        // Strangers have a rate, and this is not about them.
        await receiver.AskAsync(Commands.Accept, new() { To = sender.Address });

        var random = new Random(Seed);
        var kills = new Dictionary<NodeProcess, int>();
        var unsent = new Queue<string>(Enumerable.Range(0, Messages).Select(i => $"message {i}"));
        var limit = Stopwatch.StartNew();
        while (unsent.Count > 0)
        {
            Assert.True(limit.Elapsed < Settling, $"{unsent.Count} messages were not accepted in time");
            string[] burst = [.. Enumerable.Range(0, Math.Min(unsent.Count, random.Next(1, MostInBurst)))
                .Select(_ => unsent.Dequeue())];
            NodeProcess victim = nodes[random.Next(nodes.Length)];
            IReadOnlySet<string> stored =
                await SendAndKillAsync(sender, receiver, burst, victim, random.Next(burst.Length + 1));
            kills[victim] = kills.GetValueOrDefault(victim) + 1;
            foreach (string text in burst.Where(t => !stored.Contains(t)))
                unsent.Enqueue(text);
            await DeliveredIsTrueAsync(sender, receiver);
        }

        Assert.All(nodes,
            node => Assert.True(kills.GetValueOrDefault(node) > 2,
                $"{node.Name} was hardly ever killed: choose another seed"));
        await sender.EventuallyAsync("all delivered", async () => (await SentAsync(sender, receiver))
            .All(m => m.State == "delivered"), Settling);
        string[] expected = [.. Enumerable.Range(0, Messages).Select(i => $"message {i}").Order()];
        Assert.Equal(expected, (await SentAsync(sender, receiver)).Select(m => m.Text).Order());
        Assert.Equal(expected, (await receiver.ReceivedAsync(sender)).Order());
        await relay.EventuallyAsync(
            "nothing held any more", async () => (await relay.AskAsync(Commands.Queue)).Count == 0);
    }

    /// <summary>
    /// Hands a burst over at once, kills a node after some of the answers and starts it again.
    /// </summary>
    /// <returns>The texts that the sender has: by its answers, or by its own list if it was the one that was
    /// killed.</returns>
    private static async Task<IReadOnlySet<string>> SendAndKillAsync(
        NodeProcess sender, NodeProcess receiver, string[] burst, NodeProcess victim, int answersBefore)
    {
        using ControlConnection connection = await sender.ConnectAsync();
        await connection.WriteAsync(burst.SelectMany((text, i) =>
            Commands.Send.ToLine(new SendRequest { To = receiver.Address, Text = text }, tag: i)).ToArray());
        var stored = new HashSet<string>();
        for (int i = 0; i < answersBefore; i++)
            Take(await connection.ReadAsync(Commands.Send), burst, stored);
        await victim.KillAsync();
        if (victim != sender)
        {
            for (int i = answersBefore; i < burst.Length; i++)
                Take(await connection.ReadAsync(Commands.Send), burst, stored);
        }

        await victim.StartAsync();
        HashSet<string> listed = [.. (await SentAsync(sender, receiver)).Select(m => m.Text)];
        Assert.Subset(listed, stored);
        return listed;
    }

    private static void Take((int Tag, Reply<SendInfo> Reply) answer, string[] burst, HashSet<string> stored)
    {
        if (answer.Reply.Code is null)
            stored.Add(burst[answer.Tag]);
    }

    /// <summary>
    /// Whatever the sender calls delivered, the receiver has. Asked in this order, so that nothing can slip in between.
    /// </summary>
    private static async Task DeliveredIsTrueAsync(NodeProcess sender, NodeProcess receiver)
    {
        HashSet<string> delivered =
            [.. (await SentAsync(sender, receiver)).Where(m => m.State == "delivered").Select(m => m.Text)];
        Assert.Subset(new HashSet<string>(await receiver.ReceivedAsync(sender)), delivered);
    }

    private static async Task<List<(string Text, string State)>> SentAsync(NodeProcess sender, NodeProcess receiver) =>
        [.. (await sender.AskAsync(Commands.Messages, new() { With = receiver.Address, Limit = 10_000 }))
            .Where(m => m.Direction == "out").Select(m => (m.Text, m.State))];
}
