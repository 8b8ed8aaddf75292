using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Lite;
using QuicProChat.Mesh.Node.Loop;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>Makes the events of the control socket of what happens on the loop and in conversations.</summary>
internal sealed class EventPublisher(EventHub hub, AnsweredSessions answered, MessageView views, TimeProvider time)
    : IEventSink, ILoopListener
{
    /// <inheritdoc cref="IEventSink.HasListeners"/>
    public bool HasListeners => hub.HasListeners;

    /// <inheritdoc/>
    public void Publish(MessagingEvent happened) => hub.Publish(happened switch
    {
        MessageReceived received => new EventInfo("message", received.At) { Message = views.Of(received.Message) },
        MessageChanged changed => new EventInfo("state", changed.At) { Message = views.Of(changed.Message) },
        ConversationChanged { Conversation: LiteConversation group } changed =>
            new EventInfo("group", changed.At) { Group = Infos.Of(group) },
        _ => throw new ArgumentException($"There is no event for {happened.GetType().Name}.", nameof(happened)),
    });

    /// <inheritdoc/>
    public void PeerUp(in PeerStatus peer) =>
        hub.Publish(new EventInfo("peerUp", peer.Since) { Peer = Infos.Of(peer) });

    /// <inheritdoc/>
    public void PeerDown(in PeerStatus peer, LinkEnd reason) =>
        hub.Publish(new EventInfo("peerDown", time.GetUtcNow())
        {
            Peer = Infos.Of(peer),
            Reason = LinkEnds.Describe(reason),
        });

    /// <inheritdoc/>
    public void RouteChanged(in PathStatus path) =>
        hub.Publish(new EventInfo("route", time.GetUtcNow()) { Route = Infos.Of(path) });

    /// <inheritdoc/>
    public void Flush()
    {
        answered.Flush();
        hub.Flush();
    }
}
