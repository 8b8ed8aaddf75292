using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Custody;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

/// <summary>What waits, and whose turn it is.</summary>
public sealed class FlowSchedulerTests
{
    private static readonly LinkId _link = new(0);

    private readonly Slab<HeldEntry> _entries = new();
    private readonly Slab<HeldDestination> _destinations = new();
    private readonly List<LinkState?> _links = [];
    private readonly FlowScheduler _flows;

    public FlowSchedulerTests()
    {
        _flows = new FlowScheduler(_entries, _destinations, _links);
        var options = new RouterOptions();
        var description = new LinkDescription(new NodeAddress(1, 1), default, LinkProperties.Stream, 1, Outbound: true);
        var source = new Source(0, options, default);
        _links.Add(new LinkState(description, source, options, new AnswerBudget(1), 1, default));
    }

    private LinkState Link => _links[0]!;

    [Fact]
    public void Destinations_of_a_class_get_the_same_bytes_whatever_the_size_of_their_envelopes()
    {
        int large = NewDestination(), small = NewDestination();
        for (int i = 0; i < 100; i++)
            Enter(large, FrameClass.Normal, 2000, front: false);
        for (int i = 0; i < 1000; i++)
            Enter(small, FrameClass.Normal, 100, front: false);
        int[] sent = new int[2];
        while (sent.Sum() < 100_000)
        {
            int index = Take();
            sent[_entries[index].Destination == large ? 0 : 1] += _entries[index].Size;
        }

        Assert.InRange(sent[0], 45_000, 55_000);
        Assert.InRange(sent[1], 45_000, 55_000);
    }

    [Fact]
    public void A_more_urgent_class_goes_first_and_a_flow_keeps_its_order()
    {
        int destination = NewDestination();
        int later = Enter(destination, FrameClass.Low, 10, front: false);
        int last = Enter(destination, FrameClass.Low, 10, front: false);
        int returned = Enter(destination, FrameClass.Low, 10, front: true);
        int urgent = Enter(destination, FrameClass.Emergency, 10, front: false);
        Assert.Equal([urgent, returned, later, last], (int[])[Take(), Take(), Take(), Take()]);
        Assert.Equal(-1, _flows.NextInTurn(Link));
        Assert.Equal(0, Link.Waiting);
    }

    [Fact]
    public void When_a_link_goes_what_waited_for_it_waits_for_any_way_on()
    {
        int first = NewDestination(), second = NewDestination();
        int own = Enter(first, FrameClass.Normal, 10, front: false, own: true);
        int other = Enter(second, FrameClass.Normal, 10, front: false);
        _flows.Release(Link);
        Assert.Equal((0, -1), (Link.Waiting, _flows.NextInTurn(Link)));
        Assert.Equal((own, other),
            (_flows.FirstHeld(first, FrameClass.Normal), _flows.FirstHeld(second, FrameClass.Normal)));
        Assert.True(_flows.IsHeld(_entries[own]));
        Assert.Equal((true, false), (_flows.HoldsOwn(first), _flows.HoldsOwn(second)));
        var mine = new List<int>();
        Assert.True(_flows.CollectOwn(first, 10, mine));
        Assert.Equal([own], mine);
        Assert.True(_flows.TryTakeStirred(out int stirred));
        Assert.True(_flows.TryTakeStirred(out int next));
        Assert.Equal([first, second], ((int[])[stirred, next]).Order());
        Assert.False(_flows.TryTakeStirred(out _));
    }

    [Fact]
    public void Whatever_comes_and_goes_everything_leaves_once()
    {
        var random = new Random(1);
        int[] destinations = [NewDestination(), NewDestination(), NewDestination()];
        var waiting = new HashSet<int>();
        for (int i = 0; i < 20_000; i++)
        {
            if (random.Next(3) > 0 || waiting.Count == 0)
            {
                Assert.True(waiting.Add(Enter(
                    destinations[random.Next(3)], (FrameClass)random.Next(LinkState.Rings.Classes),
                    random.Next(1, 3000),
                    front: random.Next(2) == 0)));
            }
            else
            {
                Assert.True(waiting.Remove(Take()));
            }

            Assert.Equal(waiting.Count, Link.Waiting);
        }

        while (waiting.Count > 0)
            Assert.True(waiting.Remove(Take()));
        Assert.All(destinations, d => Assert.Equal(0, _destinations[d].FirstFlowPlusOne));
    }

    private int NewDestination() => _destinations.Allocate();

    private int Enter(int destination, FrameClass frameClass, int size, bool front, bool own = false)
    {
        int index = _entries.Allocate();
        ref HeldEntry entry = ref _entries[index];
        entry.Destination = destination;
        entry.Class = frameClass;
        entry.Size = size;
        entry.Own = own;
        _destinations[destination].Held.Add(size);
        _flows.Enter(index, _link.Value, front);
        return index;
    }

    private int Take()
    {
        int index = _flows.NextInTurn(Link);
        ref HeldEntry entry = ref _entries[index];
        int flow = entry.Flow;
        bool isLast = _flows.IsLast(entry);
        _flows.Leave(index);
        _flows.Charge(flow, isLast, entry.Size);
        return index;
    }
}
