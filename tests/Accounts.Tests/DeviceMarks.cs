using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>What was read on one device is read on the others.</summary>
public sealed class DeviceMarks
{
    [Fact]
    public async Task What_is_read_on_one_device_is_read_on_the_others_also_when_they_come_later()
    {
        await using LocalServer server = await LocalServer.StartAsync();
        await using var phone = new TestNode("phone");
        await using var laptop = new TestNode("laptop");
        await using var bob = new TestNode("bob");
        await phone.RegisterAsync(server.Name, "alice");
        await bob.RegisterAsync(server.Name, "bob");
        string withAlice = $"alice@{server.Name}";
        await phone.AddDeviceAsync(server.Name, "alice", laptop);
        await bob.SayAsync(withAlice, "zero", "delivered").WaitAsync(Scene.Patience);
        await Scene.UntilAsync(
            async () => (await Task.WhenAll(new[] { phone, laptop, bob }.Select(EpochAsync))).Distinct().ToArray()
                is [> 0], "the laptop is in the conversation");
        await bob.SayAsync(withAlice, "one", "delivered").WaitAsync(Scene.Patience);
        await HasUnreadAsync(phone, "one");
        await HasUnreadAsync(laptop, "one");
        // The laptop is in the devices' group as soon as it heeds what the phone says there.
        await Scene.UntilAsync(
            async () =>
            {
                await phone.Node.Servers.TellReadAsync(await ConversationOfAsync(phone), await IdsAsync(phone));
                await Task.Delay(100);
                return (await UnreadAsync(laptop)).Length == 0;
            },
            "the laptop has read what the phone has");
        await bob.SayAsync(withAlice, "two", "delivered").WaitAsync(Scene.Patience);
        await HasUnreadAsync(phone, "one", "two");
        await HasUnreadAsync(laptop, "two");
        await ReadAsync(phone);
        await HasUnreadAsync(phone);
        await HasUnreadAsync(laptop);

        // And the other way round, to one that is away meanwhile.
        await phone.AskAsync(Commands.AccountLogout, new() { Server = server.Name, User = "alice" });
        await bob.SayAsync(withAlice, "three", "delivered").WaitAsync(Scene.Patience);
        await HasUnreadAsync(laptop, "three");
        await ReadAsync(laptop);
        await phone.LogInAsync(server.Name, "alice");
        await Scene.UntilAsync(
            async () => (await phone.TextsAsync()).Contains("three") && (await UnreadAsync(phone)).Length == 0,
            "the phone has the last text, and it is read");
        // Nobody sees the group of the devices, and nobody else is told that something was read.
        Assert.Single(await phone.AskAsync(Commands.AccountConversations, new()));
        Assert.Single(await laptop.AskAsync(Commands.AccountConversations, new()));
        Assert.Equal(1, Assert.Single(await laptop.AskAsync(Commands.AccountList, new())).Conversations);
        Assert.All(await bob.AskAsync(Commands.Messages, new()), m => Assert.Empty(m.ReadBy ?? []));
    }

    [Fact]
    public void Marks_are_read_as_they_were_written_and_never_when_cut_or_too_many()
    {
        EnvelopeId[] messages =
            [.. Enumerable.Range(1, ServerPayload.MaxMarks).Select(i => new EnvelopeId(1, (ulong)i))];
        byte[] bytes = ServerPayload.OfMarks(messages);
        Assert.Equal(ServerPayload.Kind.Marks, ServerPayload.Read(bytes, out _));
        Assert.Equal(messages, ServerPayload.MarksIn(bytes));
        Assert.Equal(ServerPayload.Kind.Unknown, ServerPayload.Read([.. bytes, .. new byte[16]], out _));
        Assert.Equal(ServerPayload.Kind.Unknown, ServerPayload.Read(bytes.AsSpan(0, 2), out _));
        for (int length = 2; length < bytes.Length; length++)
        {
            bool isWhole = length > 2 && (length - 2) % EnvelopeId.Size == 0;
            Assert.Equal(
                isWhole ? ServerPayload.Kind.Marks : ServerPayload.Kind.Unknown,
                ServerPayload.Read(bytes.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void Nobody_comes_into_the_group_of_somebodys_devices()
    {
        using LocalIdentity alice = LocalIdentity.Generate(), laptop = LocalIdentity.Generate(),
            mallory = LocalIdentity.Generate();
        using var self = new ServerSelf(alice, RandomSource.System, TimeProvider.System);
        using var second = new ServerSelf(laptop, RandomSource.System, TimeProvider.System);
        using var other = new ServerSelf(mallory, RandomSource.System, TimeProvider.System);
        using var account = new ServerAccount("there", "alice", alice.PublicKey.ToArray());
        using var theirs = new ServerAccount("there", "mallory", mallory.PublicKey.ToArray());
        using var laptops = new ServerAccount("there", "alice", alice.PublicKey.ToArray());
        laptops.Become(alice.PublicKey.ToArray(), DeviceCertificate.Sign(
            alice, laptop.PublicKey.Span, TimeProvider.System.GetUtcNow().AddDays(1)));
        Group group = self.Found(new byte[16], new ServerTerms(alice.PublicKey, ServerTerms.OfDevices), account);
        Assert.True(group.Commit(new CommitRequest { Add = [Verified(second, laptops)] }).TryGet(out _));
        group.MergePending();
        Assert.False(group.Commit(new CommitRequest { Add = [Verified(other, theirs)] }).TryGet(out _));

        KeyPackage Verified(ServerSelf of, ServerAccount owner) => self.Client.Verify(UnverifiedKeyPackage.Parse(
            of.MakeKeyPackage(TimeSpan.FromDays(1), isLastResort: false, owner).ToMessage()).Value).Value;
    }

    private static async Task<long> EpochAsync(TestNode node) =>
        (await node.AskAsync(Commands.AccountConversations, new())) is [{ State: "ready" } one] ? one.Epoch : -1;

    private static async Task<string[]> UnreadAsync(TestNode node) =>
        [.. (await node.AskAsync(Commands.Messages, new())).Where(m => m.Unread && m.Text != "zero")
            .Select(m => m.Text).Order(StringComparer.Ordinal)];

    private static Task HasUnreadAsync(TestNode node, params string[] texts) => Scene.UntilAsync(
        async () => (await UnreadAsync(node)).SequenceEqual(texts),
        $"unread at {node.DataDirectory} is {string.Join(", ", texts)}");

    private static async Task ReadAsync(TestNode node) => await node.AskAsync(
        Commands.MarkRead, new() { To = (await node.AskAsync(Commands.AccountConversations, new()))[0].Name });

    private static async Task<ConversationId> ConversationOfAsync(TestNode node) => node.Node.Servers.Find(
        (await node.AskAsync(Commands.AccountConversations, new()))[0].Name)!.Value;

    private static async Task<EnvelopeId[]> IdsAsync(TestNode node) =>
        [.. (await node.AskAsync(Commands.Messages, new())).Where(m => m.Direction == "in")
            .Select(m => EnvelopeId.Read(Convert.FromHexString(m.Id)))];
}
