using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>A record as it lies on a node's disk; without bytes only its id is remembered.</summary>
public sealed record DiskRecord(KeptRecord Kept, byte[]? Bytes, Instant FirstSeen, Instant Ends);

/// <summary>
/// Gossip of the node program on a simulated node, alone: no router beside it. Its disk survives restarts; what was
/// written in the last moments before a power cut is lost.
/// </summary>
public sealed class GossipHost : INodeProgram, IGossipActions
{
    private const byte LoadDone = 0;
    private static readonly TimeSpan LoadTime = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan WriteDelay = TimeSpan.FromMilliseconds(200);

    private readonly GossipWorld _world;
    private readonly Node _node;
    private readonly Dictionary<GossipId, DiskRecord> _disk;
    private readonly Stack<int> _free = new();
    private readonly Queue<GossipId> _loads = [];
    private int _links;

    /// <summary>Boots a node, with what its disk kept of an earlier life.</summary>
    public GossipHost(GossipWorld world, Node node, Dictionary<GossipId, DiskRecord> disk)
    {
        _world = world;
        _node = node;
        _disk = disk;
        Instant now = node.Network.Now;
        var random = new Random(node.Index * 7919 + node.Life);
        Protocol = new GossipProtocol(world.Options, this, random, random.NextBytes, now);
        foreach ((GossipId id, DiskRecord row) in disk.ToArray())
        {
            if (row.Bytes is null)
                Protocol.RestoreDead(now, id, now - row.FirstSeen);
            else if (!Protocol.Restore(now, id, row.Kept with
            { Age = now - row.FirstSeen, LifetimeLeft = row.Ends - now }, row.Bytes))
                _disk.Remove(id);
        }
    }

    /// <summary>Gossip.</summary>
    public GossipProtocol Protocol { get; }

    /// <inheritdoc/>
    public Instant NextDue => Protocol.NextDue;

    /// <inheritdoc/>
    public long? UnixSeconds => _world.UnixSeconds;

    /// <inheritdoc/>
    public LinkId LinkUp(Instant now, Node peer, LinkProperties properties, bool outbound)
    {
        var id = new LinkId(_free.TryPop(out int free) ? free : _links++);
        NodeIdentity other = _world.Identities[peer.Index];
        Protocol.LinkUp(now, id, new LinkDescription(
            other.Address, other.PublicKey, properties, peer.BootId, outbound, (ulong)peer.Index + 1,
            Chosen: outbound));
        return id;
    }

    /// <inheritdoc/>
    public void LinkDown(Instant now, LinkId link)
    {
        Protocol.LinkDown(now, link);
        _free.Push(link.Value);
    }

    /// <inheritdoc/>
    public void LinkWritable(Instant now, LinkId link) => Protocol.LinkWritable(now, link);

    /// <inheritdoc/>
    public void Receive(Instant now, LinkId link, ReadOnlySpan<byte> frame)
    {
        if (!Protocol.Receive(now, link, frame))
            _world.Malformed++;
    }

    /// <inheritdoc/>
    public void EndOfBatch(Instant now) => Protocol.EndOfBatch(now);

    /// <inheritdoc/>
    public void Tick(Instant now) => Protocol.Tick(now);

    /// <inheritdoc/>
    public void Host(Instant now, int what, long token)
    {
        if (what != LoadDone)
            throw new InvalidOperationException($"nobody asked for {what}");
        GossipId id = _loads.Dequeue();
        Protocol.RecordLoaded(now, id, _disk.GetValueOrDefault(id)?.Bytes ?? []);
    }

    /// <inheritdoc/>
    public void Stopped(Instant now, bool inOrder)
    {
        if (inOrder)
            return;
        foreach ((GossipId id, DiskRecord row) in _disk.ToArray())
        {
            if (now - row.FirstSeen < WriteDelay)
                _disk.Remove(id);
        }
    }

    bool IGossipActions.Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        if ((FrameKind)frame[0] == FrameKind.GossipRecord)
            _world.Transmissions++;
        return _node.Send(link, frameClass, frame);
    }

    GossipJudgement IGossipActions.Judge(Instant now, in GossipId id, in GossipRecord record)
    {
        _world.Arrived(_node.Index, id, now);
        return _world.Judge(_node.Index, record);
    }

    void IGossipActions.PersistRecord(in GossipId id, in KeptRecord kept, ReadOnlySpan<byte> record)
    {
        Instant now = _node.Network.Now;
        _disk[id] = new DiskRecord(kept, record.ToArray(), now - kept.Age, now + kept.LifetimeLeft);
    }

    void IGossipActions.PersistDead(in GossipId id, TimeSpan age)
    {
        Instant now = _node.Network.Now;
        _disk[id] = new DiskRecord(default, null, now - age, now);
    }

    void IGossipActions.ForgetId(in GossipId id) => _disk.Remove(id);

    void IGossipActions.LoadRecord(in GossipId id)
    {
        _loads.Enqueue(id);
        _node.Network.ScheduleHost(_node, LoadTime, LoadDone, 0);
    }
}
