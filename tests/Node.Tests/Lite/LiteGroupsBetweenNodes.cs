using System.Text;
using System.Text.Json.Nodes;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.MlsLite;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Tests.Lite;

public class LiteGroupsBetweenNodes
{
    [Theory]
    [InlineData(false, Durability.Normal)]
    [InlineData(true, Durability.Full)]
    [InlineData(true, Durability.Memory)]
    public async Task Two_members_talk_both_ways_and_every_message_is_proven(bool shortTag, Durability durability)
    {
        await using var alice = new TestNode("alice", new StoreOptions { Durability = durability });
        await using var bob = new TestNode("bob", new StoreOptions { Durability = durability });
        await TestNode.JoinAsync(alice, bob);
        await alice.AskAsync(Commands.LiteCreate, new() { Name = "friends", ShortTag = shortTag });
        await LetInAsync(alice, bob, 2);

        SendInfo sent = await SendAsync(alice, "hello");
        SendInfo signed = await SendAsync(bob, "hi", signed: true);

        Assert.Equal(("delivered", 1, 1), (sent.State, sent.Recipients, sent.DeliveredTo));
        IReadOnlyList<MessageInfo> read = await MessagesAsync(bob), own = await MessagesAsync(alice);
        Assert.Equal(["hello", "hi"], read.Select(m => m.Text));
        Assert.Equal((sent.Id, "in", alice.Address, "friends", "mls-lite", "received"),
            (read[0].Id, read[0].Direction, read[0].Peer, read[0].Group, read[0].Security, read[0].State));
        Assert.Equal(("out", null, 1, 1), (own[0].Direction, own[0].Peer, own[0].Recipients, own[0].DeliveredTo));
        Assert.Equal((signed.Id, "mls-lite-signed"), (own[1].Id, own[1].Security));
        Assert.Equal(shortTag ? "aes-ccm-8" : "chacha20-poly1305", (await ShowAsync(bob)).Cipher);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Invitations_that_are_open_at_once_are_taken_in_any_order_and_newcomers_read_nothing_from_before(
        bool firstJoinsFirst)
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await using var carol = new TestNode("carol");
        await TestNode.JoinAsync(alice, bob);
        await TestNode.JoinAsync(alice, carol);
        await alice.AskAsync(Commands.LiteCreate, new() { Name = "friends" });
        string first = await InviteAsync(alice);
        string second = await InviteAsync(alice);
        (TestNode early, TestNode late) = firstJoinsFirst ? (bob, carol) : (carol, bob);

        await JoinAsync(early, early == bob ? first : second);
        await HasMembersAsync(alice, 2);
        await SendAsync(alice, "for one");
        await JoinAsync(late, late == bob ? first : second);
        foreach (TestNode node in new[] { alice, bob, carol })
            await HasMembersAsync(node, 3);
        SendInfo[] sent = [await SendAsync(alice, "a"), await SendAsync(bob, "b"), await SendAsync(carol, "c")];

        Assert.All(sent, s => Assert.Equal(2, s.DeliveredTo));
        Assert.Equal(["a", "b", "c"], (await MessagesAsync(late)).Select(m => m.Text));
        Assert.Equal(["for one", "a", "b", "c"], (await MessagesAsync(early)).Select(m => m.Text));
    }

    [Fact]
    public async Task A_rekey_reaches_everybody_and_a_message_that_overtakes_it_is_not_lost()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await TestNode.JoinAsync(alice, bob);
        await alice.AskAsync(Commands.LiteCreate, new() { Name = "friends" });
        await LetInAsync(alice, bob, 2);

        LiteGroupInfo rekeyed = await alice.AskAsync(Commands.LiteRekey, new() { Group = "friends" });
        await SendAsync(alice, "in the new epoch");
        await SendAsync(bob, "here too");

