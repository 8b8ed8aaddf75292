using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>Devices that were revoked, or are nobody's any more, and found conversations themselves.</summary>
public sealed class DevicesThatCameBack
{
    private static readonly DateTimeOffset InAYear = TimeProvider.System.GetUtcNow().AddYears(1);

    private ulong _sequence = 1_000;

    [Fact]
    public async Task A_revoked_device_and_one_whose_certificate_has_ended_invite_nobody()
    {
        await using var phone = new TestNode("phone");
        await using var laptop = new TestNode("laptop");
        await using var bob = new TestNode("bob");
        var port = new PortInMemory();
        DeviceCertificate certificate = await BeginAsync(port, phone, laptop, bob);
        await phone.Node.Servers.AddDeviceAsync("there", laptop.Identity.PublicKey, "laptop");
        await HaveEpochAsync(2, (phone, "bob@there"), (laptop, "bob@there"), (bob, "alice@there"));
        // While it is a device of the account, it may; the identity's word brings back the one that it is in.
        using var stolen = new ServerSelf(laptop.Identity, RandomSource.System, TimeProvider.System);
        await SayAsync(await FoundAsync(stolen, certificate, bob, isHeeded: true), "from the laptop", bob);
        await phone.SayAsync("bob@there", "two", "delivered").WaitAsync(Scene.Patience);
        await bob.SayAsync("alice@there", "to the phone");
        await phone.HasTextsAsync("to the phone");
        Group second = await FoundAsync(stolen, certificate, bob, isHeeded: true);
        await SayAsync(second, "again", bob);
        await phone.Node.Servers.RevokeDeviceAsync("there", laptop.Identity.PublicKey);
        await Scene.UntilAsync(
            async () => (await phone.ConversationAsync("bob@there"))!.Epoch == 3, "the phone has taken it out");
        await HaveEpochAsync(3, (bob, "alice@there"));
        await SayAsync(second, "never", bob);
        await phone.SayAsync("bob@there", "three", "delivered").WaitAsync(Scene.Patience);

        await FoundAsync(stolen, certificate, bob, isHeeded: false);
        using LocalIdentity old = LocalIdentity.Generate();
        using (var self = new ServerSelf(old, RandomSource.System, TimeProvider.System))
        {
            await FoundAsync(self, DeviceCertificate.Sign(phone.Identity, old.PublicKey.Span,
                TimeProvider.System.GetUtcNow().AddMinutes(-1)), bob, isHeeded: false);
        }

        await phone.SayAsync("bob@there", "four", "delivered").WaitAsync(Scene.Patience);
        await bob.SayAsync("alice@there", "back");
        await phone.HasTextsAsync("to the phone", "back");
        await bob.HasTextsAsync("one", "from the laptop", "two", "again", "three", "four");
    }

    [Fact]
    public async Task The_first_device_tells_the_others_that_it_is_there_once_it_has_any()
    {
        await using var phone = new TestNode("phone");
        await using var laptop = new TestNode("laptop");
        var port = new PortInMemory();
        await port.JoinAsync("there", "alice", phone);
        byte[] notice = new DeviceNotice(phone.Identity.PublicKey).ToBytes();
        await phone.Node.Servers.AnnounceDeviceAsync("there");
        Assert.DoesNotContain(port.Stored, m => m.Span.SequenceEqual(notice));
        await phone.Node.Servers.AddDeviceAsync("there", laptop.Identity.PublicKey, "laptop");
        await phone.Node.Servers.AnnounceDeviceAsync("there");
        Assert.Contains(port.Stored, m => m.Span.SequenceEqual(notice));
    }

    [Fact]
    public void Who_is_no_member_any_more_gives_way_to_members_without_an_account()
    {
        using LocalIdentity alice = LocalIdentity.Generate();
        using var self = new ServerSelf(alice, RandomSource.System, TimeProvider.System);
        byte[] own = alice.PublicKey.ToArray(), id = new byte[16];
        using var entry = new ServerEntry(self, ServerIds.Group("there", id), "there", null, () => default);
        entry.Add(
            self.Found(id, new ServerTerms(own, "lake"), new ServerAccount("there", "alice", own)), isFirst: true);
        Assert.True(entry.TryNoteAbsent([own]));
        for (int i = 0; i < 2 * ServerConversations.MaxMembers; i++)
            Assert.True(entry.TryNoteAbsent([Somebody()]));
        Assert.Equal(2, entry.Absent.Count);
        Assert.Equal(own, entry.Absent[0]);
        Assert.False(entry.TryNoteAbsent(
            [.. Enumerable.Range(0, ServerConversations.MaxMembers).Select(_ => Somebody())]));
        Assert.Equal([own], entry.Absent);

        static byte[] Somebody()
        {
            byte[] key = new byte[Ed25519.PublicKeySize];
            RandomSource.System(key);
            return key;
        }
    }

