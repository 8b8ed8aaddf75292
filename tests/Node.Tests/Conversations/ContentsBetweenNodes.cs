using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Tests.Conversations;

/// <summary>What contents do from one node to another: the same in direct conversations and in groups.</summary>
public class ContentsBetweenNodes
{
    private static readonly SendOptions Options =
        new(Priority.Normal, TimeSpan.FromHours(1), MessageState.Delivered, Signed: false);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_is_answered_signed_with_emoji_read_edited_and_deleted_at_both_ends(bool inGroup)
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        (ConversationId at, ConversationId bobs) = await MeetAsync(alice, bob, inGroup);
        EnvelopeId id = await SendAsync(alice, MessageActions.Request(at, new TextContent("at nine"), Options));
        await HasAsync(bob, id, m => m.IsUnread);

        EnvelopeId reply = await SendAsync(bob, await bob.Node.Actions.ReplyAsync(id, "fine", Options));
        Message answer = await HasAsync(alice, reply, _ => true);
        Assert.Equal(new ReplyContent(ContentReference.To(id), "fine"), answer.Content);

        await SendAsync(bob, await bob.Node.Actions.ReactAsync(id, "👍", remove: false, Options));
        Message signed = await HasAsync(alice, id, m => m.Extras.Reactions.Count > 0);
        Assert.Equal(new Reaction(bob.Identity.Address, 1, "👍"), Assert.Single(signed.Extras.Reactions));
        await SendAsync(bob, await bob.Node.Actions.ReactAsync(id, "👍", remove: true, Options));
        await HasAsync(alice, id, m => m.Extras.Reactions is [{ IsThere: false }]);
        await HasAsync(bob, id, m => m.Extras.Reactions is [{ IsThere: false }]);

        IReadOnlyList<Message> read = await bob.Node.Actions.ReadAsync(bobs);
        Assert.Equal([id], read.Select(m => m.Id));
        await SendAsync(bob, Assert.Single(bob.Node.Actions.TellRead(bobs, read, Options)));
        await HasAsync(alice, id, m => m.Extras.ReadBy is [var reader] && reader == bob.Identity.Address);
        await HasAsync(bob, id, m => !m.IsUnread);
        Assert.Empty(await bob.Node.Actions.ReadAsync(bobs));

        await SendAsync(alice, await alice.Node.Actions.EditAsync(id, "at ten", Options));
        foreach (TestNode node in (TestNode[])[alice, bob])
            await HasAsync(node, id, m => m is { Text: "at ten", Extras.Revision: 1, Content: TextContent });
        await Assert.ThrowsAsync<MessagingException>(() => bob.Node.Actions.EditAsync(id, "never", Options));
        await Assert.ThrowsAsync<MessagingException>(() => bob.Node.Actions.DeleteAsync(id, Options));

