using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Loop;

/// <content>What the router wants done.</content>
internal sealed partial class RouterHost : IRouterActions
{
    /// <summary>Bytes of a malformed frame that are logged: kind, header and the beginning of the rest.</summary>
    private const int MostShown = 48;

    /// <inheritdoc/>
    public bool Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        if (Links.Find(link) is not { } to || !to.TrySend(frameClass, frame))
            return false;
        Links.Touch(to);
        return true;
    }

    /// <inheritdoc/>
    public bool Broadcast(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        if (Links.Find(link) is not { } to || !to.TryBroadcast(frameClass, frame))
            return false;
        Links.Touch(to);
        return true;
    }

    /// <inheritdoc/>
    public void CloseLink(LinkId link, LinkEnd reason)
    {
        Links.Find(link)?.Close(reason);
    }

    /// <inheritdoc/>
    public void LinkUsed(LinkId link) => Links.Find(link)?.MarkUsed();

    /// <inheritdoc/>
    public uint? Repeats(LinkId link) => Links.Find(link)?.Repeats;

    /// <inheritdoc/>
    public void Malformed(LinkId link, ReadOnlySpan<byte> frame)
    {
        if (!Log.IsEnabled(LogLevel.Debug) || Links.Find(link) is not { } from)
            return;
        Log.MalformedFrame(
            from.Peer, frame.Length, Convert.ToHexStringLower(frame[..Math.Min(frame.Length, MostShown)]));
    }

    /// <inheritdoc/>
    public void PersistEnvelope(long token, in EnvelopeId id, in HeldEnvelope held, ReadOnlySpan<byte> envelope)
    {
        _writer.Later(_now).Keep(id);
        _writer.Add(new PersistOperation(_router, token, id, held, envelope.ToArray()));
    }

    /// <inheritdoc/>
    public void ForgetEnvelope(in EnvelopeId id)
    {
        _writer.Later(_now).Forget(id);
    }

    /// <inheritdoc/>
    public void LoadEnvelope(in EnvelopeId id)
    {
        _toLoad.Enqueue(id);
    }

    /// <inheritdoc/>
    public void PersistSeen(in EnvelopeId id, byte generation)
    {
        _writer.Later(_now).Seen(id, generation);
    }

    /// <inheritdoc/>
    public void PersistAnnounce(in NodeAddress address, uint sequence, ReadOnlySpan<byte> announce)
    {
        _writer.Later(_now).Announce(address, sequence, announce.ToArray());
        _conversations.Heard(address);
    }

    /// <inheritdoc/>
    public void ForgetAnnounce(in NodeAddress address)
    {
        _writer.Later(_now).ForgetAnnounce(address);
    }

    /// <inheritdoc/>
    public void PersistSequence(uint sequence)
    {
        _writer.Add(new SequenceOperation(sequence));
    }

    /// <inheritdoc/>
    public void Deliver(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload)
    {
        _conversations.Deliver(token, id, header, payload);
    }

    /// <inheritdoc/>
    public void DeliverBulk(ulong sourceGroup, bool overRadio, ReadOnlySpan<byte> payload)
    {
        Files.Transfers.Received(_now, sourceGroup, overRadio, payload);
    }

    /// <inheritdoc/>
    public void StateChanged(in EnvelopeId id, MessageState state, StateReason reason, int hops)
    {
        _conversations.StateChanged(_now, id, state, reason, hops);
    }

    /// <inheritdoc/>
    public void RouteChanged(in NodeAddress destination)
    {
        if (_listener.HasListeners)
            _changedRoutes.Add(destination);
        Files.Transfers.RouteChanged(_now, destination);
    }

    /// <summary>Puts an envelope on disk and tells the router.</summary>
    private sealed class PersistOperation(
        Router router, long token, EnvelopeId id, HeldEnvelope held, byte[] envelope) : StoreOperation
    {
        // The proof's memory is the router's: it is valid only while it calls.
        private readonly Holding _held =
            new(held.Upstream, held.Originated, held.LifetimeLeft, held.ReceiptProof.ToArray());

        private bool _kept;

        internal override void Write(MeshStore store) => _kept = store.PutEnvelope(id, _held, envelope);

        internal override void Done(Instant now, bool written)
        {
            if (written && _kept)
                router.Persisted(now, token);
            else
                router.PersistFailed(now, token);
        }
    }

    /// <summary>Puts this node's announce sequence on disk. Where that fails, a later announce tries again.</summary>
    private sealed class SequenceOperation(uint sequence) : StoreOperation
    {
        internal override void Write(MeshStore store) => store.PutSequence(sequence);

        internal override void Done(Instant now, bool written)
        {
        }
    }
}
