using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Tests.Loop;

/// <summary>
/// A fault anywhere costs one thing: the link, the envelope, the command it came with. The loop ends only by order.
/// </summary>
public sealed class ContainmentTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_fault_at_any_place_costs_one_thing_is_counted_and_the_node_goes_on()
    {
        await using var scene = new FaultScene();
        await scene.JoinAsync();
        TestNode alice = scene.Alice;
        int before = 0;
        foreach (FaultPlace place in Enum.GetValues<FaultPlace>())
        {
            // What a whole daemon does besides.
            if (place is FaultPlace.Upkeep or FaultPlace.Reload)
                continue;
            int thrown = 0, made = 0;
            alice.Node.Faults.Probe = at =>
            {
                if (at == place && Interlocked.Exchange(ref thrown, 1) == 0)
                    throw new InvalidOperationException($"a fault for a test: {place}");
                // Some places are reached only after a fault at another.
                if (at != place && Leads(at, place) && Interlocked.Exchange(ref made, 1) == 0)
                    throw new InvalidOperationException($"a fault that leads to {place}");
            };
            await scene.ProvokeAsync(place, () => Volatile.Read(ref thrown) == 1);
            Assert.True(thrown == 1, $"nothing led to {place}");
            alice.Node.Faults.Probe = null;

            await scene.GoesOnAsync(place);
            before += thrown + made;
            Assert.Equal((place, before), (place, (int)alice.Node.Faults.Counts.Sum(c => c.Value)));
        }

        Assert.False(alice.Node.LoopEnded.IsCompleted);
        string metrics = (await alice.AskAsync(Commands.Metrics)).Text;
        Assert.Equal(before, metrics.Split('\n').Where(l => l.StartsWith("qpc_faults_total{", StringComparison.Ordinal))
            .Sum(l => int.Parse(l[(l.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture)));
        // Each kind was said, and only now and then.
        int said = alice.Log.Count(l => l.Contains("a fault of this program", StringComparison.Ordinal)
            || l.Contains(" failed (", StringComparison.Ordinal));
        Assert.InRange(said, alice.Node.Faults.Counts.Count(c => c.Value > 0), before - 1);
    }

    [Theory]
    [InlineData(FaultSeamName.Link, nameof(FaultPlace.LinkDown))]
    [InlineData(FaultSeamName.Link, nameof(FaultPlace.Writable))]
    [InlineData(FaultSeamName.Link, nameof(FaultPlace.FlushLink))]
    [InlineData(FaultSeamName.Link, nameof(FaultPlace.Send))]
    public async Task A_link_over_which_a_fault_came_is_gone_from_every_table(string seam, string name)
    {
        FaultPlace place = Enum.Parse<FaultPlace>(name);
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        MemoryLink cable = await TestNode.JoinAsync(alice, bob);
        await alice.HasRouteAsync(bob);

        alice.Node.Faults.Probe = at =>
        {
            if (at == place)
                throw new InvalidOperationException("a fault for a test");
        };
        if (place == FaultPlace.LinkDown)
            cable.Close(new LinkEnd(LinkEndCode.Closed));
        else if (place == FaultPlace.Writable)
            alice.Node.LinkEvents.Writable(cable);
        else
            await alice.ReplyAsync(
                Commands.Send, new() { To = bob.Address, Text = "over a link that fails", Wait = "queued" });

        await EventuallyAsync("no link", async () => (await alice.AskAsync(Commands.Peers)).Count == 0);
        Assert.DoesNotContain(await alice.AskAsync(Commands.Routes), r => r.NextHop is not null);
        Assert.Contains(alice.Node.Faults.Counts, c => c.Key.ToString() == seam && c.Value > 0);
        alice.Node.Faults.Probe = null;
        await TestNode.JoinAsync(alice, bob);
        await alice.HasRouteAsync(bob);
    }

    [Theory]
    [InlineData(nameof(FaultPlace.Work))]
    [InlineData(nameof(FaultPlace.Stored))]
    [InlineData(nameof(FaultPlace.Write))]
    [InlineData(nameof(FaultPlace.StateChanged))]
    [InlineData(nameof(FaultPlace.Command))]
    public async Task Every_request_is_answered_though_everything_fails_at(string name)
    {
        FaultPlace place = Enum.Parse<FaultPlace>(name);
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await TestNode.JoinAsync(alice, bob);
        await alice.HasRouteAsync(bob);
        using ControlClient client = alice.Connect();
        byte[][] requests =
        [
            Commands.Send.ToLine(new SendRequest { To = bob.Address, Text = "wanted", Wait = "delivered" }),
            Commands.Send.ToLine(new SendRequest { To = alice.Address, Text = "to myself", Wait = "delivered" }),
            Commands.Send.ToLine(new SendRequest { To = bob.Address, Text = "wanted", Wait = "queued" }),
            .. ((CommandSpec[])[Commands.Status, Commands.Metrics, Commands.Messages, Commands.Queue])
                .Select(static c => c.ToLine(c.NewRequest())),
            Commands.Alias.ToLine(new AliasRequest { Alias = "bob", To = bob.Address }),
            Commands.LiteCreate.ToLine(new LiteCreateRequest { Name = "group" }),
            .. ((CommandSpec[])[Commands.Announce, Commands.Peers, Commands.Requests])
                .Select(static c => c.ToLine(c.NewRequest())),
        ];
        alice.Node.Faults.Probe = at =>
        {
            if (at == place)
                throw new InvalidOperationException("a fault for a test");
        };

        foreach (byte[] request in requests)
            await client.SendAsync(request, CancellationToken.None);
        // Of commands of many kinds, in the order in which they are ready: all that they have in common is this.
        var granted = new List<bool>();
        foreach (byte[] _ in requests)
            granted.Add((bool)(await TestNode.ReadAsync(client))["ok"]!);

        Assert.Contains(false, granted);
        alice.Node.Faults.Probe = null;
        await alice.SendAsync(bob, "again", "delivered");
    }

    [Fact]
    public async Task A_thousand_faults_are_counted_and_said_once_a_minute()
    {
        await using var alice = new TestNode("alice");
        alice.Node.Faults.Probe = static at =>
        {
            if (at == FaultPlace.Work)
                throw new InvalidOperationException("a fault for a test");
        };
        for (int i = 0; i < 1000; i++)
            await Assert.ThrowsAsync<InvalidOperationException>(() => alice.Node.AskAsync(static _ => true));
        alice.Node.Faults.Probe = null;
        Assert.True(await alice.Node.AskAsync(static _ => true).WaitAsync(Patience));
        Assert.Equal(1000, alice.Node.Faults.Counts.Single(c => c.Key == FaultSeam.Work).Value);
        Assert.Single(alice.Log, l => l.Contains("a fault of this program", StringComparison.Ordinal));
    }

    [Fact]
    public void Upkeep_and_reloads()
    {
        // What is not reached by a node alone is contained by the same hand; the daemon's own tests lead there.
        var faults = new Faults(Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, TimeProvider.System);
        faults.Contain(FaultSeam.Upkeep, FaultPlace.Upkeep,
            static () => throw new InvalidOperationException("a fault for a test"));
        faults.Probe = static _ => throw new InvalidOperationException("a fault for a test");
        faults.Contain(FaultSeam.Upkeep, FaultPlace.Upkeep, static () => Assert.Fail("the probe comes first"));
        Assert.Equal(2, faults.Counts.Single(c => c.Key == FaultSeam.Upkeep).Value);
    }

    /// <summary>Whether a fault at one place makes the node come to another.</summary>
    private static bool Leads(FaultPlace from, FaultPlace to) => (from, to) switch
    {
        (FaultPlace.Send, FaultPlace.CloseBroken or FaultPlace.DropBroken or FaultPlace.Amend) => true,
        (FaultPlace.Write, FaultPlace.NotStored) => true,
        (FaultPlace.Open, FaultPlace.Rejected) => true,
        _ => false,
    };

    private static async Task EventuallyAsync(string what, Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!await condition())
        {
            Assert.False(limit.IsCancellationRequested, what);
            await Task.Delay(20);
        }
    }

    private static class FaultSeamName
    {
        internal const string Link = nameof(FaultSeam.Link);
    }
}