        await SendAsync(alice, await alice.Node.Actions.DeleteAsync(id, Options));
        foreach (TestNode node in (TestNode[])[alice, bob])
            await HasAsync(node, id, m => m is { Text: "", Content: DeletedContent });
        Assert.Equal(2, (await bob.MessagesAsync()).Count);
        Assert.Equal(0, alice.Store.Damage.Rows + bob.Store.Damage.Rows);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Both_ends_agree_on_a_timer_and_messages_carry_it(bool inGroup)
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        (ConversationId at, ConversationId bobs) = await MeetAsync(alice, bob, inGroup);
        EnvelopeId before = await SendAsync(alice, MessageActions.Request(at, new TextContent("stays"), Options));
        // Bob writes too: whoever is a stranger sets nothing.
        await SendAsync(bob, MessageActions.Request(bobs, new TextContent("known now"), Options));
        var hour = new DisappearAfter(60);
        EnvelopeId notice = await SendAsync(alice, alice.Node.Actions.Disappear(at, hour, Options));
        await HasAsync(bob, notice, m => m.Content is TimerContent { Time.Minutes: 60 });
        Assert.Equal((hour, hour), (alice.Node.Settings.Of(at).After, bob.Node.Settings.Of(bobs).After));
        EnvelopeId id = await SendAsync(bob, MessageActions.Request(bobs, new TextContent("soon gone"), Options));
        await HasAsync(alice, id, m => m.Content == new TimedContent(hour, new TextContent("soon gone"))
            && m.ExpiresIn > TimeSpan.FromDays(7));
        await HasAsync(bob, id, m => m.ExpiresIn <= TimeSpan.FromHours(1) && m.ExpiresIn > TimeSpan.FromMinutes(50));
        await alice.Node.Actions.ReadAsync(at);
        await HasAsync(alice, id, m => m.ExpiresIn <= TimeSpan.FromHours(1));
        await HasAsync(alice, before, m => m.ExpiresIn is null);
        await SendAsync(bob, bob.Node.Actions.Disappear(bobs, DisappearAfter.Never, Options));
        EnvelopeId last = await SendAsync(alice, MessageActions.Request(at, new TextContent("stays again"), Options));
        await HasAsync(bob, last, m => m.Content is TextContent);
    }

    [Fact]
    public async Task What_comes_before_its_message_waits_for_it_and_counts_then()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        (ConversationId at, _) = await MeetAsync(alice, bob, inGroup: false);
        await SendAsync(bob,
            MessageActions.Request(ConversationId.With(alice.Identity.Address), new TextContent("known now"), Options));
        EnvelopeId[] ids = [new(7, 1), new(8, 1), new(9, 9)];
        foreach (EnvelopeId id in ids)
            await alice.Node.WriteAsync(
                store => store.Insert(
                    MessageRows.Write(Written(id, at, bob.Identity.Address) with { Outgoing = true })));
        await SendAsync(alice, await alice.Node.Actions.EditAsync(ids[0], "two", Options));
        await SendAsync(alice, await alice.Node.Actions.ReactAsync(ids[0], "🎉", remove: false, Options));
        await SendAsync(alice, await alice.Node.Actions.DeleteAsync(ids[2], Options));

        // Now what they are about comes, and another message with it.
        ConversationId with = ConversationId.With(alice.Identity.Address);
        var transaction = new MessageTransaction(bob.Node.Direct);
        InsertedMessage[] inserted =
            [.. ids.Select(id => transaction.Insert(Written(id, with, alice.Identity.Address)))];
        await bob.Node.WriteAsync(store => new TransactionWrite(transaction, bob.Identity.Address).Write(store));
        Assert.All(inserted, i => Assert.Equal(Insertion.Added, i.Outcome));
        Message edited = await HasAsync(bob, ids[0], _ => true);
        Assert.Equal(("two", "🎉"), (edited.Text, Assert.Single(edited.Extras.Reactions).Emoji));
        Assert.Equal("two", inserted[0].Message.Text);
        await HasAsync(bob, ids[1], m => m.Text == "one");
        await HasAsync(bob, ids[2], m => m.Content is DeletedContent && m.Text.Length == 0);
    }

    [Fact]
    public async Task The_others_can_be_told_later_what_was_read_and_once()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        (ConversationId at, _) = await MeetAsync(alice, bob, inGroup: false);
        await bob.SendAsync(alice, "known now", "delivered");
        await alice.AskAsync(Commands.Alias, new() { Alias = "bob", To = bob.Address });
        SendInfo timer = await bob.AskAsync(Commands.Disappear, new() { To = alice.Address, After = "1d" });
        await HasAsync(alice, EnvelopeId.Read(Convert.FromHexString(timer.Id)), m => m.Content is TimerContent);
        Assert.False(alice.Node.Settings.Of(at).After.IsNever);
        SendInfo one = await alice.SendAsync(bob, "one", "delivered");
        MessageInfo unread = await bob.AskAsync(Commands.Message, new() { Id = one.Id });
        Assert.Equal((true, (long?)null, "1d"), (unread.Unread, unread.DisappearsIn, unread.Content?.Disappear));

        Assert.Equal("1 message is read", (await bob.AskAsync(Commands.MarkRead, new() { To = alice.Address })).Done);
        Assert.InRange((await bob.AskAsync(Commands.Message, new() { Id = one.Id })).DisappearsIn!.Value,
            86_000, 86_400);
        Assert.Null((await alice.AskAsync(Commands.Message, new() { Id = one.Id })).ReadBy);
        var tell = new MarkReadRequest { To = alice.Address, Tell = true };
        Assert.Equal("0 messages are read; the others are told of 1",
            (await bob.AskAsync(Commands.MarkRead, tell)).Done);
        await HasAsync(alice, EnvelopeId.Read(Convert.FromHexString(one.Id)), m => m.Extras.ReadBy.Count == 1);
        Assert.Equal("0 messages are read; the others are told of 0",
            (await bob.AskAsync(Commands.MarkRead, tell)).Done);
        await alice.SendAsync(bob, "two", "delivered");
        Assert.Equal("1 message is read; the others are told of 1", (await bob.AskAsync(Commands.MarkRead, tell)).Done);
    }

    private static Message Written(EnvelopeId id, ConversationId conversation, NodeAddress peer) => new(
        id, conversation, Outgoing: false, peer, "one", MessageState.Received, StateReason.None, 1, Priority.Normal,
        DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);

    [Fact]
    public async Task Whoever_is_blocked_gets_no_receipt_and_leaves_nothing()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        (ConversationId at, _) = await MeetAsync(alice, bob, inGroup: false);
        EnvelopeId id = await SendAsync(alice, MessageActions.Request(at, new TextContent("heard"), Options));
        await bob.Node.WriteAsync(store => store.Block(alice.Identity.Address));
        using var watching = new EventReader(bob);
        long before = bob.Node.Direct.NotKept;
        SendOptions queued = Options with { Wait = MessageState.Queued };
        EnvelopeId unheard = await SendAsync(alice, MessageActions.Request(at, new TextContent("unheard"), queued));
        await SendAsync(alice, await alice.Node.Actions.EditAsync(id, "changed", queued));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (bob.Node.Direct.NotKept < before + 2)
            await Task.Yield();
        Assert.False(limit.IsCancellationRequested);
        Assert.Empty(await bob.MessagesAsync());
        Assert.NotEqual(MessageState.Delivered, (await HasAsync(alice, unheard, _ => true)).State);
    }

    [Fact]
    public async Task A_blocked_member_of_a_group_gets_no_receipt_and_the_others_are_heard()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        (ConversationId group, _) = await MeetAsync(alice, bob, inGroup: true);
        await bob.Node.WriteAsync(store => store.Block(alice.Identity.Address));
        EnvelopeId unheard = await SendAsync(
            alice, MessageActions.Request(group, new TextContent("unheard"), Options with
            { Wait = MessageState.Forwarded }));
        await bob.Node.WriteAsync(store => Assert.True(store.Unblock(alice.Identity.Address)));
        EnvelopeId heard = await SendAsync(alice, MessageActions.Request(group, new TextContent("heard"), Options));
        Assert.Equal("heard", Assert.Single(await bob.MessagesAsync()).Text);
        Assert.Equal(MessageState.Delivered, (await HasAsync(alice, heard, _ => true)).State);
        Assert.Equal(MessageState.Forwarded, (await HasAsync(alice, unheard, _ => true)).State);
        Assert.Equal(1, bob.Node.Lite.Counters[Messaging.Lite.LiteEvent.Blocked]);
    }

    [Fact]
    public async Task A_note_to_self_makes_no_envelope_and_is_edited_and_deleted_like_others()
    {
        await using var alice = new TestNode("alice");
        ConversationId self = alice.Node.Destinations.Resolve("self");
        EnvelopeId id = await SendAsync(alice, MessageActions.Request(self, new TextContent("milk"), Options));
        await HasAsync(alice, id, m => m is { State: MessageState.Delivered, Outgoing: true, IsUnread: false });
        await SendAsync(alice, await alice.Node.Actions.EditAsync(id, "milk, bread", Options));
        await HasAsync(alice, id, m => m.Text == "milk, bread");
        await SendAsync(alice, await alice.Node.Actions.DeleteAsync(id, Options));
        await HasAsync(alice, id, m => m.Content is DeletedContent);
        Assert.Empty(alice.Store.Reader.Envelopes());
        Assert.Equal("self", alice.Node.Destinations.NameOf(self));
    }

    private static async Task<(ConversationId Alices, ConversationId Bobs)> MeetAsync(TestNode alice, TestNode bob,
        bool inGroup)
    {
        await TestNode.JoinAsync(alice, bob);
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);
        if (!inGroup)
            return (ConversationId.With(bob.Identity.Address), ConversationId.With(alice.Identity.Address));
        ConversationId group = (await alice.Node.Lite.CreateAsync("mill", shortTag: false)).Id;
        using var watching = new EventReader(alice);
        await bob.Node.Lite.JoinAsync(await alice.Node.Lite.InviteAsync("mill"), "mill");
        await watching.UntilAsync(Events.Group, e => e.Group.Members.Count == 2);
        return (group, group);
    }

    private static async Task<EnvelopeId> SendAsync(TestNode from, Messaging.SendRequest request)
    {
        var caller = new AwaitedCaller();
        await from.Node.Conversations.SendAsync([(request, caller)]);
        return await caller.Sent.WaitAsync(TimeSpan.FromSeconds(20));
    }

    /// <summary>Waits until a node's message is as it should be.</summary>
    private static async Task<Message> HasAsync(TestNode node, EnvelopeId id, Func<Message, bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            await node.Node.SettleAsync();
            if (node.Store.Reader.FindMessage(id) is { } stored && MessageRows.Read(stored) is var message
                && condition(message))
                return message;
            Assert.False(limit.IsCancellationRequested, node.Store.Reader.FindMessage(id)?.ToString()
                ?? "there is none");
        }
    }

    private sealed class AwaitedCaller : ICaller
    {
        private readonly TaskCompletionSource<EnvelopeId> _sent =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task<EnvelopeId> Sent => _sent.Task;

        public void Done(in SentMessage sent) => _sent.TrySetResult(sent.Message);

        public void Refused(Refusal why, string text) =>
            _sent.TrySetException(new InvalidOperationException($"{why}: {text}"));
    }
}
