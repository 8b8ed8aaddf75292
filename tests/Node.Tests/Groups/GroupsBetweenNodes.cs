using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Node.Tests.Groups;

public class GroupsBetweenNodes
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Three_nodes_form_a_group_by_invitation_and_every_text_is_proven()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await using var carol = new TestNode("carol");
        TestNode[] all = [alice, bob, carol];
        await FormAsync(all);

        foreach (TestNode node in all)
        {
            SendInfo sent = await SendAsync(node, $"from {node.Address}");
            Assert.Equal(("delivered", 2, 2), (sent.State, sent.Recipients, sent.DeliveredTo));
        }

        foreach (TestNode node in all)
        {
            IReadOnlyList<MessageInfo> read = await MessagesAsync(node);
            Assert.Equal(3, read.Count);
            Assert.All(read, m => Assert.Equal("mls", m.Security));
            Assert.Equal(0, node.Node.Groups.Counters[GroupCount.Failed]);
        }
    }

    [Theory]
    [InlineData("pq", true, "mls-pq", "MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519")]
    [InlineData("3", false, "mls", "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519")]
    public async Task A_group_of_another_suite_talks_and_says_which_it_is(
        string suite, bool isPostQuantum, string security, string name)
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await FormAsync(suite, alice, bob);
        foreach (TestNode node in new[] { alice, bob })
        {
            Assert.Equal("delivered", (await SendAsync(node, $"from {node.Address}")).State);
            GroupInfo shown = await ShowAsync(node);
            Assert.Equal((isPostQuantum, name), (shown.PostQuantum, shown.SuiteName));
        }

        Assert.All(await MessagesAsync(bob), m => Assert.Equal(security, m.Security));
    }

    [Fact]
    public async Task A_suite_that_there_is_not_is_refused_with_those_that_there_are()
    {
        await using var alice = new TestNode("alice");
        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(() => alice.AskAsync(
            Commands.GroupCreate, new GroupCreateRequest { Name = "lake", Suite = "kyber" }));
        Assert.Contains("suite kyber is none of 1, 3, pq", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invitation_waits_for_its_owner_and_can_be_declined()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await ConnectAsync(alice, bob);
        await alice.AskAsync(Commands.GroupCreate, new GroupCreateRequest { Name = "lake" });
        await alice.AskAsync(Commands.GroupInvite, new GroupInviteRequest { Group = "lake", To = [bob.Address] });
        await UntilAsync(async () => (await bob.AskAsync(Commands.GroupList)).Invitations.Count == 1, "bob is invited");
        GroupListInfo list = await bob.AskAsync(Commands.GroupList);
        Assert.Equal(("lake", alice.Address), (list.Invitations[0].Name, list.Invitations[0].Inviter));
        Assert.Empty(list.Groups);
        await bob.AskAsync(Commands.GroupDecline, new GroupDeclineRequest { Group = "lake" });
        list = await bob.AskAsync(Commands.GroupList);
        Assert.Empty(list.Invitations);
        Assert.Empty(list.Groups);
    }

    [Fact]
    public async Task A_group_and_its_texts_survive_a_restart_and_keys_go_on()
    {
        string place = Directory.CreateTempSubdirectory("qpc-group-").FullName;
        using LocalIdentity identity = LocalIdentity.Generate();
        try
        {
            await using var alice = new TestNode("alice");
            await using (var bob = new TestNode("bob", lives: (place, identity)))
            {
                await FormAsync(alice, bob);
                Assert.Equal("delivered", (await SendAsync(bob, "before")).State);
            }

            SendInfo away = await alice.AskAsync(
                Commands.Send, new SendRequest { To = "group:lake", Text = "while away" });
            Assert.Equal("queued", away.State);
            await using (var bob = new TestNode("bob", lives: (place, identity)))
            {
                await ConnectAsync(alice, bob);
                Assert.Equal("delivered", (await SendAsync(bob, "after")).State);
                await UntilAsync(async () => (await MessagesAsync(bob)).Count == 3, "bob has all three");
                Assert.Equal("delivered", (await SendAsync(alice, "on")).State);
            }
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }

    [Fact]
    public async Task Who_is_removed_is_out_and_who_leaves_is_taken_out()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await using var carol = new TestNode("carol");
        await FormAsync(alice, bob, carol);
        await alice.AskAsync(Commands.GroupRemove, new GroupRemoveRequest { Group = "lake", To = carol.Address });
        await UntilAsync(async () => (await ShowAsync(carol)).Status == "out", "carol is out");
        await AgreeAsync(alice, bob);
        Assert.Equal(2, (await ShowAsync(bob)).Members.Count);
        await bob.AskAsync(Commands.GroupLeave, new GroupLeaveRequest { Group = "lake" });
        await UntilAsync(async () => (await bob.AskAsync(Commands.GroupList)).Groups.Count == 0, "bob is out");
        Assert.Single((await ShowAsync(alice)).Members);
        // Who was put out by others keeps the group until its owner has seen that.
        await carol.AskAsync(Commands.GroupLeave, new GroupLeaveRequest { Group = "lake" });
        Assert.Empty((await carol.AskAsync(Commands.GroupList)).Groups);
    }

    [Fact]
    public async Task Roles_names_and_keys_can_be_changed()
    {
        await using var alice = new TestNode("alice");
        await using var bob = new TestNode("bob");
        await FormAsync(alice, bob);
        GroupInfo before = await ShowAsync(alice);
        await alice.AskAsync(
            Commands.GroupRole, new GroupRoleRequest { Group = "lake", To = bob.Address, Role = "admin" });
        await UntilAsync(async () => (await ShowAsync(bob)).Members.All(m => m.Role == "admin"), "bob is an admin");
        await bob.AskAsync(Commands.GroupRotate, new GroupRotateRequest { Group = "lake" });
        await UntilAsync(async () => (await ShowAsync(alice)).Epoch >= before.Epoch + 2, "bob renewed his keys");
        await bob.AskAsync(Commands.GroupRename, new GroupRenameRequest { Group = "lake", Name = "pond" });
        Assert.Equal("pond", (await bob.AskAsync(Commands.GroupShow, new GroupShowRequest { Group = "pond" })).Name);
        Assert.Equal("lake", (await ShowAsync(alice)).Name);
    }

    internal static Task FormAsync(params TestNode[] nodes) => FormAsync("1", nodes);

    private static async Task FormAsync(string suite, params TestNode[] nodes)
    {
        for (int i = 1; i < nodes.Length; i++)
            await ConnectAsync(nodes[0], nodes[i]);
        await InviteAsync(suite, nodes);
    }

    /// <summary>The first, to whom all others have a way, founds the group and takes them in.</summary>
    internal static async Task InviteAsync(string suite, params TestNode[] nodes)
    {
        foreach (TestNode node in nodes)
        {
            foreach (TestNode other in nodes.Where(n => n != node))
                await node.HasRouteAsync(other);
        }

        await nodes[0].AskAsync(Commands.GroupCreate, new GroupCreateRequest { Name = "lake", Suite = suite });
        await nodes[0].AskAsync(
            Commands.GroupInvite,
            new GroupInviteRequest { Group = "lake", To = [.. nodes[1..].Select(n => n.Address)] });
        foreach (TestNode node in nodes[1..])
        {
            await UntilAsync(async () => (await node.AskAsync(Commands.GroupList)).Invitations.Count == 1, "invited");
            await node.AskAsync(Commands.GroupAccept, new GroupAcceptRequest { Group = "lake" });
        }

        await AgreeAsync(nodes);
    }

    internal static async Task ConnectAsync(TestNode a, TestNode b)
    {
        await TestNode.JoinAsync(a, b);
        await a.HasRouteAsync(b);
        await b.HasRouteAsync(a);
    }

    internal static Task AgreeAsync(params TestNode[] nodes) => UntilAsync(async () =>
    {
        List<GroupInfo> groups = [];
        foreach (TestNode node in nodes)
            groups.Add(await ShowAsync(node));
        return groups.All(g => g.Status == "current" && g.State == groups[0].State && g.Members.Count == nodes.Length
            && !g.Members.Any(m => m.Invited));
    }, "all stand at the same place");

    internal static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!await holds())
        {
            Assert.False(limit.IsCancellationRequested, $"{what}: not within {Patience}");
            await Task.Yield();
        }
    }

    internal static Task<GroupInfo> ShowAsync(TestNode node) =>
        node.AskAsync(Commands.GroupShow, new GroupShowRequest { Group = "lake" });

    internal static Task<SendInfo> SendAsync(TestNode node, string text) =>
        node.AskAsync(Commands.Send, new SendRequest { To = "group:lake", Text = text, Wait = "delivered" });

    internal static Task<IReadOnlyList<MessageInfo>> MessagesAsync(TestNode node) =>
        node.AskAsync(Commands.Messages, new() { With = "group:lake" });
}