    [Fact]
    public async Task A_device_that_a_conversation_does_not_know_takes_it_over_only_with_its_identity()
    {
        await using var phone = new TestNode("phone");
        await using var laptop = new TestNode("laptop");
        await using var bob = new TestNode("bob");
        var port = new PortInMemory();
        DeviceCertificate certificate = await BeginAsync(port, phone, laptop, bob);
        using var self = new ServerSelf(laptop.Identity, RandomSource.System, TimeProvider.System);
        await SayAsync(await FoundAsync(self, certificate, bob, isHeeded: true), "in her name", bob);
        await phone.SayAsync("bob@there", "two", "delivered").WaitAsync(Scene.Patience);
        await bob.SayAsync("alice@there", "back");
        await phone.HasTextsAsync("back");

        // With the identity it does, and is taken out if it was revoked where nobody saw it.
        await phone.Node.Servers.RevokeDeviceAsync("there", laptop.Identity.PublicKey);
        await FoundAsync(self, certificate, bob, isHeeded: true, phone);
        await HaveEpochAsync(2, (phone, "bob@there"), (bob, "alice@there"));
        await bob.SayAsync("alice@there", "only to the phone");
        await phone.HasTextsAsync("back", "only to the phone");
        await bob.HasTextsAsync("one", "two");
    }

    [Fact]
    public void Which_devices_were_taken_out_is_kept_with_the_conversation()
    {
        using LocalIdentity alice = LocalIdentity.Generate(), bob = LocalIdentity.Generate();
        using var self = new ServerSelf(alice, RandomSource.System, TimeProvider.System);
        ConversationId id = ServerIds.Direct("there", "", bob.PublicKey.Span);
        using var entry = new ServerEntry(self, id, "there", bob.PublicKey.ToArray(), () => default);
        byte[] before = entry.Save();
        entry.Removed.Add(alice.PublicKey.ToArray());
        byte[] saved = entry.Save();
        Assert.Equal(before, saved[..before.Length]);
        using ServerEntry read = ServerEntry.TryLoad(self, id, saved, () => default)!;
        Assert.Equal(alice.PublicKey.ToArray(), Assert.Single(read.Removed));
        using ServerEntry old = ServerEntry.TryLoad(self, id, before, () => default)!;
        Assert.Empty(old.Removed);
        for (int length = before.Length + 1; length < saved.Length; length++)
            Assert.Null(ServerEntry.TryLoad(self, id, saved[..length], () => default));
    }

    private static async Task<DeviceCertificate> BeginAsync(
        PortInMemory port, TestNode phone, TestNode laptop, TestNode bob)
    {
        await port.JoinAsync("there", "alice", phone);
        await port.JoinAsync("there", "bob", bob);
        await phone.SayAsync("bob@there", "one", "delivered").WaitAsync(Scene.Patience);
        DeviceCertificate certificate =
            DeviceCertificate.Sign(phone.Identity, laptop.Identity.PublicKey.Span, InAYear);
        await port.JoinAsync("there", "alice's laptop", laptop, certificate);
        return certificate;
    }

    /// <summary>Founds a conversation as a device, past the program that keeps to the rules.</summary>
    private async Task<Group> FoundAsync(
        ServerSelf self, DeviceCertificate certificate, TestNode with, bool isHeeded, TestNode? other = null)
    {
        var account = new ServerAccount("there", "alice", certificate.Identity.ToArray());
        account.Become(certificate.Identity.ToArray(), certificate);
        byte[] id = new byte[16];
        self.Random(id);
        Group group = self.Found(id, null, account);
        TestNode[] all = other is null ? [with] : [with, other];
        List<KeyPackage> packages = [];
        foreach (TestNode node in all)
        {
            byte[] bare = await node.Node.Servers.MakeKeyPackageAsync("there", isLastResort: false);
            packages.Add(self.Client.Verify(UnverifiedKeyPackage.Parse([0, 1, 0, 5, .. bare]).Value).Value);
        }

        PendingCommit commit = group.Commit(new CommitRequest { Add = packages }).Value;
        group.MergePending();
        foreach (TestNode node in all)
        {
            long refused = node.Node.Servers.Counters[ServerCount.Refused];
            await GiveAsync(node, commit.Welcome!);
            Assert.Equal(
                refused + (isHeeded ? 0 : 1), node.Node.Servers.Counters[ServerCount.Refused]);
        }

        return group;
    }

    private async Task SayAsync(Group group, string text, TestNode to)
    {
        var payload = new ServerPayload(new EnvelopeId(7, ++_sequence), new TextContent(text));
        await GiveAsync(to, group.Encrypt(payload.ToBytes()).Value);
    }

    private async Task GiveAsync(TestNode node, byte[] message) => Assert.True(
        await node.Node.Servers.ReceiveAsync("there", default, new ServerBatch(
            [new ServerEnvelope(++_sequence, message)], 1)));

    private static Task HaveEpochAsync(long epoch, params (TestNode Node, string Conversation)[] all) =>
        Scene.UntilAsync(
            async () => (await Task.WhenAll(all.Select(a => a.Node.ConversationAsync(a.Conversation))))
                .All(c => c is { State: "ready" } && c.Epoch == epoch),
            $"all have epoch {epoch}");
}
