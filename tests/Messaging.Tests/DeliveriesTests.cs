using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests;

/// <summary>What becomes of a message whose copies the store brought back, and of one that is its own copy.</summary>
public class DeliveriesTests
{
    private readonly FakeStore _store = new();

    [Fact]
    public void A_direct_message_is_its_own_copy()
    {
        var deliveries = new Deliveries(_store, _store, TimeProvider.System);
        deliveries.StateChanged(default, Id(1), MessageState.Forwarded, StateReason.None, 0);
        deliveries.StateChanged(default, Id(1), MessageState.Delivered, StateReason.None, 2);
        Assert.Equal(["message 1 Forwarded", "message 1 Delivered"], _store.Wrote);
        Assert.Empty(deliveries.CopiesOf(Id(1)));
    }

    [Fact]
    public void Copies_that_were_under_way_make_up_their_message_again_after_a_restart()
    {
        var deliveries = new Deliveries(_store, _store, TimeProvider.System);
        deliveries.Restore(
        [
            new MessageCopy(Id(10), Id(1), MessageState.Delivered), new MessageCopy(Id(11), Id(1), MessageState.Queued),
            new MessageCopy(Id(12), Id(1), MessageState.Forwarded), new MessageCopy(Id(20), Id(2), MessageState.Queued),
        ]);
        Assert.Equal([Id(10), Id(11), Id(12)], deliveries.CopiesOf(Id(1))
            .Order(Comparer<EnvelopeId>.Create((a, b) => a.High.CompareTo(b.High))));
        deliveries.StateChanged(default, Id(11), MessageState.Forwarded, StateReason.None, 0);
        deliveries.StateChanged(default, Id(10), MessageState.Expired, StateReason.LifetimeOver, 0);
        deliveries.StateChanged(default, Id(11), MessageState.Delivered, StateReason.None, 1);
        deliveries.StateChanged(default, Id(12), MessageState.Expired, StateReason.LifetimeOver, 0);
        Assert.Equal(
            ["copy 11 Forwarded", "message 1 Forwarded", "copy 11 Delivered", "message 1 Forwarded", "copy 12 Expired",
                "message 1 Expired"],
            _store.Wrote);
        Assert.Empty(deliveries.CopiesOf(Id(1)));
        Assert.Single(deliveries.CopiesOf(Id(2)));
    }

    [Fact]
    public void A_change_is_an_event_with_what_the_store_has_of_the_message()
    {
        _store.HasListeners = true;
        var deliveries = new Deliveries(_store, _store, TimeProvider.System);
        deliveries.StateChanged(default, Id(1), MessageState.Forwarded, StateReason.None, 0);
        Assert.Empty(_store.Events);
        _store.Messages[Id(1)] = new Message(
            Id(1), ConversationId.With(new(3, 4)), Outgoing: true, new(3, 4), "text", MessageState.Queued,
            StateReason.None, 0, Priority.Normal,
            DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
        deliveries.StateChanged(default, Id(1), MessageState.Delivered, StateReason.None, 2);
        MessageChanged changed = Assert.IsType<MessageChanged>(Assert.Single(_store.Events));
        Assert.Equal(("text", MessageState.Delivered, 2),
            (changed.Message.Text, changed.Message.State, changed.Message.Hops));
    }

    private static EnvelopeId Id(ulong number) => new(number, 0);
}
