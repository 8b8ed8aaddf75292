using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody.Network;

/// <summary>Routes that a test sets by hand; remembers what it was told.</summary>
internal sealed class FakeRoutes : IRoutes
{
    private readonly Dictionary<NodeAddress, NextHop[]> _table = [];
    private readonly Dictionary<NodeAddress, (Instant Since, LinkId Last)> _lost = [];

    public List<(NodeAddress Destination, LinkId Link)> Penalised { get; } = [];

    public List<(NodeAddress Destination, LinkId Link)> Trusted { get; } = [];

    public HashSet<NodeAddress> Wanted { get; } = [];

    /// <summary>How far apart writes are, on all links.</summary>
    public TimeSpan Pace { get; set; }

    public TimeSpan PaceOf(LinkId link) => Pace;

    /// <summary>Destinations whose way is soon back.</summary>
    public HashSet<NodeAddress> ExpectedBack { get; } = [];

    public bool IsExpectedBack(in NodeAddress destination) => ExpectedBack.Contains(destination);

    public int UnansweredCalls { get; private set; }

    public int LostSamples { get; private set; }

    public IRouteEvents Events { get; set; } = null!;

    /// <summary>The records that are known.</summary>
    public Dictionary<NodeAddress, Announce> Announces { get; init; } = [];

    /// <summary>The network's time.</summary>
    public Func<Instant> Clock { get; init; } = () => default;

    public Instant NextDue => Instant.Never;

    public void Set(in NodeAddress destination, params LinkId[] links)
    {
        bool gained = links.Length > 0;
        NoteLoss(destination, links.Length);
        _table[destination] = [.. links.Select((link, i) => new NextHop(link, Metric.FromUnits((uint)(10 + i))))];
        if (gained)
            Events.RouteGained(destination);
        else
            Events.RouteLost(destination);
    }

    public void LinkUp(Instant now, LinkId link, in LinkDescription description)
    {
    }

    public void LinkDown(Instant now, LinkId link)
    {
        foreach (NodeAddress destination in _table.Keys.ToArray())
        {
            NextHop[] left = [.. _table[destination].Where(hop => hop.Link != link)];
            NoteLoss(destination, left.Length);
            _table[destination] = left;
        }

        foreach (NodeAddress destination in _lost.Keys.Where(lost => _lost[lost].Last == link).ToArray())
            _lost[destination] = _lost[destination] with { Last = LinkId.None };
    }

    private void NoteLoss(in NodeAddress destination, int left)
    {
        if (left == 0 && _table.TryGetValue(destination, out NextHop[]? had) && had.Length > 0)
            _lost[destination] = (Clock(), had[0].Link);
    }

    public void NoteHops(in NodeAddress destination, int hops)
    {
    }

    public Instant UnreachableSince(in NodeAddress destination, out LinkId lastNextHop)
    {
        (Instant since, lastNextHop) = _lost.TryGetValue(destination, out var lost) ? lost : (default, LinkId.None);
        return since;
    }

    public void LinkWritable(Instant now, LinkId link)
    {
    }

    public bool Receive(Instant now, LinkId link, FrameKind kind, ReadOnlySpan<byte> body) => body.Length > 0;

    public void Heard(Instant now, LinkId link)
    {
    }

    public void Unanswered(Instant now, LinkId link) => UnansweredCalls++;

    public void Sample(Instant now, LinkId link, bool arrived) => LostSamples += arrived ? 0 : 1;

    public void Tick(Instant now)
    {
    }

    public void EndOfBatch(Instant now)
    {
    }

    public int FindNextHops(Instant now, in NodeAddress destination, Span<NextHop> best)
    {
        if (!_table.TryGetValue(destination, out NextHop[]? hops))
            return 0;
        int count = Math.Min(hops.Length, best.Length);
        hops.AsSpan(0, count).CopyTo(best);
        return count;
    }

    public void Want(Instant now, in NodeAddress destination) => Wanted.Add(destination);

    public void Penalise(Instant now, in NodeAddress destination, LinkId link) => Penalised.Add((destination, link));

    public void Trust(Instant now, in NodeAddress destination, LinkId link) => Trusted.Add((destination, link));

    public bool TryGetPublicKey(in NodeAddress address, out ReadOnlySpan<byte> publicKey)
    {
        publicKey = default;
        return false;
    }

    public Announce? FindAnnounce(in NodeAddress address) => Announces.GetValueOrDefault(address);

    public void RestoreAnnounce(Announce announce)
    {
    }

    public void Reannounce(Instant now)
    {
    }
}
