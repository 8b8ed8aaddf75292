using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests.Content;

public sealed class ContentRulesTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    private static readonly NodeAddress Author = new(1, 1), Other = new(2, 2), Self = new(3, 3);
    private static readonly EnvelopeId Id = new(7, 7);
    private static readonly ContentReference Target = ContentReference.To(Id);

    [Fact]
    public void Only_the_author_edits_or_deletes_and_only_where_it_is_proven_who_that_is()
    {
        foreach (MessageContent content in (MessageContent[])[new EditContent(Target, 1, "new"),
            new DeleteContent(Target)])
        {
            Assert.Equal(ChangeOutcome.Changed, Apply(Text("old"), By(Author, content)).Outcome);
            Assert.Equal(ChangeOutcome.NotAllowed, Apply(Text("old"), By(Other, content)).Outcome);
            Assert.Equal(ChangeOutcome.NotAllowed, Apply(Text("old"), By(Self, content) with { IsOwn = true }).Outcome);
            Assert.Equal(ChangeOutcome.NotAllowed,
                Apply(Text("old"), By(Author, content) with { IsProven = false }).Outcome);
            Message own = Text("old") with { Outgoing = true, Peer = Author };
            Assert.Equal(ChangeOutcome.Changed, Apply(own, By(Self, content) with { IsOwn = true }).Outcome);
            Assert.Equal(ChangeOutcome.NotAllowed, Apply(own, By(Author, content)).Outcome);
        }
    }

    [Fact]
    public void An_edit_replaces_the_text_and_keeps_what_it_answers_and_when_it_disappears()
    {
        Message reply = Text("old") with
        {
            Content = new TimedContent(new DisappearAfter(60), new ReplyContent(Target, "old")),
        };
        Message edited = Apply(reply, By(Author, new EditContent(Target, 1, "new"))).Message;
        Assert.Equal(new TimedContent(new DisappearAfter(60), new ReplyContent(Target, "new")), edited.Content);
        Assert.Equal(("new", (byte)1, At), (edited.Text, edited.Extras.Revision, edited.Extras.EditedAt));
    }

    [Fact]
    public void What_is_no_text_is_not_edited()
    {
        Message place = Text("") with { Content = ContentExamples.FromOthers["Location"] };
        Assert.Equal(ChangeOutcome.NotAllowed, Apply(place, By(Author, new EditContent(Target, 1, "new"))).Outcome);
    }

    [Fact]
    public void A_deleted_message_leaves_its_place_and_nothing_brings_it_back()
    {
        Message deleted = Apply(
            Apply(Text("old"), By(Other, new ReactionContent(Target, 1, "👍"))).Message,
            By(Author, new DeleteContent(Target))).Message;
        Assert.Equal((new DeletedContent(), "", true), (deleted.Content, deleted.Text, deleted.Extras.IsEmpty));
        foreach (MessageContent later in (MessageContent[])
            [new EditContent(Target, 255, "new"), new ReactionContent(Target, 1, "👍"), new ReadContent([Target]),
                new DeleteContent(Target)])
            Assert.Equal(ChangeOutcome.NothingNew, Apply(deleted, By(Author, later)).Outcome);
    }

    [Fact]
    public void Changes_in_any_order_and_any_number_make_the_same_message()
    {
        ContentChange[] changes =
        [
            By(Author, new EditContent(Target, 1, "one")), By(Author, new EditContent(Target, 2, "two")),
            By(Other, new ReactionContent(Target, 1, "👍")), By(Other, new ReactionContent(Target, 2, "👍")),
            By(Other, new ReactionContent(Target, 3, "👍")), By(Author, new ReactionContent(Target, 1, "👍")),
            By(Author, new ReactionContent(Target, 2, "👍")), By(Other, new ReactionContent(Target, 1, "🎉")),
            By(Other, new ReadContent([Target])), By(Self, new ReadContent([Target])),
        ];
        Message expected = Array.ConvertAll([Text("old")], m => changes.Aggregate(m, (a, c) => Apply(a, c).Message))[0];
        Assert.Equal(["two", "👍🎉"],
            [expected.Text, string.Concat(expected.Extras.Reactions.Where(r => r.IsThere).Select(r => r.Emoji)
                .Order(StringComparer.Ordinal).Reverse())]);
        var random = new Random(5);
        for (int i = 0; i < 500; i++)
        {
            ContentChange[] shuffled = [.. changes, .. changes];
            random.Shuffle(shuffled);
            Message message = shuffled.Aggregate(Text("old"), (a, c) => Apply(a, c).Message);
            Assert.Equal(expected.Content, message.Content);
            Assert.Equal(expected.Extras.ToBytes(), message.Extras.ToBytes());
        }
    }

    [Fact]
    public void Whoever_wrote_a_message_is_not_among_its_readers()
    {
        Assert.Equal(ChangeOutcome.NotAllowed, Apply(Text("old"), By(Author, new ReadContent([Target]))).Outcome);
        Message read = Apply(Text("old"), By(Other, new ReadContent([Target]))).Message;
        Assert.Equal([Other], read.Extras.ReadBy);
    }

    [Fact]
    public void Signs_and_readers_of_one_message_are_bounded_for_each_and_in_all()
    {
        Message message = Text("old");
        for (int i = 0; i < 20; i++)
            message = Apply(message, By(Other, new ReactionContent(Target, 1, $"+{i}"))).Message;
        Assert.Equal(MessageExtras.MaxSignsOfOne, message.Extras.Reactions.Count);
        for (ulong n = 10; n < 3000; n++)
        {
            message = Apply(
                message, By(new NodeAddress(n, n), new ReactionContent(Target, 1, new string('x', 48)))).Message;
            message = Apply(message, By(new NodeAddress(n, n), new ReadContent([Target]))).Message;
        }

        byte[] bytes = message.Extras.ToBytes();
        Assert.InRange(bytes.Length, MessageExtras.MaxSize / 2, MessageExtras.MaxSize);
        Assert.InRange(message.Extras.ReadBy.Count, 1, MessageExtras.MaxReaders);
        Assert.True(MessageExtras.TryRead(bytes, out MessageExtras read));
        Assert.Equal(bytes, read.ToBytes());
        for (int cut = 1; cut < 300; cut++)
        {
            if (MessageExtras.TryRead(bytes.AsSpan(0, cut), out MessageExtras part))
                Assert.Equal(bytes[..cut], part.ToBytes());
        }
    }

    [Fact]
    public void A_sign_is_put_and_taken_back_by_turns()
    {
        MessageExtras extras = MessageExtras.None;
        Assert.Null(ContentRules.NextTurn(extras, Other, "👍", add: false));
        Assert.Equal((byte)1, ContentRules.NextTurn(extras, Other, "👍", add: true));
        extras = extras with { Reactions = [new Reaction(Other, 1, "👍")] };
        Assert.Null(ContentRules.NextTurn(extras, Other, "👍", add: true));
        Assert.Equal((byte)2, ContentRules.NextTurn(extras, Other, "👍", add: false));
        Assert.Equal((byte)1, ContentRules.NextTurn(extras, Author, "👍", add: true));
        extras = extras with { Reactions = [new Reaction(Other, 255, "👍")] };
        Assert.Null(ContentRules.NextTurn(extras, Other, "👍", add: false));
    }

    [Fact]
    public void Of_two_timers_the_later_counts_and_of_the_same_time_the_shorter_whatever_came_first()
    {
        var conversation = ConversationId.With(Other);
        TimerContent[] timers = [new(1, new DisappearAfter(60)), new(2, default), new(2, new DisappearAfter(30)),
            new(2, new DisappearAfter(90))];
        var random = new Random(3);
        for (int i = 0; i < 100; i++)
        {
            random.Shuffle(timers);
            ConversationSetting setting = timers.Aggregate(
                default(ConversationSetting), (s, t) => s.With(new SettingChange(conversation, t, null)));
            Assert.Equal(new ConversationSetting(new DisappearAfter(30), 2, false), setting);
        }
    }

    [Fact]
    public void No_revision_of_a_timer_is_the_last_one()
    {
        var conversation = ConversationId.With(Other);
        var hour = new DisappearAfter(60);
        ConversationSetting Take(ConversationSetting setting, ushort revision, DisappearAfter time) =>
            setting.With(new SettingChange(conversation, new TimerContent(revision, time), null));
        foreach (ushort locked in (ushort[])[1, 32_767, 32_768, 32_769, 65_534, ushort.MaxValue])
        {
            ConversationSetting setting = Take(default, locked, hour);
            Assert.Equal(new ConversationSetting(hour, locked, false), setting);
            ushort next = setting.NextRevision;
            Assert.NotEqual(0, next);
            ConversationSetting after = Take(setting, next, default);
            Assert.Equal(new ConversationSetting(default, next, false), after);
            Assert.Equal(after, Take(after, locked, hour));
        }

        Assert.Equal(1, Take(default, ushort.MaxValue, hour).NextRevision);
    }

    [Fact]
    public void Any_two_timers_end_the_same_whichever_came_first()
    {
        var conversation = ConversationId.With(Other);
        var random = new Random(11);
        int[] apart = [0, 1, 2, 32_766, 32_767, 32_768, 32_769, 65_534];
        for (int i = 0; i < 2000; i++)
        {
            ushort first = (ushort)random.Next(1, 65_536);
            ushort second = (ushort)((first - 1 + apart[i % apart.Length]) % 65_535 + 1);
            SettingChange a = new(conversation, new TimerContent(first, new DisappearAfter(30)), null);
            SettingChange b = new(conversation, new TimerContent(second, new DisappearAfter(90)), null);
            Assert.Equal(default(ConversationSetting).With(a).With(b), default(ConversationSetting).With(b).With(a));
        }
    }

    private static Message Text(string text) => new(
        Id, ConversationId.With(Author), Outgoing: false, Author, text, MessageState.Received, StateReason.None, 1,
        Priority.Normal, At, At);

    private static ContentChange By(NodeAddress who, MessageContent content) =>
        new(ConversationId.With(Author), Target, who, IsOwn: false, content, IsProven: true, At);

    private static (ChangeOutcome Outcome, Message Message) Apply(Message target, ContentChange change) =>
        (ContentRules.Apply(target, change, out Message changed), changed);
}
