using System.Diagnostics;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Node.Tests.Conversations;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.Node.Tests.Groups;

/// <summary>Conversations with one node between whole nodes.</summary>
public class PairsBetweenNodes(ITestOutputHelper output)
{
    [Fact]
    public async Task A_conversation_gets_keys_of_both_by_itself_and_stays_one_conversation()
    {
        await using TestNode alice = New("alice"), bob = New("bob");
        await GroupsBetweenNodes.ConnectAsync(alice, bob);
        string hello = (await alice.SendAsync(bob, "hello", "delivered")).Id;
        await bob.AskAsync(Commands.Accept, new AcceptRequest { To = alice.Address });
        await bob.SendAsync(alice, "hello yourself", "delivered");
        await ReadyAsync(alice, bob);

        SendInfo sent = await alice.SendAsync(bob, "and now", "delivered");
        Assert.Equal(("delivered", null, null), (sent.State, sent.Recipients, sent.DeliveredTo));
        SendInfo reply = await bob.AskAsync(Commands.Reply, new ReplyRequest { Id = hello, Text = "as you said" });
        await bob.AskAsync(Commands.React, new ReactRequest { Id = sent.Id, Emoji = "👍" });
        await GroupsBetweenNodes.UntilAsync(async () =>
            (await alice.MessagesAsync()).Any(m => m.Reactions is not null), "the sign is there");
        foreach (TestNode node in (TestNode[])[alice, bob])
        {
            IReadOnlyList<MessageInfo> all = await node.MessagesAsync();
            Assert.Equal(
                ["hello", "hello yourself", "and now", "as you said"], all.Select(m => m.Text));
            // Whether the second one still was sealed is a matter of milliseconds.
            Assert.Equal("sealed", all[0].Security);
            Assert.Equal(["mls", "mls"], all.Skip(2).Select(m => m.Security));
            Assert.All(all, m => Assert.Null(m.Recipients));
            Assert.All(
                all.Where(m => m.Direction == "in"), m => Assert.NotNull(m.SentAt));
            Assert.Equal(hello, all[3].ReplyTo);
            Assert.Equal(reply.Id, all[3].Id);
            IReadOnlyList<ConversationInfo> listed =
                await node.AskAsync(Commands.Conversations, new ConversationsRequest());
            ConversationInfo only = Assert.Single(listed);
            Assert.Equal(("mls", "auto", 4), (only.Security, only.Wanted, only.Count));
            Assert.Empty((await node.AskAsync(Commands.GroupList)).Groups);
            Assert.Equal(0, node.Node.Groups.Counters[GroupCount.Failed]);
        }

        // The owner takes it back, and the same conversation goes on.
        await alice.AskAsync(
            Commands.ConversationSet, new ConversationSetRequest { To = bob.Address, Security = "sealed" });
        await alice.SendAsync(bob, "by hand", "delivered");
        Assert.Equal("sealed", (await bob.MessagesAsync())[^1].Security);
    }

    [Fact]
    public async Task A_node_that_is_started_again_goes_on_with_its_keys_and_one_that_lost_them_gets_new_ones()
    {
        string place = Directory.CreateTempSubdirectory("qpc-pair-").FullName;
        string other = Directory.CreateTempSubdirectory("qpc-pair-").FullName;
        using LocalIdentity identity = LocalIdentity.Generate();
        try
        {
            await using TestNode alice = New("alice");
            await using (TestNode bob = New("bob", (place, identity)))
            {
                await TalkAsync(alice, bob);
                await alice.SendAsync(bob, "one", "delivered");
            }

            SendInfo away = await alice.AskAsync(
                Commands.Send, new SendRequest { To = identity.Address.ToString(), Text = "while away" });
            Assert.Equal("queued", away.State);
            await using (TestNode bob = New("bob", (place, identity)))
            {
                await GroupsBetweenNodes.ConnectAsync(alice, bob);
                await GroupsBetweenNodes.UntilAsync(
                    async () => (await bob.MessagesAsync()).Count == 4, "bob has what came meanwhile");
                await bob.SendAsync(alice, "two", "delivered");
                Assert.Equal("mls", (await alice.MessagesAsync())[^1].Security);
            }

            await using (TestNode bob = New("bob", (other, identity)))
            {
                await GroupsBetweenNodes.ConnectAsync(alice, bob);
                await bob.SendAsync(alice, "all is gone", "delivered");
                // Whoever still has keys finds out with its next text at the latest.
                await alice.SendAsync(bob, "welcome back");
                await ReadyAsync(bob, alice);
                await bob.SendAsync(alice, "three", "delivered");
                Assert.Equal("mls", (await alice.MessagesAsync())[^1].Security);
                await alice.SendAsync(bob, "four", "delivered");
                Assert.Equal("mls", (await bob.MessagesAsync())[^1].Security);
            }
        }
        finally
        {
            Directory.Delete(place, recursive: true);
            Directory.Delete(other, recursive: true);
        }
    }

