using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests;

public class DeliveryTests
{
    [Fact]
    public void A_group_message_is_only_as_far_as_its_slowest_copy_and_delivered_when_all_are()
    {
        var delivery = new Delivery(new EnvelopeId(9, 9));
        EnvelopeId one = new(1, 1), two = new(2, 2);
        delivery.Add(one, MessageState.Queued);
        delivery.Add(two, MessageState.Queued);
        Assert.True(delivery.Change(one, MessageState.Delivered, StateReason.None));
        Assert.True(delivery.Change(two, MessageState.Queued, StateReason.NoRoute));
        Assert.Equal((MessageState.Queued, StateReason.NoRoute), delivery.Whole);
        Assert.True(delivery.Change(two, MessageState.Forwarded, StateReason.None));
        Assert.Equal((MessageState.Forwarded, 1, false), (delivery.Whole.State, delivery.DeliveredTo, delivery.IsOver));
        Assert.True(delivery.Change(two, MessageState.Delivered, StateReason.None));
        Assert.Equal((MessageState.Delivered, 2, true), (delivery.Whole.State, delivery.DeliveredTo, delivery.IsOver));
        Assert.False(delivery.Change(two, MessageState.Expired, StateReason.LifetimeOver));
    }

    [Fact]
    public void A_group_message_that_one_member_never_got_is_not_delivered()
    {
        var delivery = new Delivery(new EnvelopeId(9, 9));
        EnvelopeId one = new(1, 1), two = new(2, 2);
        delivery.Add(one, MessageState.Forwarded);
        delivery.Add(two, MessageState.Forwarded);
        delivery.Change(two, MessageState.Expired, StateReason.LifetimeOver);
        Assert.Equal(MessageState.Forwarded, delivery.Whole.State);
        delivery.Change(one, MessageState.Delivered, StateReason.None);
        Assert.Equal(((MessageState.Expired, StateReason.LifetimeOver), 1), (delivery.Whole, delivery.DeliveredTo));
    }

    [Fact]
    public void A_message_with_one_copy_has_the_state_of_that_copy()
    {
        var id = new EnvelopeId(1, 1);
        var delivery = new Delivery(id);
        delivery.Add(id, MessageState.Queued);
        Assert.True(delivery.Change(id, MessageState.Forwarded, StateReason.HeldByNeighbour));
        Assert.Equal((MessageState.Forwarded, StateReason.HeldByNeighbour), delivery.Whole);
        Assert.True(delivery.Change(id, MessageState.Failed, StateReason.HopLimit));
        Assert.Equal(((MessageState.Failed, StateReason.HopLimit), true, 0),
            (delivery.Whole, delivery.IsOver, delivery.DeliveredTo));
    }

    [Theory]
    [InlineData(MessageState.Queued, MessageState.Queued, true)]
    [InlineData(MessageState.Queued, MessageState.Forwarded, false)]
    [InlineData(MessageState.Forwarded, MessageState.Queued, true)]
    [InlineData(MessageState.Forwarded, MessageState.Delivered, false)]
    [InlineData(MessageState.Delivered, MessageState.Forwarded, true)]
    [InlineData(MessageState.Expired, MessageState.Delivered, true)]
    [InlineData(MessageState.Failed, MessageState.Forwarded, true)]
    public void Who_waits_for_a_state_is_answered_when_it_is_reached_or_can_no_longer_be(
        MessageState state, MessageState awaited, bool answers) =>
        Assert.Equal(answers, MessageProgress.Answers(state, awaited));

    [Fact]
    public void Every_state_has_its_place()
    {
        foreach (MessageState state in Enum.GetValues<MessageState>())
            Assert.Equal(state > MessageState.Forwarded, MessageProgress.IsEnd(state));
    }
}
