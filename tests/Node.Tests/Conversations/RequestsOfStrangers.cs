using System.Text.Json.Nodes;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Tests.Conversations;

public class RequestsOfStrangers
{
    [Fact]
    public async Task A_stranger_knocks_and_is_let_in_by_an_answer()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await MeetAsync(alice, bob);

        await alice.SendAsync(bob, "hello, it is me", "delivered");
        JsonNode request = Assert.Single((await AskAsync(bob, "requests")).AsArray())!;
        Assert.Equal(
            (alice.Address, "alice", 1, "hello, it is me"),
            ((string)request["address"]!, (string)request["name"]!, (int)request["count"]!,
                (string)request["preview"]!));
        JsonNode message = (await bob.MessagesAsync())[0]!;
        Assert.True((bool)message["request"]!);
        Assert.Equal((string)request["id"]!, (string)message["id"]!);
        Assert.InRange((DateTimeOffset)message["sentAt"]!, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow);
        Assert.Null(message["late"]);

        await bob.SendAsync(alice, "I know you", "delivered");
        Assert.Empty((await AskAsync(bob, "requests")).AsArray());
        Assert.All(await bob.MessagesAsync(), m => Assert.Null(m!["request"]));
        // Whom one wrote to, one knows: the answer was no request.
        Assert.All(await alice.MessagesAsync(), m => Assert.Null(m!["request"]));
    }

    [Fact]
    public async Task Accepting_makes_messages_of_requests_and_refusing_erases_them_and_hears_no_more()
    {
        await using var alice = new TestNode("alice");
        await using var eve = new TestNode("eve");
        await using var bob = new TestNode("bob");
        await MeetAsync(alice, bob);
        await MeetAsync(eve, bob);
        using var watching = new EventReader(bob);
        await alice.SendAsync(bob, "one", "delivered");
        await eve.SendAsync(bob, "two", "delivered");
        await watching.UntilAsync(e => (string)e["event"]! == "message" && (bool?)e["message"]!["request"] == true);

        Assert.Contains(
            "is known now", await DoneAsync(bob, new ControlRequest { Command = "accept", To = alice.Address }),
            StringComparison.Ordinal);
        await watching.UntilAsync(e => (string)e["event"]! == "standing" && (string)e["standing"]! == "known");
        Assert.Contains("is refused", await DoneAsync(bob, new ControlRequest { Command = "refuse", To = eve.Address }),
            StringComparison.Ordinal);
        await watching.UntilAsync(e => (string)e["event"]! == "standing" && (string)e["address"]! == eve.Address);
        Assert.Equal("one", (string)Assert.Single(await bob.MessagesAsync())!["text"]!);

        await eve.SendAsync(bob, "again");
        await alice.SendAsync(bob, "after it", "delivered");
        Assert.Equal(["one", "after it"], (await bob.MessagesAsync()).Select(m => (string)m!["text"]!));
        Assert.Contains("qpc_messages_not_kept_total 1", (string)(await AskAsync(bob, "metrics"))["text"]!,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ReceiptPolicy.Contacts)]
    [InlineData(ReceiptPolicy.None)]
    public async Task Who_is_to_get_no_receipt_gets_none_though_the_message_arrived(ReceiptPolicy policy)
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob", receipts: policy);
        await MeetAsync(alice, bob);
        string id = (await alice.SentAsync(bob, "are you there?", "forwarded")).Id;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await bob.MessagesAsync()).Count == 0)
            limit.Token.ThrowIfCancellationRequested();
        Assert.Equal("forwarded", (await alice.AskAsync(Commands.Message, new() { Id = id })).State);

        await DoneAsync(bob, new ControlRequest { Command = "accept", To = alice.Address });
        string? wait = policy == ReceiptPolicy.Contacts ? "delivered" : "forwarded";
        Assert.Equal(wait, (await alice.SentAsync(bob, "now?", wait)).State);
    }

    [Fact]
    public async Task A_message_is_deleted_and_so_is_a_conversation_and_what_is_still_here_is_not_sent()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        Wire.ILink link = await MeetAsync(alice, bob);
        for (int i = 0; i < 3; i++)
            await alice.SendAsync(bob, $"{i}", "delivered");
        string id = (string)(await bob.MessagesAsync())[1]!["id"]!;
        Assert.Contains("is erased", await DoneAsync(bob, new ControlRequest { Command = "delete", Id = id }),
            StringComparison.Ordinal);
        Assert.Equal(["0", "2"], (await bob.MessagesAsync()).Select(m => (string)m!["text"]!));
        JsonNode again = await bob.AskAsync(new ControlRequest { Command = "delete", Id = id });
        Assert.Equal("refused", (string)again["code"]!);

        using var watching = new EventReader(alice);
        link.Close(new Wire.LinkEnd(Wire.LinkEndCode.Closed));
        await watching.UntilAsync(e => (string)e["event"]! == "peerDown");
        string unsent = (await alice.SentAsync(bob, "never mind")).Id;
        await DoneAsync(alice, new ControlRequest { Command = "delete", Id = unsent });
        Assert.Equal(0, (int)(await AskAsync(alice, "queue"))["count"]!);
        await DoneAsync(alice, new ControlRequest { Command = "delete", With = bob.Address });
        Assert.Empty(await alice.MessagesAsync());
        await MeetAsync(alice, bob);
        await alice.SendAsync(bob, "last", "delivered");
        Assert.Equal(["0", "2", "last"], (await bob.MessagesAsync()).Select(m => (string)m!["text"]!));
        Assert.Equal("usage", (string)(await alice.AskAsync(new ControlRequest { Command = "delete" }))["code"]!);
        Assert.Equal("usage",
            (string)(await alice.AskAsync(new ControlRequest { Command = "delete", Id = id, With = "x" }))["code"]!);
    }

    [Fact]
    public async Task Strangers_fill_their_share_and_a_contact_and_the_owner_go_on()
    {
        await using var bob = new TestNode("bob", new StoreOptions { DiskBytes = 4 << 20 });
        await using var friend = new TestNode("friend");
        await MeetAsync(friend, bob);
        await DoneAsync(bob, new ControlRequest { Command = "alias", Alias = "friend", To = friend.Address });
        await friend.SendAsync(bob, "from a friend", "delivered");
        string long_ = new('x', 30_000);
        for (int i = 0; i < 8; i++)
        {
            await using var stranger = new TestNode("stranger");
            await MeetAsync(stranger, bob);
            await stranger.SendAsync(bob, long_, "delivered");
            await stranger.SendAsync(bob, long_, "delivered");
        }

        long bytes = (await AskAsync(bob, "requests")).AsArray().Sum(r => (long)r!["bytes"]!);
        Assert.InRange(bytes, 30_000, bob.Store.Quota.Requests);
        Assert.Equal("delivered", (await friend.SentAsync(bob, "still here", "delivered")).State);
        Assert.Equal("delivered", (await bob.SentAsync(friend, long_, "delivered")).State);
        JsonNode history =
            (await bob.AskAsync(new ControlRequest { Command = "messages", With = "friend" }))["result"]!;
        Assert.Equal(["from a friend", "still here", long_], history.AsArray().Select(m => (string)m!["text"]!));
    }

    [Fact]
    public async Task A_stranger_is_heard_at_a_rate_and_a_contact_at_once_and_neither_loses_anything()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await MeetAsync(alice, bob);
        int sent = 0;
        // All at once; a machine that is busy with others may still be slower than the rate.
        for (int burst = 0; burst < 5 && await TooFastAsync(bob) == 0; burst++)
        {
            await alice.AskAllAsync([.. Enumerable.Range(sent, 300).Select(i =>
                new ControlRequest { Command = "send", To = bob.Address, Text = $"{i}" })]);
            sent += 300;
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (bob.Store.Reader.FindMessages(null, 10_000).Count < sent)
                await Task.Delay(200, limit.Token);
        }

        await DoneAsync(bob, new ControlRequest { Command = "accept", To = alice.Address });
        // Counted from here on: the last of them may have been on its way twice.
        long tooFast = await TooFastAsync(bob);
        Assert.True(tooFast > 0);
        await alice.AskAllAsync([.. Enumerable.Range(sent, 400).Select(i =>
            new ControlRequest { Command = "send", To = bob.Address, Text = $"{i}", Wait = "delivered" })]);
        Assert.Equal(sent + 400, bob.Store.Reader.FindMessages(null, 10_000).Count);
        Assert.Equal(tooFast, await TooFastAsync(bob));
    }

    private static async Task<long> TooFastAsync(TestNode node)
    {
        string metrics = (string)(await AskAsync(node, "metrics"))["text"]!;
        string line = metrics.Split('\n').Single(l => l.Contains("\"drop_opening_rate\"", StringComparison.Ordinal));
        return long.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_command_that_there_is_not_is_answered()
    {
        await using var node = new TestNode("n");
        JsonNode reply = await node.AskAsync(new ControlRequest { Command = "dance" });
        Assert.Equal("usage", (string)reply["code"]!);
        Assert.Contains("there is no command 'dance'", (string)reply["error"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\u200Bb", "invisible")]
    [InlineData("\u202Egnp.exe", "direction")]
    [InlineData("a\u0007b", "control")]
    [InlineData("a b", "blanks")]
    [InlineData("-x", "begin with -")]
    [InlineData("self", "name conversations")]
    [InlineData("group:x", "name conversations")]
    [InlineData("", "1 to 64")]
    public async Task A_name_that_could_pass_for_another_is_refused_with_the_right_reason(string alias, string why)
    {
        await using var node = new TestNode("n");
        JsonNode reply =
            await node.AskAsync(new ControlRequest { Command = "alias", Alias = alias, To = node.Address });
        Assert.Equal("usage", (string)reply["code"]!);
        Assert.Contains(why, (string)reply["error"]!, StringComparison.Ordinal);
    }

    private static async Task<MemoryLink> MeetAsync(TestNode a, TestNode b)
    {
        MemoryLink link = await TestNode.JoinAsync(a, b);
        await a.HasRouteAsync(b);
        await b.HasRouteAsync(a);
        return link;
    }

    private static async Task<JsonNode> AskAsync(TestNode node, string command) =>
        (await node.AskAsync(new ControlRequest { Command = command }))["result"]!;

    private static async Task<string> DoneAsync(TestNode node, ControlRequest request)
    {
        JsonNode reply = await node.AskAsync(request);
        return (string?)reply["result"]?["done"] ?? reply.ToJsonString();
    }
}
