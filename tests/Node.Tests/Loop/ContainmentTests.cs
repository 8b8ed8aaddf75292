using System.Text.Json.Nodes;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Tests.Loop;

/// <summary>A fault anywhere costs one thing: the link, the envelope, the command it came with. The loop ends only by order.</summary>
public sealed class ContainmentTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("Received")]
    [InlineData("OpenArrived")]
    [InlineData("Open")]
    [InlineData("ForgetEnvelope")]
    [InlineData("Deliver")]
    public async Task A_fault_costs_one_thing_and_the_node_goes_on(string place)
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await using var carol = new TestNode("carol");
        await TestNode.JoinAsync(alice, carol);
        MemoryLink cable = await TestNode.JoinAsync(alice, bob);
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);

        int thrown = 0;
        alice.Node.Faults.Probe = at =>
        {
            if (at == place && Interlocked.Exchange(ref thrown, 1) == 0)
                throw new InvalidOperationException("a fault for a test");
        };
        await ProvokeAsync(alice, bob, carol, cable);
        Assert.True(thrown == 1, $"nothing led to {place}");
        alice.Node.Faults.Probe = null;

        // Whatever it cost, a new cable is as good as ever, and so is every command.
        await TestNode.JoinAsync(alice, bob);
        await DeliversAsync(alice, bob);
        await DeliversAsync(bob, alice);
        Assert.True((bool)(await alice.AskAsync(new ControlRequest { Command = "metrics" }))["ok"]!);
        Assert.False(alice.Node.LoopEnded.IsCompleted);
        Assert.Equal(1, alice.Node.Faults.Counts.Sum(c => c.Value));
    }

    /// <summary>Does a little of everything; what of it fails is the test's business, not this method's.</summary>
    private static async Task ProvokeAsync(TestNode alice, TestNode bob, TestNode carol, MemoryLink cable)
    {
        using ControlClient watcher = alice.Connect();
        await watcher.SendAsync(new ControlRequest { Command = "events" }, CancellationToken.None);
        await Task.WhenAll(TryAsync(alice, bob), TryAsync(bob, alice), TryAsync(carol, bob), TryAsync(bob, carol), TryAsync(alice, alice));
        await TryAskAsync(alice, new ControlRequest { Command = "announce" });
        await TryAskAsync(alice, new ControlRequest { Command = "alias", Alias = "bob", To = bob.Address });
        alice.Node.LinkEvents.Writable(cable);
        // Held for somebody who is away, and given up by the neighbour who is taken for broken.
        cable.Close(new LinkEnd(LinkEndCode.Closed));
        await TryAsync(carol, bob);
        MemoryLink again = await TestNode.JoinAsync(alice, bob);
        await TryAsync(alice, bob);
        await TryAsync(bob, carol);
        for (int i = 0; i < 16; i++)
            again.Hurt([0xFF, 0xFF, 0xFF]);
        await Task.Delay(500);
    }

    private static async Task TryAsync(TestNode from, TestNode to) =>
        await TryAskAsync(from, new ControlRequest { Command = "send", To = to.Address, Text = "hello", Wait = "delivered" });

    private static async Task TryAskAsync(TestNode node, ControlRequest request)
    {
        using ControlClient client = node.Connect();
        await client.SendAsync(request, CancellationToken.None);
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(700));
        try
        {
            await client.ReadLineAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // The fault may have cost just this.
        }
    }

    private static async Task DeliversAsync(TestNode from, TestNode to)
    {
        await from.HasRouteAsync(to);
        JsonNode reply = await from.SendAsync(to, "still here", "delivered").WaitAsync(Patience);
        Assert.Equal("delivered", (string?)reply["result"]?["state"]);
    }
}
