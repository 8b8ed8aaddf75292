using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// Erases messages whose time is over. Times are of this node's running time, which the store counts; here is only
/// looked whether one is over.
/// </summary>
internal sealed class Disappearing(MessagingContext context, Action<Instant, EnvelopeId> withdraw)
{
    /// <summary>How late a message may disappear at most, while the node runs. Arbitrary.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    private bool _underWay;
    private Instant _next;

    /// <summary>When to look again; never while nothing is to disappear.</summary>
    internal Instant NextDue => context.Store.UntilNextExpiry is null ? Instant.Never : _next;

    /// <summary>Looks, if it is time to.</summary>
    internal void Pump(Instant now)
    {
        if (_underWay || NextDue > now)
            return;
        _next = now + Interval;
        if (context.Store.UntilNextExpiry is not { } left || left > TimeSpan.Zero)
            return;
        _underWay = true;
        context.Store.EraseExpired(Erased);
    }

    private void Erased(Instant now, IReadOnlyList<EnvelopeId> messages)
    {
        _underWay = false;
        if (messages.Count == 0)
            return;
        // There may be more.
        _next = now;
        foreach (EnvelopeId message in messages)
            withdraw(now, message);
        if (context.Events.HasListeners)
            context.Events.Publish(new MessagesDisappeared(messages, context.Time.GetUtcNow()));
    }
}