        LiteGroupInfo group = await ShowAsync(bob);
        Assert.Equal((rekeyed.Epoch, rekeyed.EpochTag), (group.Epoch, group.EpochTag));
        Assert.Equal(["in the new epoch", "here too"], (await MessagesAsync(bob)).Select(m => m.Text));
    }

    [Fact]
    public async Task Hundreds_of_messages_at_once_are_each_read_once()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await TestNode.JoinAsync(alice, bob);
        await alice.AskAsync(Commands.LiteCreate, new() { Name = "friends" });
        await LetInAsync(alice, bob, 2);

        const int count = 300;
        Reply<SendInfo>[] replies = await alice.ReplyAllAsync(
            Commands.Send, [.. Enumerable.Range(0, count).Select(i => ToFriends($"{i}"))]);

        Assert.All(replies, reply => Assert.Null(reply.Error));
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"{i}"), (await MessagesAsync(bob, 1000))
            .Select(m => m.Text));
    }

    [Fact]
    public async Task Without_space_a_message_is_refused_and_no_key_is_used_for_two()
    {
        await using var alice = new TestNode("alice", new StoreOptions { MaxBytes = 200_000 });
        await using var bob = new TestNode("bob");
        await TestNode.JoinAsync(alice, bob);
        await alice.AskAsync(Commands.LiteCreate, new() { Name = "friends" });
        await LetInAsync(alice, bob, 2);
        int before = (await ShowAsync(alice)).Counter;

        Reply<SendInfo> reply;
        int sent = 0;
        do
        {
            Assert.True(sent < 500, "the store never filled up");
            reply = await alice.ReplyAsync(Commands.Send, ToFriends($"{sent} " + new string('x', 4000)));
            sent += reply.Code is null ? 1 : 0;
        }
        while (reply.Code is null);

        Assert.Contains("the store is full or failing", reply.Error, StringComparison.Ordinal);
        Assert.Equal(sent, (await MessagesAsync(bob, 1000)).Count);
        Assert.Equal(sent, (await MessagesAsync(alice, 1000)).Count);
        Assert.True((await ShowAsync(alice)).Counter > before + sent,
            "the counter of the refused message was given out again");
    }

    [Fact]
    public async Task What_cannot_be_done_is_said()
    {
        await using var alice = new TestNode("alice");
        await alice.AskAsync(Commands.LiteCreate, new() { Name = "friends" });
        await FailsAsync(ErrorCode.Refused, Commands.LiteCreate, new() { Name = "friends" });
        await FailsAsync(ErrorCode.Usage, Commands.LiteCreate, new() { Name = "two words" });
        await FailsAsync(ErrorCode.Usage, Commands.LiteCreate, new() { Name = new string('n', 21) });
        await FailsAsync(ErrorCode.Usage, Commands.LiteCreate, new());
        await FailsAsync(ErrorCode.Usage, Commands.LiteJoin, new() { Uri = "qpc-lite:AAAA" });
        await FailsAsync(ErrorCode.Refused, Commands.LiteJoin, new() { Uri = await InviteAsync(alice) });
        await FailsAsync(ErrorCode.Refused, Commands.LiteShow, new() { Group = "nobody" });
        foreach (string command in new[] { "lite-show", "lite-invite", "lite-rekey", "lite-leave", "lite-rename" })
        {
            JsonNode reply = await alice.RawAsync(Encoding.UTF8.GetBytes(
                $"{{\"command\":\"{command}\",\"name\":\"x\"}}\n"));
            Assert.Equal("usage", (string?)reply["code"]);
        }

        await FailsAsync(ErrorCode.Refused, Commands.Send, new() { Lite = true, To = "nobody", Text = "x" });
        await FailsAsync(ErrorCode.Refused, Commands.Send, ToFriends("nobody is there"));
        await FailsAsync(ErrorCode.Usage, Commands.Send, ToFriends(new string('x', 4097)));
        await alice.AskAsync(Commands.LiteRename, new() { Group = "friends", Name = "others" });
        Assert.Equal("others", (await alice.AskAsync(Commands.LiteList)).Single().Name);
        await alice.AskAsync(Commands.LiteLeave, new() { Group = "others" });
        Assert.Empty(await alice.AskAsync(Commands.LiteList));
        Assert.Empty(alice.Store.Reader.Conversations(EnvelopeKind.MlsLite));

        async Task FailsAsync<TRequest, TResult>(
            ErrorCode code, CommandSpec<TRequest, TResult> command, TRequest request)
            where TRequest : class, new() =>
            Assert.Equal(code, (await alice.RefusalAsync(command, request)).Code);
    }

    [Theory]
    [InlineData("my friends")]
    [InlineData("fri\u202eends")]
    [InlineData("fri\u200bends")]
    [InlineData("fri\u200dends")]
    [InlineData("fri\u00adends")]
    [InlineData("\ufefffriends")]
    [InlineData("friends\u2028")]
    [InlineData("fri\nends")]
    [InlineData("\u3164")]
    [InlineData("-friends")]
    [InlineData("")]
    public async Task A_groups_name_that_disguises_itself_or_that_no_command_can_take_is_refused_and_the_reply_says_why(
        string name)
    {
        await using var alice = new TestNode("alice");
        await alice.AskAsync(Commands.LiteCreate, new() { Name = "friends" });
        foreach ((ErrorCode code, string error) in new[]
                 {
                     await alice.RefusalAsync(Commands.LiteCreate, new() { Name = name }),
                     await alice.RefusalAsync(Commands.LiteRename, new() { Group = "friends", Name = name }),
                 })
        {
            Assert.Equal(ErrorCode.Usage, code);
            Assert.Contains("a group's name has 1 to 20 bytes, no blank and nothing invisible", error,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_invitation_whose_name_commands_cannot_take_asks_for_another_name()
    {
        await using var alice = new TestNode("alice");
        using LocalIdentity founder = LocalIdentity.Generate();
        foreach ((string name, string says) in new[] { ("my friends", "choose another with NAME"),
            ("", "choose one with NAME") })
        {
            var self = new LiteSelf(founder, RandomSource.System, TimeProvider.System);
            using var group = LiteGroup.Create(self, name, LiteCipher.ChaCha20Poly1305);
            using LiteInvitation invitation = group.Invite(out _);
            (ErrorCode code, string error) =
                await alice.RefusalAsync(Commands.LiteJoin, new() { Uri = invitation.ToUri() });
            Assert.Equal(ErrorCode.Usage, code);
            Assert.Contains(says, error, StringComparison.Ordinal);
            LiteGroupInfo joined = await alice.AskAsync(
                Commands.LiteJoin, new() { Uri = invitation.ToUri(), Name = "n" + name.Length });
            Assert.Equal("n" + name.Length, joined.Name);
        }
    }

    internal static async Task<string> InviteAsync(TestNode node) =>
        (await node.AskAsync(Commands.LiteInvite, new() { Group = "friends" })).Uri;

    internal static Task<LiteGroupInfo> ShowAsync(TestNode node) =>
        node.AskAsync(Commands.LiteShow, new() { Group = "friends" });

    private static Task<LiteGroupInfo> JoinAsync(TestNode node, string uri) =>
        node.AskAsync(Commands.LiteJoin, new() { Uri = uri });

    internal static async Task LetInAsync(TestNode inviter, TestNode newcomer, int members)
    {
        await JoinAsync(newcomer, await InviteAsync(inviter));
        await HasMembersAsync(inviter, members);
        await HasMembersAsync(newcomer, members);
    }

    /// <summary>Asks again as events come; a group's change is one.</summary>
    private static async Task HasMembersAsync(TestNode node, int count)
    {
        using var watching = new EventReader(node);
        if ((await ShowAsync(node)).Members.Count < count)
            await watching.UntilAsync(Events.Group, e => e.Group.Members.Count >= count);
    }

    internal static Task<SendInfo> SendAsync(TestNode node, string text, bool signed = false) =>
        node.AskAsync(Commands.Send, ToFriends(text) with { Signed = signed });

    internal static Task<IReadOnlyList<MessageInfo>> MessagesAsync(TestNode node, int limit = 50) =>
        node.AskAsync(Commands.Messages, new() { With = "friends", Limit = limit });

    private static SendRequest ToFriends(string text) =>
        new() { Lite = true, To = "friends", Text = text, Wait = "delivered" };
}