    [Fact]
    public async Task What_was_under_way_when_its_sender_ended_is_proven_after_the_start()
    {
        string place = Directory.CreateTempSubdirectory("qpc-pair-").FullName;
        using LocalIdentity identity = LocalIdentity.Generate();
        try
        {
            await using TestNode bob = New("bob");
            string id;
            await using (TestNode alice = New("alice", (place, identity)))
            {
                MemoryLink cable = await TestNode.JoinAsync(alice, bob);
                await TalkAsync(alice, bob, isJoined: true);
                cable.Close(new Wire.LinkEnd(Wire.LinkEndCode.Closed));
                id = (await alice.SendAsync(bob, "under way")).Id;
            }

            await using (TestNode alice = New("alice", (place, identity)))
            {
                await GroupsBetweenNodes.ConnectAsync(alice, bob);
                await GroupsBetweenNodes.UntilAsync(async () => (await alice.MessagesAsync())
                    .Any(m => m.Id == id && m.State == "delivered"), "it is proven");
                Assert.Equal("mls", (await bob.MessagesAsync())[^1].Security);
                Assert.Empty(alice.Store.Reader.CopiesUnderWay());
            }
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }

    [Fact]
    public async Task Over_three_hops_an_invitation_by_KeyPackage_leads_to_a_first_text_at_once()
    {
        await using TestNode alice = New("alice"), first = New("r1"), second = New("r2"), bob = New("bob");
        await TestNode.JoinAsync(alice, first);
        await TestNode.JoinAsync(first, second);
        await TestNode.JoinAsync(second, bob);
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);
        List<double> times = [];
        for (int i = 0; i < 7; i++)
        {
            string name = $"lake{i}";
            await alice.AskAsync(Commands.GroupCreate, new GroupCreateRequest { Name = name });
            long began = Stopwatch.GetTimestamp();
            await alice.AskAsync(Commands.GroupInvite, new GroupInviteRequest { Group = name, To = [bob.Address] });
            await GroupsBetweenNodes.UntilAsync(
                async () => (await bob.AskAsync(Commands.GroupList)).Invitations.Count == 1, "invited");
            await bob.AskAsync(Commands.GroupAccept, new GroupAcceptRequest { Group = name });
            await GroupsBetweenNodes.UntilAsync(async () => (await alice.AskAsync(
                Commands.GroupShow, new GroupShowRequest { Group = name })).Members.All(m => !m.Invited), "joined");
            SendInfo sent = await alice.AskAsync(
                Commands.Send, new SendRequest { To = "group:" + name, Text = "first", Wait = "delivered" });
            Assert.Equal("delivered", sent.State);
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        output.WriteLine($"invitation to first text over three hops, ms: {Shown(times)}");
        Assert.True(times.Min() < 5000);
    }

    [Fact]
    public async Task Whoever_is_away_is_invited_with_the_KeyPackage_that_others_carry()
    {
        string place = Directory.CreateTempSubdirectory("qpc-pair-").FullName;
        using LocalIdentity identity = LocalIdentity.Generate();
        try
        {
            await using TestNode alice = New("alice"), relay = New("relay");
            await GroupsBetweenNodes.ConnectAsync(alice, relay);
            await using (TestNode bob = New("bob", (place, identity)))
            {
                await TestNode.JoinAsync(relay, bob);
                await alice.HasRouteAsync(bob);
                await GroupsBetweenNodes.UntilAsync(() => alice.Node.AskAsync(
                    _ => alice.Node.Gossip.RecordCount >= 3), "the KeyPackages of all are here");
            }

            await alice.AskAsync(Commands.GroupCreate, new GroupCreateRequest { Name = "lake" });
            await alice.AskAsync(
                Commands.GroupInvite,
                new GroupInviteRequest { Group = "lake", To = [identity.Address.ToString()] });
            await GroupsBetweenNodes.UntilAsync(async () =>
                (await GroupsBetweenNodes.ShowAsync(alice)).Members.Count == 2, "bob is added while he is away");
            Assert.Equal(1, alice.Node.Groups.Counters[GroupCount.KeyPackageFound]);
            await using (TestNode bob = New("bob", (place, identity)))
            {
                await TestNode.JoinAsync(relay, bob);
                await GroupsBetweenNodes.UntilAsync(
                    async () => (await bob.AskAsync(Commands.GroupList)).Invitations.Count == 1, "bob is invited");
                await bob.AskAsync(Commands.GroupAccept, new GroupAcceptRequest { Group = "lake" });
                await GroupsBetweenNodes.AgreeAsync(alice, bob);
                Assert.Equal("delivered", (await GroupsBetweenNodes.SendAsync(alice, "there you are")).State);
            }
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }

    [Fact]
    public async Task Over_a_radio_nothing_of_MLS_is_sent_until_the_owner_pins_it()
    {
        await using TestNode alice = New("alice"), bob = New("bob");
        await TestNode.JoinAsync(alice, bob, bitsPerSecond: 5000);
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);
        for (int i = 0; i < 3; i++)
        {
            await alice.SendAsync(bob, $"alice {i}", "delivered");
            await bob.SendAsync(alice, $"bob {i}", "delivered");
        }

        foreach (TestNode node in (TestNode[])[alice, bob])
        {
            Assert.All(await node.MessagesAsync(), m => Assert.Equal("sealed", m.Security));
            Assert.Equal(0, node.Node.Groups.PairCount);
            Assert.Equal(0, node.Node.Groups.Counters[GroupCount.FrameSent]);
        }

        await alice.AskAsync(
            Commands.ConversationSet, new ConversationSetRequest { To = bob.Address, Security = "mls" });
        await bob.AskAsync(
            Commands.ConversationSet, new ConversationSetRequest { To = alice.Address, Security = "mls" });
        await ReadyAsync(alice, bob);
        await alice.SendAsync(bob, "pinned", "delivered");
        Assert.Equal("mls", (await bob.MessagesAsync())[^1].Security);

        // Taken back, the keys are there, and nothing goes under them over the radio.
        await alice.AskAsync(
            Commands.ConversationSet, new ConversationSetRequest { To = bob.Address, Security = "auto" });
        long before = alice.Node.Groups.Counters[GroupCount.FrameSent];
        await alice.SendAsync(bob, "as before", "delivered");
        Assert.Equal("sealed", (await bob.MessagesAsync())[^1].Security);
        Assert.Equal(before, alice.Node.Groups.Counters[GroupCount.FrameSent]);
    }

    [Fact]
    public async Task One_text_in_flight_takes_about_as_long_under_keys_of_both_as_sealed()
    {
        await using TestNode alice = New("alice"), bob = New("bob");
        await TalkAsync(alice, bob);
        foreach (string security in (string[])["sealed", "mls", "sealed", "mls"])
        {
            await alice.AskAsync(
                Commands.ConversationSet, new ConversationSetRequest { To = bob.Address, Security = security });
            List<double> times = [];
            for (int i = 0; i < 300; i++)
            {
                long began = Stopwatch.GetTimestamp();
                SendInfo sent = await alice.SendAsync(bob, $"{security} {i}", "delivered");
                times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                Assert.Equal("delivered", sent.State);
            }

            output.WriteLine($"{security}, one in flight, ms: {Shown(times)}");
            Assert.Equal(security, (await bob.MessagesAsync())[^1].Security);
        }
    }

    private static TestNode New(string name, (string Directory, LocalIdentity Identity)? lives = null) =>
        new(name, lives: lives, configure: c => c.DirectMessages = DirectSecurity.Auto);

    private static async Task TalkAsync(TestNode alice, TestNode bob, bool isJoined = false)
    {
        if (!isJoined)
            await GroupsBetweenNodes.ConnectAsync(alice, bob);
        await alice.HasRouteAsync(bob);
        await bob.HasRouteAsync(alice);
        await alice.SendAsync(bob, "hello", "delivered");
        await bob.SendAsync(alice, "hello yourself", "delivered");
        await ReadyAsync(alice, bob);
    }

    private static Task ReadyAsync(TestNode a, TestNode b) => GroupsBetweenNodes.UntilAsync(
        () => Task.FromResult(
            a.Node.Groups.Carries(b.Identity.Address) && b.Node.Groups.Carries(a.Identity.Address)),
        "both have keys");

    private static string Shown(List<double> times)
    {
        times.Sort();
        return $"least {times[0]:0.00}, p50 {times[times.Count / 2]:0.00}, p90 {times[times.Count * 9 / 10]:0.00}";
    }
}
