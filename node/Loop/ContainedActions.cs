using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Loop;

/// <summary>
/// Stands between the router and its host: a fault of the host must not tear through the router's tables. What the
/// router would wait for in vain after a fault is told to it a moment later, outside of its own calls.
/// </summary>
internal sealed class ContainedActions(RouterHost host, Faults faults) : IRouterActions
{
    private readonly Queue<Action<RouterHost, Instant>> _amends = [];

    /// <summary>There is something to make good.</summary>
    internal bool HasAmends => _amends.Count > 0;

    /// <summary>The next thing to make good.</summary>
    internal bool TryNext([NotNullWhen(true)] out Action<RouterHost, Instant>? amend) => _amends.TryDequeue(out amend);

    /// <summary>Something to make good a moment later.</summary>
    internal void Add(Action<RouterHost, Instant> amend) => _amends.Enqueue(amend);

    /// <summary>An envelope that cannot be read back for a fault: the router waits for it no more.</summary>
    internal void GiveUp(EnvelopeId id) => _amends.Enqueue((to, now) => to.Router.EnvelopeLoaded(now, id, []));

    /// <inheritdoc/>
    public bool Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        try
        {
            faults.At(FaultPlace.Send);
            return host.Send(link, frameClass, frame);
        }
        catch (Exception e)
        {
            return EndLink(link, e);
        }
    }

    /// <inheritdoc/>
    public bool Broadcast(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        try
        {
            faults.At(FaultPlace.Broadcast);
            return host.Broadcast(link, frameClass, frame);
        }
        catch (Exception e)
        {
            return EndLink(link, e);
        }
    }

    /// <inheritdoc/>
    public void CloseLink(LinkId link, LinkEnd reason)
    {
        try
        {
            faults.At(FaultPlace.CloseLink);
            host.CloseLink(link, reason);
        }
        catch (Exception e)
        {
            EndLink(link, e);
        }
    }

    /// <inheritdoc/>
    public void LinkUsed(LinkId link)
    {
        try
        {
            host.LinkUsed(link);
        }
        catch (Exception e)
        {
            EndLink(link, e);
        }
    }

    /// <inheritdoc/>
    public uint? Repeats(LinkId link)
    {
        try
        {
            return host.Repeats(link);
        }
        catch (Exception e)
        {
            EndLink(link, e);
            return null;
        }
    }

    /// <inheritdoc/>
    public void Malformed(LinkId link, ReadOnlySpan<byte> frame)
    {
        try
        {
            faults.At(FaultPlace.Malformed);
            host.Malformed(link, frame);
        }
        catch (Exception e)
        {
            faults.Note(FaultSeam.Frame, e);
        }
    }

    /// <inheritdoc/>
    public void PersistEnvelope(long token, in EnvelopeId id, in HeldEnvelope held, ReadOnlySpan<byte> envelope)
    {
        try
        {
            faults.At(FaultPlace.PersistEnvelope);
            host.PersistEnvelope(token, id, held, envelope);
        }
        catch (Exception e)
        {
            faults.Note(FaultSeam.Store, e);
            _amends.Enqueue((to, now) => to.Router.PersistFailed(now, token));
        }
    }

    /// <inheritdoc/>
    public void ForgetEnvelope(in EnvelopeId id)
    {
        try
        {
            faults.At(FaultPlace.ForgetEnvelope);
            host.ForgetEnvelope(id);
        }
        catch (Exception e)
        {
            // It is on disk longer than it need be: the next start sends it again, and it is answered as a duplicate.
            faults.Note(FaultSeam.Store, e);
        }
    }

    /// <inheritdoc/>
    public void LoadEnvelope(in EnvelopeId id)
    {
        try
        {
            faults.At(FaultPlace.LoadEnvelope);
            host.LoadEnvelope(id);
        }
        catch (Exception e)
        {
            faults.Note(FaultSeam.Load, e);
            GiveUp(id);
        }
    }

    /// <inheritdoc/>
    public void PersistSeen(in EnvelopeId id, byte generation)
    {
        try
        {
            faults.At(FaultPlace.PersistSeen);
            host.PersistSeen(id, generation);
        }
        catch (Exception e)
        {
            faults.Note(FaultSeam.Store, e);
        }
    }

    /// <inheritdoc/>
    public void PersistAnnounce(in NodeAddress address, uint sequence, ReadOnlySpan<byte> announce)
    {
        try
        {
            faults.At(FaultPlace.PersistAnnounce);
            host.PersistAnnounce(address, sequence, announce);
        }
        catch (Exception e)
        {
            faults.Note(FaultSeam.Store, e);
        }
    }

    /// <inheritdoc/>
    public void ForgetAnnounce(in NodeAddress address)
    {
        try
        {
            faults.At(FaultPlace.ForgetAnnounce);
            host.ForgetAnnounce(address);
        }
        catch (Exception e)
        {
            faults.Note(FaultSeam.Store, e);
        }
    }

    /// <inheritdoc/>
    public void PersistSequence(uint sequence)
    {
        try
        {
            faults.At(FaultPlace.PersistSequence);
            host.PersistSequence(sequence);
        }
        catch (Exception e)
        {
            faults.Note(FaultSeam.Store, e);
        }
    }

    /// <inheritdoc/>
    public void Deliver(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload)
    {
        try
        {
            faults.At(FaultPlace.Deliver);
            host.Deliver(token, id, header, payload);
        }
        catch (Exception e)
        {
            faults.Note(FaultSeam.Message, e);
            // Not taken, and not refused for good: the neighbour keeps it and tries again.
            _amends.Enqueue(
                (to, now) => to.Router.DeliveryDone(now, token, DeliveryOutcome.StoreFull, default, default));
        }
    }

    /// <inheritdoc/>
    public void DeliverBulk(ulong sourceGroup, bool overRadio, ReadOnlySpan<byte> payload)
    {
        try
        {
            faults.At(FaultPlace.DeliverBulk);
            host.DeliverBulk(sourceGroup, overRadio, payload);
        }
        catch (Exception e)
        {
            // What was lost with it is asked for again.
            faults.Note(FaultSeam.Message, e);
        }
    }

    /// <inheritdoc/>
    public void StateChanged(in EnvelopeId id, MessageState state, StateReason reason, int hops)
    {
        try
        {
            faults.At(FaultPlace.StateChanged);
            host.StateChanged(id, state, reason, hops);
        }
        catch (Exception e)
        {
            faults.Note(FaultSeam.Message, e);
            EnvelopeId lost = id;
            _amends.Enqueue((to, _) => to.Forsake(lost));
        }
    }

    /// <inheritdoc/>
    public void RouteChanged(in NodeAddress destination)
    {
        try
        {
            faults.At(FaultPlace.RouteChanged);
            host.RouteChanged(destination);
        }
        catch (Exception e)
        {
            faults.Note(FaultSeam.Event, e);
        }
    }

    // The router is in the middle of something: it hears of the end later.
    private bool EndLink(LinkId link, Exception fault)
    {
        faults.Note(FaultSeam.Link, fault);
        if (host.Links.Find(link) is { } broken)
            _amends.Enqueue((to, now) => to.Broken(now, broken));
        return false;
    }
}
