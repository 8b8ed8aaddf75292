using System.Text.Json.Nodes;
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
        await AskAsync(alice, new ControlRequest { Command = "lite-create", Name = "friends", ShortTag = shortTag });
        await LetInAsync(alice, bob, 2);

        JsonNode sent = await SendAsync(alice, "hello");
        JsonNode signed = await SendAsync(bob, "hi", signed: true);

        Assert.Equal(("delivered", 1, 1),
            ((string)sent["state"]!, (int)sent["recipients"]!, (int)sent["deliveredTo"]!));
        JsonNode[] read = [.. (await MessagesAsync(bob)).Select(m => m!)];
        Assert.Equal(["hello", "hi"], read.Select(m => (string)m["text"]!));
        Assert.Equal(((string)sent["id"]!, "in", alice.Address, "friends", "mls-lite", "received"),
            ((string)read[0]["id"]!, (string)read[0]["direction"]!, (string)read[0]["peer"]!, (string)read[0]["group"]!,
                (string)read[0]["security"]!, (string)read[0]["state"]!));
        JsonNode[] own = [.. (await MessagesAsync(alice)).Select(m => m!)];
        Assert.Equal(("out", null, 1, 1),
            ((string)own[0]["direction"]!, (string?)own[0]["peer"], (int)own[0]["recipients"]!,
                (int)own[0]["deliveredTo"]!));
        Assert.Equal(((string)signed["id"]!, "mls-lite-signed"), ((string)own[1]["id"]!, (string)own[1]["security"]!));
        JsonNode group = await AskAsync(bob, new ControlRequest { Command = "lite-show", Group = "friends" });
        Assert.Equal(shortTag ? "aes-ccm-8" : "chacha20-poly1305", (string)group["cipher"]!);
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
        await AskAsync(alice, new ControlRequest { Command = "lite-create", Name = "friends" });
        string first = await InviteAsync(alice);
        string second = await InviteAsync(alice);
        (TestNode early, TestNode late) = firstJoinsFirst ? (bob, carol) : (carol, bob);

        await JoinAsync(early, early == bob ? first : second);
        await HasMembersAsync(alice, 2);
        await SendAsync(alice, "for one");
        await JoinAsync(late, late == bob ? first : second);
        foreach (TestNode node in new[] { alice, bob, carol })
            await HasMembersAsync(node, 3);
        JsonNode[] sent = [await SendAsync(alice, "a"), await SendAsync(bob, "b"), await SendAsync(carol, "c")];

        Assert.All(sent, s => Assert.Equal(2, (int)s["deliveredTo"]!));
        Assert.Equal(["a", "b", "c"], (await MessagesAsync(late)).Select(m => (string)m!["text"]!));
        Assert.Equal(["for one", "a", "b", "c"], (await MessagesAsync(early)).Select(m => (string)m!["text"]!));
    }

    [Fact]
    public async Task A_rekey_reaches_everybody_and_a_message_that_overtakes_it_is_not_lost()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await TestNode.JoinAsync(alice, bob);
        await AskAsync(alice, new ControlRequest { Command = "lite-create", Name = "friends" });
        await LetInAsync(alice, bob, 2);

        JsonNode rekeyed = await AskAsync(alice, new ControlRequest { Command = "lite-rekey", Group = "friends" });
        await SendAsync(alice, "in the new epoch");
        await SendAsync(bob, "here too");

        JsonNode group = await AskAsync(bob, new ControlRequest { Command = "lite-show", Group = "friends" });
        Assert.Equal((long)rekeyed["epoch"]!, (long)group["epoch"]!);
        Assert.Equal((string)rekeyed["epochTag"]!, (string)group["epochTag"]!);
        Assert.Equal(["in the new epoch", "here too"], (await MessagesAsync(bob)).Select(m => (string)m!["text"]!));
    }

    [Fact]
    public async Task Hundreds_of_messages_at_once_are_each_read_once()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await TestNode.JoinAsync(alice, bob);
        await AskAsync(alice, new ControlRequest { Command = "lite-create", Name = "friends" });
        await LetInAsync(alice, bob, 2);

        const int count = 300;
        JsonNode[] replies = await alice.AskAllAsync([.. Enumerable.Range(0, count).Select(i =>
            new ControlRequest { Command = "send", Lite = true, To = "friends", Text = $"{i}", Wait = "delivered",
                Tag = i })]);

        Assert.All(replies, reply => Assert.True((bool)reply["ok"]!, reply.ToJsonString()));
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"{i}"), (await MessagesAsync(bob, 1000))
            .Select(m => (string)m!["text"]!));
    }

    [Fact]
    public async Task Without_space_a_message_is_refused_and_no_key_is_used_for_two()
    {
        await using var alice = new TestNode("alice", new StoreOptions { MaxBytes = 200_000 });
        await using var bob = new TestNode("bob");
        await TestNode.JoinAsync(alice, bob);
        await AskAsync(alice, new ControlRequest { Command = "lite-create", Name = "friends" });
        await LetInAsync(alice, bob, 2);
        int before = await CounterAsync(alice);

        JsonNode reply;
        int sent = 0;
        do
        {
            Assert.True(sent < 500, "the store never filled up");
            reply = await alice.AskAsync(
                new ControlRequest
                {
                    Command = "send",
                    Lite = true,
                    To = "friends",
                    Text = $"{sent} "
                    + new string('x', 4000),
                    Wait = "delivered"
                });
            sent += (bool)reply["ok"]! ? 1 : 0;
        }
        while ((bool)reply["ok"]!);

        Assert.Contains("the store is full or failing", (string)reply["error"]!, StringComparison.Ordinal);
        Assert.Equal(sent, (await MessagesAsync(bob, 1000)).Count);
        Assert.Equal(sent, (await MessagesAsync(alice, 1000)).Count);
        Assert.True(await CounterAsync(alice) > before
            + sent, "the counter of the refused message was given out again");
    }

    [Fact]
    public async Task What_cannot_be_done_is_said()
    {
        await using var alice = new TestNode("alice");
        await AskAsync(alice, new ControlRequest { Command = "lite-create", Name = "friends" });
        Assert.Equal("refused",
            await FailAsync(alice, new ControlRequest { Command = "lite-create", Name = "friends" }));
        Assert.Equal("usage",
            await FailAsync(alice, new ControlRequest { Command = "lite-create", Name = "two words" }));
        Assert.Equal("usage",
            await FailAsync(alice, new ControlRequest { Command = "lite-create", Name = new string('n', 21) }));
        Assert.Equal("usage", await FailAsync(alice, new ControlRequest { Command = "lite-create" }));
        Assert.Equal("usage",
            await FailAsync(alice, new ControlRequest { Command = "lite-join", Uri = "qpc-lite:AAAA" }));
        Assert.Equal("refused",
            await FailAsync(alice, new ControlRequest { Command = "lite-join", Uri = await InviteAsync(alice) }));
        Assert.Equal("refused", await FailAsync(alice, new ControlRequest { Command = "lite-show", Group = "nobody" }));
        foreach (string command in new[] { "lite-show", "lite-invite", "lite-rekey", "lite-leave", "lite-rename" })
            Assert.Equal("usage", await FailAsync(alice, new ControlRequest { Command = command, Name = "x" }));
        Assert.Equal("refused",
            await FailAsync(alice, new ControlRequest { Command = "send", Lite = true, To = "nobody", Text = "x" }));
        Assert.Equal("refused",
            await FailAsync(
                alice, new ControlRequest { Command = "send", Lite = true, To = "friends", Text = "nobody is there" }));
        Assert.Equal("usage",
            await FailAsync(alice,
                new ControlRequest { Command = "send", Lite = true, To = "friends", Text = new string('x', 4097) }));
        await AskAsync(alice, new ControlRequest { Command = "lite-rename", Group = "friends", Name = "others" });
        Assert.Equal("others", (string)(await AskAsync(alice, new ControlRequest { Command = "lite-list" })).AsArray()
            .Single()!["name"]!);
        await AskAsync(alice, new ControlRequest { Command = "lite-leave", Group = "others" });
        Assert.Empty((await AskAsync(alice, new ControlRequest { Command = "lite-list" })).AsArray());
        Assert.Empty(alice.Store.Reader.Conversations(EnvelopeKind.MlsLite));
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
        await AskAsync(alice, new ControlRequest { Command = "lite-create", Name = "friends" });
        foreach (ControlRequest request in new[]
                 {
                     new ControlRequest { Command = "lite-create", Name = name },
                     new ControlRequest { Command = "lite-rename", Group = "friends", Name = name },
                 })
        {
            JsonNode reply = await alice.AskAsync(request);
            Assert.Equal("usage", (string)reply["code"]!);
            Assert.Contains("a group's name has 1 to 20 bytes, no blank and nothing invisible", (string)reply["error"]!,
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
            JsonNode reply =
                await alice.AskAsync(new ControlRequest { Command = "lite-join", Uri = invitation.ToUri() });
            Assert.Equal("usage", (string)reply["code"]!);
            Assert.Contains(says, (string)reply["error"]!, StringComparison.Ordinal);
            JsonNode joined =
                await AskAsync(alice,
                    new ControlRequest { Command = "lite-join", Uri = invitation.ToUri(), Name = "n" + name.Length });
            Assert.Equal("n" + name.Length, (string)joined["name"]!);
        }
    }

    internal static async Task<JsonNode> AskAsync(TestNode node, ControlRequest request)
    {
        JsonNode reply = await node.AskAsync(request);
        Assert.True((bool)reply["ok"]!, reply.ToJsonString());
        return reply["result"]!;
    }

    internal static async Task<string> InviteAsync(TestNode node) =>
        (string)(await AskAsync(node, new ControlRequest { Command = "lite-invite", Group = "friends" }))["uri"]!;

    private static async Task<string> FailAsync(TestNode node, ControlRequest request)
    {
        JsonNode reply = await node.AskAsync(request);
        Assert.False((bool)reply["ok"]!, reply.ToJsonString());
        return (string)reply["code"]!;
    }

    private static Task<JsonNode> JoinAsync(TestNode node, string uri) =>
        AskAsync(node, new ControlRequest { Command = "lite-join", Uri = uri });

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
        JsonNode group = await AskAsync(node, new ControlRequest { Command = "lite-show", Group = "friends" });
        if (group["members"]!.AsArray().Count < count)
            await watching.UntilAsync(e => (string)e["event"]! == "group"
                && e["group"]!["members"]!.AsArray().Count >= count);
    }

    private static async Task<int> CounterAsync(TestNode node) =>
        (int)(await AskAsync(node, new ControlRequest { Command = "lite-show", Group = "friends" }))["counter"]!;

    internal static Task<JsonNode> SendAsync(TestNode node, string text, bool signed = false) => AskAsync(
        node, new ControlRequest
        {
            Command = "send",
            Lite = true,
            To = "friends",
            Text = text,
            Wait = "delivered",
            Signed = signed
        });

    private static async Task<JsonArray> MessagesAsync(TestNode node, int limit = 50) =>
        (await AskAsync(node, new ControlRequest { Command = "messages", With = "friends", Limit = limit })).AsArray();
}
