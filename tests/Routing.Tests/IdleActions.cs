using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests;

/// <summary>A host that does nothing of what its router asks for: nothing leaves, nothing is kept.</summary>
internal class IdleActions : IRouterActions
{
    public virtual bool Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame) => false;

    public virtual bool Broadcast(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame) => false;

    public virtual void CloseLink(LinkId link, LinkEnd reason)
    {
    }

    public virtual void PersistEnvelope(
        long token, in EnvelopeId id, in HeldEnvelope held, ReadOnlySpan<byte> envelope)
    {
    }

    public virtual void ForgetEnvelope(in EnvelopeId id)
    {
    }

    public virtual void LoadEnvelope(in EnvelopeId id)
    {
    }

    public virtual void PersistSeen(in EnvelopeId id, byte generation)
    {
    }

    public virtual void PersistAnnounce(in NodeAddress address, uint sequence, ReadOnlySpan<byte> announce)
    {
    }

    public virtual void ForgetAnnounce(in NodeAddress address)
    {
    }

    public virtual void PersistSequence(uint sequence)
    {
    }

    public virtual void Deliver(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload)
    {
    }

    public virtual void StateChanged(in EnvelopeId id, MessageState state, StateReason reason, int hops)
    {
    }

    public virtual void RouteChanged(in NodeAddress destination)
    {
    }
}
