using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>A router with a host that takes every text and proves it.</summary>
public sealed class BundleHost : INodeProgram, IRouterActions
{
    private const byte WriteDone = 0;
    private const byte DeliverDone = 1;
    private static readonly TimeSpan WriteTime = TimeSpan.FromMilliseconds(5);

    private readonly BundleWorld _world;
    private readonly Node _node;
    private readonly NodeIdentity _identity;
    private readonly HashSet<EnvelopeId> _inbox = [];
    private readonly Queue<long> _writes = new();
    private readonly Queue<(long Token, EnvelopeId Id, byte[] Payload)> _deliveries = new();

    internal BundleHost(BundleWorld world, Node node, IAnnounceVerifier verifier)
    {
        _world = world;
        _node = node;
        _identity = world.Identities[node.Index];
        var self = new LocalNode(_identity.PublicKey, _identity.Sign, "");
        Router = new Router(
            new RouterOptions(), self, verifier, this, new Random(world.Seed * 1_000_003 + node.Index), 0,
            node.Network.Now);
    }

    /// <summary>The router.</summary>
    public Router Router { get; }

    /// <inheritdoc/>
    public Instant NextDue => Router.NextDue;

    /// <inheritdoc/>
    public LinkId LinkUp(Instant now, Node peer, LinkProperties properties, bool outbound)
    {
        NodeIdentity other = _world.Identities[peer.Index];
        return Router.LinkUp(
            now, new LinkDescription(other.Address, other.PublicKey, properties, peer.BootId, outbound));
    }

    /// <inheritdoc/>
    public void LinkDown(Instant now, LinkId link) => Router.LinkDown(now, link);

    /// <inheritdoc/>
    public void LinkWritable(Instant now, LinkId link) => Router.LinkWritable(now, link);

    /// <inheritdoc/>
    public void Receive(Instant now, LinkId link, ReadOnlySpan<byte> frame) => Router.Receive(now, link, frame);

    /// <inheritdoc/>
    public void EndOfBatch(Instant now) => Router.EndOfBatch(now);

    /// <inheritdoc/>
    public void Tick(Instant now) => Router.Tick(now);

    /// <inheritdoc/>
    public void Stopped(Instant now, bool inOrder) =>
        throw new InvalidOperationException("the nodes of this world stay on");

    /// <inheritdoc/>
    public void Host(Instant now, int what, long token)
    {
        if (what == WriteDone)
        {
            Router.Persisted(now, _writes.Dequeue());
            return;
        }

        (long delivery, EnvelopeId id, byte[] payload) = _deliveries.Dequeue();
        bool isNew = _inbox.Add(id);
        _world.Delivered += isNew ? 1 : 0;
        Router.DeliveryDone(
            now, delivery, isNew ? DeliveryOutcome.Accepted : DeliveryOutcome.AlreadyHave,
            _world.Identities[BitConverter.ToInt32(payload)].Address, BundleWorld.Proof(payload, _identity.Address));
    }

    /// <summary>The same words to each: the host hands them to the router in one go.</summary>
    internal void Send(IReadOnlyList<int> to, byte[] payload)
    {
        foreach (int node in to)
        {
            NodeIdentity receiver = _world.Identities[node];
            SendResult sent = Router.Send(_node.Network.Now, new OutgoingEnvelope
            {
                Kind = EnvelopeKind.Mls,
                Destination = receiver.Address,
                Priority = Priority.Normal,
                WantsReceipt = true,
                Lifetime = BundleWorld.Lifetime,
                Payload = payload,
                ReceiptProof = BundleWorld.Proof(payload, receiver.Address),
                AlreadyPersisted = true,
            });
            if (sent.Status != SendStatus.Queued)
                throw new InvalidOperationException($"the router of node {_node.Index} refused a text: {sent.Status}");
        }
    }

    bool IRouterActions.Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame) =>
        _node.Send(link, frameClass, frame);

    bool IRouterActions.Broadcast(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame) =>
        _node.Send(link, frameClass, frame);

    void IRouterActions.CloseLink(LinkId link, LinkEnd reason) => _node.Close(link);

    void IRouterActions.LinkUsed(LinkId link) => _node.MarkUsed(link);

    void IRouterActions.PersistEnvelope(
        long token, in EnvelopeId id, in HeldEnvelope held, ReadOnlySpan<byte> envelope)
    {
        _writes.Enqueue(token);
        _node.Network.ScheduleHost(_node, WriteTime, WriteDone, 0);
    }

    void IRouterActions.ForgetEnvelope(in EnvelopeId id)
    {
    }

    void IRouterActions.LoadEnvelope(in EnvelopeId id) =>
        throw new InvalidOperationException("everything fits into memory here");

    void IRouterActions.PersistSeen(in EnvelopeId id, byte generation)
    {
    }

    void IRouterActions.PersistAnnounce(
        in NodeAddress address, uint sequence, ReadOnlySpan<byte> announce)
    {
    }

    void IRouterActions.ForgetAnnounce(in NodeAddress address)
    {
    }

    void IRouterActions.PersistSequence(uint sequence)
    {
    }

    void IRouterActions.Deliver(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload)
    {
        _deliveries.Enqueue((token, id, payload.ToArray()));
        _node.Network.ScheduleHost(_node, WriteTime, DeliverDone, 0);
    }

    void IRouterActions.StateChanged(in EnvelopeId id, MessageState state, StateReason reason, int hops) =>
        _world.Proven += state == MessageState.Delivered ? 1 : 0;

    void IRouterActions.RouteChanged(in NodeAddress destination)
    {
    }
}
