using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

/// <summary>One simulated node: the real route half, its actions going into the network.</summary>
internal sealed class RouteNode : IRouterActions, IRouteEvents, IAnnounceSource
{
    private readonly RouteNetwork _network;
    private readonly NumberedKeys _keys;

    public RouteNode(RouteNetwork network, int number)
    {
        _network = network;
        Number = number;
        _keys = new NumberedKeys(number);
        Address = _keys.Address;
    }

    public int Number { get; }

    public NodeAddress Address { get; }

    public ReadOnlyMemory<byte> PublicKey => _keys.Public;

    public RouteProtocol Routes { get; private set; } = null!;

    /// <summary>The sequence that it announces; before a start, the one that it starts above.</summary>
    public uint SavedSequence
    {
        get => Math.Min(Routes?.Sequence ?? OnDisk, OnDisk);
        set => OnDisk = value;
    }

    /// <summary>What a restart reads: some sequences are used without another write.</summary>
    public uint OnDisk { get; private set; }

    public string Name { get; set; } = "node";

    public Dictionary<NodeAddress, byte[]> SavedAnnounces { get; } = [];

    public HashSet<NodeAddress> Gained { get; } = [];

    public HashSet<NodeAddress> Lost { get; } = [];

    public List<LinkId> Silent { get; } = [];

    public Dictionary<LinkId, RouteLinkEnd> Links { get; } = [];

    public long BytesSent { get; set; }

    /// <summary>Starts, or starts again with what was saved.</summary>
    public void Start(Instant now, int seed)
    {
        Routes = new RouteProtocol(
            _network.Options, Address, this, _network.Verifier, OnDisk, this, this, new Random(seed), now);
        foreach (byte[] saved in SavedAnnounces.Values)
        {
            if (Announce.TryRestore(saved, out Announce? announce))
                Routes.RestoreAnnounce(announce);
        }
    }

    public void LoseState()
    {
        SavedSequence = 0;
        SavedAnnounces.Clear();
    }

    public NextHop[] NextHops(RouteNode destination)
    {
        Span<NextHop> best = stackalloc NextHop[16];
        return best[..Routes.FindNextHops(_network.Now, destination.Address, best)].ToArray();
    }

    public RouteNode PeerOf(LinkId link) => Links[link].Far.Node;

    Announce IAnnounceSource.Create(uint sequence) =>
        Announce.Create(sequence, _keys.Public, Capabilities.Relay, null, Name, _keys.Sign);

    bool IRouterActions.Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        BytesSent += 2 + frame.Length;
        return _network.Send(Links[link], frame);
    }

    bool IRouterActions.Broadcast(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        BytesSent += frame.Length;
        foreach (RouteLinkEnd end in Links.Values)
        {
            if (end.Link.Properties.Medium == Links[link].Link.Properties.Medium)
                _network.Send(end, frame);
        }

        return true;
    }

    void IRouterActions.CloseLink(LinkId link, LinkEnd reason) => _network.CloseSoon(Links[link].Link);

    uint? IRouterActions.Repeats(LinkId link) => Links[link].Link.Repeats;

    void IRouterActions.PersistEnvelope(long token, in EnvelopeId id, in HeldEnvelope held,
        ReadOnlySpan<byte> envelope) =>
        throw new InvalidOperationException();

    void IRouterActions.ForgetEnvelope(in EnvelopeId id) => throw new InvalidOperationException();

    void IRouterActions.LoadEnvelope(in EnvelopeId id) => throw new InvalidOperationException();

    void IRouterActions.PersistSeen(in EnvelopeId id, byte generation) => throw new InvalidOperationException();

    void IRouterActions.PersistAnnounce(in NodeAddress address, uint sequence, ReadOnlySpan<byte> announce) =>
        SavedAnnounces[address] = announce.ToArray();

    void IRouterActions.ForgetAnnounce(in NodeAddress address) => SavedAnnounces.Remove(address);

    void IRouterActions.PersistSequence(uint sequence) => OnDisk = sequence;

    void IRouterActions.Deliver(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload) =>
        throw new InvalidOperationException();

    void IRouterActions.StateChanged(in EnvelopeId id, MessageState state, StateReason reason, int hops) =>
        throw new InvalidOperationException();

    void IRouterActions.RouteChanged(in NodeAddress destination) => _network.RouteChanged(destination);

    void IRouteEvents.RouteGained(in NodeAddress destination) => Gained.Add(destination);

    void IRouteEvents.RouteLost(in NodeAddress destination) => Lost.Add(destination);

    void IRouteEvents.LinkSilent(LinkId link) => Silent.Add(link);

    void IRouteEvents.LinkStalled(LinkId link)
    {
    }
}
