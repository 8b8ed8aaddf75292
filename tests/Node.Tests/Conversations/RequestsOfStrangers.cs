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
        RequestInfo request = Assert.Single(await bob.AskAsync(Commands.Requests));
        Assert.Equal(
            (alice.Address, "alice", 1, "hello, it is me"),
            (request.Address, request.Name, request.Count, request.Preview));
        MessageInfo message = (await bob.MessagesAsync())[0];
        Assert.True(message.Request);
        Assert.Equal(request.Id, message.Id);
        Assert.InRange(message.SentAt!.Value, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow);
        Assert.False(message.Late);

        await bob.SendAsync(alice, "I know you", "delivered");
        Assert.Empty(await bob.AskAsync(Commands.Requests));
        Assert.All(await bob.MessagesAsync(), m => Assert.False(m.Request));
        // Whom one wrote to, one knows: the answer was no request.
        Assert.All(await alice.MessagesAsync(), m => Assert.False(m.Request));
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
        await watching.UntilAsync(Events.Message, e => e.Message.Request);

        Assert.Contains(
            "is known now", (await bob.AskAsync(Commands.Accept, new() { To = alice.Address })).Done,
            StringComparison.Ordinal);
        await watching.UntilAsync(Events.Standing, e => e.Standing == "known");
        Assert.Contains(
            "is refused", (await bob.AskAsync(Commands.Refuse, new() { To = eve.Address })).Done,
            StringComparison.Ordinal);
        await watching.UntilAsync(Events.Standing, e => e.Address == eve.Address);
        Assert.Equal("one", Assert.Single(await bob.MessagesAsync()).Text);

        await eve.SendAsync(bob, "again");
        await alice.SendAsync(bob, "after it", "delivered");
        Assert.Equal(["one", "after it"], (await bob.MessagesAsync()).Select(m => m.Text));
        Assert.Contains("qpc_messages_not_kept_total 1", (await bob.AskAsync(Commands.Metrics)).Text,
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
        string id = (await alice.SendAsync(bob, "are you there?", "forwarded")).Id;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await bob.MessagesAsync()).Count == 0)
            limit.Token.ThrowIfCancellationRequested();
        Assert.Equal("forwarded", (await alice.AskAsync(Commands.Message, new() { Id = id })).State);

        await bob.AskAsync(Commands.Accept, new() { To = alice.Address });
        string? wait = policy == ReceiptPolicy.Contacts ? "delivered" : "forwarded";
        Assert.Equal(wait, (await alice.SendAsync(bob, "now?", wait)).State);
    }

    [Fact]
    public async Task A_message_is_deleted_and_so_is_a_conversation_and_what_is_still_here_is_not_sent()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        Wire.ILink link = await MeetAsync(alice, bob);
        for (int i = 0; i < 3; i++)
            await alice.SendAsync(bob, $"{i}", "delivered");
        string id = (await bob.MessagesAsync())[1].Id;
        Assert.Contains("is erased", (await bob.AskAsync(Commands.Delete, new() { Id = id })).Done,
            StringComparison.Ordinal);
        Assert.Equal(["0", "2"], (await bob.MessagesAsync()).Select(m => m.Text));
        Assert.Equal(ErrorCode.Refused, (await bob.RefusalAsync(Commands.Delete, new() { Id = id })).Code);

        using var watching = new EventReader(alice);
        link.Close(new Wire.LinkEnd(Wire.LinkEndCode.Closed));
        await watching.UntilAsync(Events.PeerDown);
        string unsent = (await alice.SendAsync(bob, "never mind")).Id;
        await alice.AskAsync(Commands.Delete, new() { Id = unsent });
        Assert.Equal(0, (await alice.AskAsync(Commands.Queue)).Count);
        await alice.AskAsync(Commands.Delete, new() { With = bob.Address });
        Assert.Empty(await alice.MessagesAsync());
        await MeetAsync(alice, bob);
        await alice.SendAsync(bob, "last", "delivered");
        Assert.Equal(["0", "2", "last"], (await bob.MessagesAsync()).Select(m => m.Text));
        Assert.Equal(ErrorCode.Usage, (await alice.RefusalAsync(Commands.Delete)).Code);
        Assert.Equal(ErrorCode.Usage, (await alice.RefusalAsync(Commands.Delete, new() { Id = id, With = "x" })).Code);
    }

    [Fact]
    public async Task Strangers_fill_their_share_and_a_contact_and_the_owner_go_on()
    {
        await using var bob = new TestNode("bob", new StoreOptions { DiskBytes = 4 << 20 });
        await using var friend = new TestNode("friend");
        await MeetAsync(friend, bob);
        await bob.AskAsync(Commands.Alias, new() { Alias = "friend", To = friend.Address });
        await friend.SendAsync(bob, "from a friend", "delivered");
        string long_ = new('x', 30_000);
        for (int i = 0; i < 8; i++)
        {
            await using var stranger = new TestNode("stranger");
            await MeetAsync(stranger, bob);
            await stranger.SendAsync(bob, long_, "delivered");
            await stranger.SendAsync(bob, long_, "delivered");
        }

        long bytes = (await bob.AskAsync(Commands.Requests)).Sum(r => r.Bytes);
        Assert.InRange(bytes, 30_000, bob.Store.Quota.Requests);
        Assert.Equal("delivered", (await friend.SendAsync(bob, "still here", "delivered")).State);
        Assert.Equal("delivered", (await bob.SendAsync(friend, long_, "delivered")).State);
        IReadOnlyList<MessageInfo> history = await bob.AskAsync(Commands.Messages, new() { With = "friend" });
        Assert.Equal(["from a friend", "still here", long_], history.Select(m => m.Text));
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
            await alice.ReplyAllAsync(Commands.Send, [.. Enumerable.Range(sent, 300).Select(i =>
                new Api.SendRequest { To = bob.Address, Text = $"{i}" })]);
            sent += 300;
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (bob.Store.Reader.FindMessages(null, 10_000).Count < sent)
                await Task.Delay(200, limit.Token);
        }

        await bob.AskAsync(Commands.Accept, new() { To = alice.Address });
        // Counted from here on: the last of them may have been on its way twice.
        long tooFast = await TooFastAsync(bob);
        Assert.True(tooFast > 0);
        await alice.ReplyAllAsync(Commands.Send, [.. Enumerable.Range(sent, 400).Select(i =>
            new Api.SendRequest { To = bob.Address, Text = $"{i}", Wait = "delivered" })]);
        Assert.Equal(sent + 400, bob.Store.Reader.FindMessages(null, 10_000).Count);
        Assert.Equal(tooFast, await TooFastAsync(bob));
    }

    private static async Task<long> TooFastAsync(TestNode node)
    {
        string metrics = (await node.AskAsync(Commands.Metrics)).Text;
        string line = metrics.Split('\n').Single(l => l.Contains("\"drop_opening_rate\"", StringComparison.Ordinal));
        return long.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
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
        (ErrorCode code, string error) =
            await node.RefusalAsync(Commands.Alias, new() { Alias = alias, To = node.Address });
        Assert.Equal(ErrorCode.Usage, code);
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    private static async Task<MemoryLink> MeetAsync(TestNode a, TestNode b)
    {
        MemoryLink link = await TestNode.JoinAsync(a, b);
        await a.HasRouteAsync(b);
        await b.HasRouteAsync(a);
        return link;
    }
}
