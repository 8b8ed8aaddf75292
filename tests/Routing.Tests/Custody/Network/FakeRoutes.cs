using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody.Network;

/// <summary>Routes that a test sets by hand; remembers what it was told.</summary>
internal sealed class FakeRoutes : IRoutes
{
    private readonly Dictionary<NodeAddress, NextHop[]> _table = [];

    public List<(NodeAddress Destination, LinkId Link)> Penalised { get; } = [];

    public List<(NodeAddress Destination, LinkId Link)> Trusted { get; } = [];

    public HashSet<NodeAddress> Wanted { get; } = [];

    public int UnansweredCalls { get; private set; }

    public int LostSamples { get; private set; }

    public IRouteEvents Events { get; set; } = null!;

    public Instant NextDue => Instant.Never;

    public void Set(in NodeAddress destination, params LinkId[] links)
    {
        bool gained = links.Length > 0;
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
            _table[destination] = [.. _table[destination].Where(hop => hop.Link != link)];
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

    public Announce? FindAnnounce(in NodeAddress address) => null;

    public void RestoreAnnounce(Announce announce)
    {
    }

    public void Reannounce(Instant now)
    {
    }
}
