using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>What the router wants done.</summary>
public sealed partial class RouterHost : IRouterActions
{
    private const byte WriteDone = 0;
    private const byte LoadDone = 1;
    private const byte DeliverDone = 2;

    private static readonly TimeSpan WriteTime = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LoadTime = TimeSpan.FromMilliseconds(1);

    // Writes are done one after another; a load or a delivery answers for the oldest one asked for.
    private readonly Queue<PendingWrite> _writes = new();
    private readonly Queue<EnvelopeId> _loads = new();
    private readonly Queue<(long Token, EnvelopeId Id, int Message)> _deliveries = new();
    private readonly bool _liar;

    private readonly record struct PendingWrite(long Token, EnvelopeId Id, StoredEnvelope? Envelope);

    /// <inheritdoc/>
    public bool Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame) =>
        Send(link, frameClass, frame, everyone: false);

    /// <inheritdoc/>
    public bool Broadcast(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame) =>
        Send(link, frameClass, frame, everyone: true);

    private bool Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame, bool everyone)
    {
        if (!_liar || (FrameKind)frame[0] != FrameKind.RouteUpdate)
            return _node.Send(link, frameClass, frame, everyone);
        Span<byte> lie = frame.Length <= 4096 ? stackalloc byte[frame.Length] : new byte[frame.Length];
        frame.CopyTo(lie);
        Falsify(lie[1..]);
        return _node.Send(link, frameClass, lie, everyone);
    }

    /// <inheritdoc/>
    public void CloseLink(LinkId link, LinkEnd reason)
    {
        _world.Closed(reason.Code);
        _node.Close(link);
    }

    /// <inheritdoc/>
    public void LinkUsed(LinkId link) => _node.MarkUsed(link);

    /// <inheritdoc/>
    public uint? Repeats(LinkId link) => _node.RepeatsOf(link);

    /// <inheritdoc/>
    public void PersistEnvelope(long token, in EnvelopeId id, in HeldEnvelope held, ReadOnlySpan<byte> envelope)
    {
        var copy = held with { ReceiptProof = held.ReceiptProof.ToArray() };
        _world.DiskWrites++;
        QueueWrite(new PendingWrite(token, id, new StoredEnvelope(copy, envelope.ToArray())));
    }

    /// <inheritdoc/>
    public void ForgetEnvelope(in EnvelopeId id) => QueueWrite(new PendingWrite(0, id, null));

    /// <inheritdoc/>
    public void LoadEnvelope(in EnvelopeId id)
    {
        _loads.Enqueue(id);
        _node.Network.ScheduleHost(_node, LoadTime, LoadDone, 0);
    }

    /// <inheritdoc/>
    public void PersistSeen(in EnvelopeId id, byte generation) => _store.KeepSeen(_node.Network.Now, id, generation);

    /// <inheritdoc/>
    public void PersistAnnounce(in NodeAddress address, uint sequence, ReadOnlySpan<byte> announce) =>
        _store.KeepAnnounce(address, announce);

    /// <inheritdoc/>
    public void ForgetAnnounce(in NodeAddress address) => _store.Announces.Remove(address);

    /// <inheritdoc/>
    public void PersistSequence(uint sequence) => _store.Sequence = sequence;

    /// <inheritdoc/>
    public void Deliver(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload)
    {
        _deliveries.Enqueue((token, id, Message.NumberIn(payload)));
        _node.Network.ScheduleHost(_node, WriteTime, DeliverDone, 0);
    }

    /// <inheritdoc/>
    public void StateChanged(in EnvelopeId id, MessageState state, StateReason reason, int hops) =>
        _world.StateChanged(id, state);

    /// <inheritdoc/>
    public void RouteChanged(in NodeAddress destination) => _world.RouteChanges++;

    /// <inheritdoc/>
    public void Host(Instant now, int what, long token)
    {
        switch (what)
        {
            case WriteDone:
                PendingWrite write = _writes.Dequeue();
                Apply(write);
                if (write.Envelope is not null)
                    Router.Persisted(now, write.Token);
                break;
            case LoadDone:
                EnvelopeId id = _loads.Dequeue();
                Router.EnvelopeLoaded(now, id, _store.Envelopes.TryGetValue(id, out StoredEnvelope? stored)
                    ? stored.Bytes : []);
                break;
            default:
                (long delivery, EnvelopeId delivered, int number) = _deliveries.Dequeue();
                bool added = _store.Inbox.Add(delivered);
                _world.Offered(number, _node.Index, added);
                Span<byte> proof = stackalloc byte[Message.ProofSize];
                Message.WriteProof(number, proof);
                DeliveryOutcome outcome = added ? DeliveryOutcome.Accepted : DeliveryOutcome.AlreadyHave;
                Router.DeliveryDone(
                    now, delivery, outcome, _world.Identities[_world.Messages[number].Source].Address, proof);
                break;
        }
    }

    private void QueueWrite(PendingWrite write)
    {
        _writes.Enqueue(write);
        _node.Network.ScheduleHost(_node, WriteTime, WriteDone, 0);
    }

    private void Apply(PendingWrite write)
    {
        if (write.Envelope is null)
            _store.Envelopes.Remove(write.Id);
        else
            _store.Envelopes[write.Id] = write.Envelope;
    }

    private void FinishWrites()
    {
        while (_writes.TryDequeue(out PendingWrite write))
            Apply(write);
    }

    /// <summary>Replaces the metric of every route that is not the node's own.</summary>
    private void Falsify(Span<byte> update)
    {
        ulong self = Abbreviation.Of(_identity.Address).Value;
        for (Span<byte> entry = update[RouteUpdate.HeaderSize..]; entry.Length
            >= RouteEntry.Size; entry = entry[RouteEntry.Size..])
        {
            Span<byte> metric = entry[(RouteEntry.Size - sizeof(ushort))..];
            bool infinite = System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(metric) == Metric.Infinite.Code;
            if (!infinite && System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(entry) != self)
                System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(metric, _world.Options.Claim.Code);
        }
    }
}
