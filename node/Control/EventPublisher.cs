using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Fapp.Mesh;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Lite;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Fapp;
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
    public void Publish(MessagingEvent happened)
    {
        if (happened is not MessagesDisappeared gone)
        {
            hub.Publish(EventOf(happened));
            return;
        }

        foreach (EnvelopeId id in gone.Messages)
            hub.Publish(new DeletedEvent(gone.At) { Id = id.ToString() });
    }

    private EventInfo EventOf(MessagingEvent happened) => happened switch
    {
        MessageReceived received => new MessageEvent(received.At, views.Of(received.Message)),
        MessageChanged changed => new StateEvent(changed.At, views.Of(changed.Message)),
        ConversationChanged { Conversation: LiteConversation group } changed =>
            new GroupEvent(changed.At, Infos.Of(group, views.AliasOf)),
        ConversationChanged { Conversation: GroupConversation group } changed =>
            new MlsGroupEvent(changed.At, Infos.Of(group, views.AliasOf)),
        ConversationChanged { Conversation: ServerConversation conversation } changed =>
            new ServerConversationEvent(changed.At, Infos.Of(conversation)),
        MessageAmended amended => new ChangedEvent(
            amended.At, Words.Of(amended.What), amended.By.ToString(), views.Of(amended.Message)),
        SomebodyTypes typing => new TypingEvent(
            typing.At, views.NameOf(typing.Conversation), typing.By.ToString(), typing.IsTyping),
        SettingChanged changed => new SettingEvent(
            changed.At, views.NameOf(changed.Conversation), changed.Setting.After.ToString(), changed.Setting.IsMuted),
        ProtectionChanged changed => new SecurityEvent(
            changed.At, views.NameOf(changed.Conversation), Words.Of(changed.Protection)),
        PracticeRequestChanged changed => new FappRequestEvent(changed.At, FappInfos.Of(changed.Request)),
        RequestFlood flood => new FappFloodEvent(flood.At, flood.Slot.ToString(), flood.Requests),
        RivalSeen rival => new FappRivalEvent(rival.At, rival.Key.ToString(), rival.Key.Address.ToString()),
        ReservationChanged changed => new FappReservationEvent(changed.At, FappInfos.Of(changed.Reservation)),
        WatchFound found => new FappWatchEvent(found.At, found.Watch, FappInfos.Of(found.Offer)),
        ConversationRead read => new ReadEvent(read.At, views.NameOf(read.Conversation), read.Count),
        _ => throw new ArgumentException($"There is no event for {happened.GetType().Name}.", nameof(happened)),
    };

    /// <inheritdoc/>
    public void PeerUp(in PeerStatus peer) =>
        hub.Publish(new PeerUpEvent(peer.Since, Infos.Of(peer)));

    /// <inheritdoc/>
    public void PeerDown(in PeerStatus peer, LinkEnd reason) =>
        hub.Publish(new PeerDownEvent(time.GetUtcNow(), Infos.Of(peer), LinkEnds.Describe(reason)));

    /// <inheritdoc/>
    public void RouteChanged(in PathStatus path) =>
        hub.Publish(new RouteEvent(time.GetUtcNow(), Infos.Of(path)));

    /// <inheritdoc/>
    public void Flush()
    {
        answered.Flush();
        hub.Flush();
    }
}
