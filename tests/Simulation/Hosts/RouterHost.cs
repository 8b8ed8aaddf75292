using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>
/// The router of the node program on a simulated node, with a host that stores and delivers as the daemon does:
/// everything it answers comes back later, as an event.
/// </summary>
public sealed partial class RouterHost : INodeProgram
{
    private readonly World _world;
    private readonly Node _node;
    private readonly NodeIdentity _identity;
    private readonly NodeStore _store;
    private readonly List<Node?> _peers = [];
    private Node? _comingUp;

    /// <summary>Boots a node, with what its store kept of an earlier life.</summary>
    public RouterHost(World world, Node node, NodeIdentity identity, NodeStore store, bool liar)
    {
        _world = world;
        _node = node;
        _identity = identity;
        _store = store;
        _liar = liar;
        var self = new LocalNode(identity.PublicKey, identity.Sign, world.Topology.Names[node.Index]);
        Router = new Router(world.RouterOptions, self, world.Announces, this,
            new Random(Seed(world.Options.Seed, node.Index, node.Life)),
            store.Sequence, node.Network.Now);
        Restore();
    }

    /// <summary>The router.</summary>
    public Router Router { get; }

    /// <inheritdoc/>
    public Instant NextDue => Router.NextDue;

    /// <summary>The neighbour at the far end of a link.</summary>
    public Node? PeerOf(LinkId link) => (uint)link.Value < (uint)_peers.Count ? _peers[link.Value] : null;

    /// <inheritdoc/>
    public LinkId LinkUp(Instant now, Node peer, LinkProperties properties, bool outbound)
    {
        NodeIdentity other = _world.Identities[peer.Index];
        _comingUp = peer;
        LinkId id = Router.LinkUp(
            now, new LinkDescription(other.Address, other.PublicKey, properties, peer.BootId, outbound));
        _comingUp = null;
        while (_peers.Count <= id.Value)
            _peers.Add(null);
        _peers[id.Value] = peer;
        return id;
    }

    /// <inheritdoc/>
    public void LinkDown(Instant now, LinkId link)
    {
        _peers[link.Value] = null;
        Router.LinkDown(now, link);
    }

    /// <inheritdoc/>
    public void LinkWritable(Instant now, LinkId link) => Router.LinkWritable(now, link);

    /// <inheritdoc/>
    public void Receive(Instant now, LinkId link, ReadOnlySpan<byte> frame) => Router.Receive(now, link, frame);

    /// <inheritdoc/>
    public void EndOfBatch(Instant now) => Router.EndOfBatch(now);

    /// <inheritdoc/>
    public void Tick(Instant now) => Router.Tick(now);

    /// <inheritdoc/>
    public void Stopped(Instant now, bool inOrder)
    {
        if (inOrder)
            FinishWrites();
        _store.Stop(now, inOrder);
    }

    /// <summary>The user writes: message and envelope are stored in one transaction, then the router has it.</summary>
    public SendStatus SendMessage(Message message)
    {
        Span<byte> payload = stackalloc byte[Message.PayloadSize];
        Span<byte> proof = stackalloc byte[Message.ProofSize];
        message.WritePayload(payload);
        Message.WriteProof(message.Number, proof);
        var outgoing = new OutgoingEnvelope
        {
            Kind = EnvelopeKind.Sealed,
            Destination = _world.Identities[message.Destination].Address,
            Priority = Priority.Normal,
            WantsReceipt = true,
            Lifetime = World.MessageLifetime,
            Payload = payload,
            ReceiptProof = proof,
            AlreadyPersisted = true,
        };
        byte[] bytes = new byte[Envelope.SizeOf(payload.Length)];
        Envelope.Write(bytes, outgoing.Header(_world.RouterOptions.HopLimit), payload);
        _ = Envelope.TryRead(bytes, out Envelope envelope);
        EnvelopeId id = envelope.ComputeId();
        _store.Envelopes[id] =
            new StoredEnvelope(
                new HeldEnvelope(_identity.Address, true, World.MessageLifetime, proof.ToArray()), bytes);
        _world.Sent(id, message);
        return Router.Send(_node.Network.Now, outgoing).Status;
    }

    // Not HashCode.Combine: that gives other numbers in every process.
    private static int Seed(int run, int node, int life) => unchecked(((run * 1_000_003 + node) * 1_000_003) + life);

    private void Restore()
    {
        foreach (byte[] bytes in _store.Announces.Values)
        {
            if (!Announce.TryRestore(bytes, out Announce? announce))
                throw new InvalidDataException("the store holds something that is no announce");
            Router.RestoreAnnounce(announce);
        }

        foreach ((EnvelopeId id, _) in _store.Seen)
            Router.RestoreSeen(id);
        foreach ((EnvelopeId id, StoredEnvelope stored) in _store.Envelopes)
        {
            if (!EnvelopeHeader.TryRead(stored.Bytes, out EnvelopeHeader header))
                throw new InvalidDataException("the store holds something that is no envelope");
            Router.RestoreEnvelope(id, stored.Held, header, stored.Bytes.Length);
        }
    }
}
