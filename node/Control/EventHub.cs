using QuicProChat.Mesh.Api;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>Hands events to the clients that asked for them. Costs nothing while nobody listens.</summary>
internal sealed class EventHub(Faults faults)
{
    private readonly Lock _guard = new();

    /// <summary>Replaced as a whole, so that publishing needs no lock.</summary>
    private ControlSession[] _listeners = [];

    /// <summary>Somebody listens: worth building an event.</summary>
    internal bool HasListeners => _listeners.Length > 0;

    internal void Add(ControlSession session)
    {
        lock (_guard)
        {
            if (!_listeners.Contains(session))
                _listeners = [.. _listeners, session];
        }
    }

    internal void Remove(ControlSession session)
    {
        lock (_guard)
            _listeners = _listeners.Where(s => s != session).ToArray();
    }

    /// <summary>
    /// Queues an event for every listener; <see cref="Flush"/> sends. A fault costs the event, and not what it tells
    /// of.
    /// </summary>
    internal void Publish(EventInfo info) => Publish(() => info);

    /// <summary>As the other; what makes the event is called only if somebody listens.</summary>
    internal void Publish(Func<EventInfo> make)
    {
        ControlSession[] listeners = _listeners;
        if (listeners.Length == 0)
            return;
        faults.Contain(FaultSeam.Event, FaultPlace.PublishEvent, () =>
        {
            ReadOnlySpan<byte> line = ReplyWriter.Event(make()).Span;
            foreach (ControlSession session in listeners)
                session.Event(line);
        });
    }

    /// <summary>Sends what was queued; called once after a batch.</summary>
    internal void Flush()
    {
        foreach (ControlSession session in _listeners)
            session.Flush();
    }
}
