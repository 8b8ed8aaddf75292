using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Storage;
using QuicProChat.Mesh.Mls.Tests.Groups;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Mls.Tests.Hardening;

/// <summary>Names that hostile input may hold: of groups that cannot be opened, of keys that are not there.</summary>
public class OtherGroupsTests
{
    private static readonly GroupPolicy Open = new() { EncryptHandshakes = false };

    [Fact]
    public void A_psk_of_a_group_whose_identity_is_not_loaded_is_found_and_throws_nothing()
    {
        (Group[] g, MlsClient now, byte[] psk) = WithArchive();
        PreSharedKeyId id =
            PreSharedKeyId.Resumption(ResumptionUsage.Application, "archive"u8.ToArray(), 0, new byte[32]);
        byte[] commit = Forge.Commit(g[0], [new PreSharedKeyProposal(id)]);
        Group bobs = now.FindGroup("g"u8)!;
        bobs.Process(commit).Fails(MlsErrorCode.InvalidConfirmationTag, "12.4.2");
        Assert.Equal(psk, now.FindResumption(id));
        id = PreSharedKeyId.Resumption(ResumptionUsage.Application, "archive"u8.ToArray(), 7, new byte[32]);
        bobs.Process(Forge.Commit(g[0], [new PreSharedKeyProposal(id)])).Fails(MlsErrorCode.UnknownPsk, "8.4");
    }

    [Fact]
    public void A_group_that_is_damaged_is_no_way_to_throw_either()
    {
        (Group[] g, MlsClient now, _) = WithArchive();
        string state = StoreKeys.State(StoreKeys.Group("archive"u8));
        now.Store.Write([new StoreChange(state, new byte[] { 9, 9 })]);
        PreSharedKeyId id =
            PreSharedKeyId.Resumption(ResumptionUsage.Application, "archive"u8.ToArray(), 0, new byte[32]);
        now.FindGroup("g"u8)!.Process(Forge.Commit(g[0], [new PreSharedKeyProposal(id)]))
            .Fails(MlsErrorCode.UnknownPsk, "8.4");
        Assert.Throws<InvalidDataException>(() => now.FindGroup("archive"u8));
    }

    [Fact]
    public void A_welcome_or_a_group_info_for_a_group_that_cannot_be_opened_throws_nothing()
    {
        (_, MlsClient now, _) = WithArchive();
        TestClient mallory = new("mallory", policy: Open);
        MlsIdentity bob = now.FindGroup("g"u8)!.Identity;
        KeyPackage forMallory = mallory.Client.Verify(UnverifiedKeyPackage.Parse(
            now.CreateKeyPackage(bob, TimeSpan.FromDays(1)).ToMessage()).Value).Value;
        Group hostile = mallory.Create("archive");
        byte[] welcome = hostile.Commit(new CommitRequest { Add = [forMallory] }).Value.Welcome!;
        now.Join(UnverifiedWelcome.Parse(welcome).Value).Fails(MlsErrorCode.DuplicateGroup, "12.4.3.1");
        UnverifiedGroupInfo info = UnverifiedGroupInfo.Parse(hostile.GroupInfo().Value).Value;
        now.JoinExternally(info, bob).Fails(MlsErrorCode.DuplicateGroup, "12.4.3");
        now.CreateGroup(bob, "archive"u8).Fails(MlsErrorCode.DuplicateGroup, "11");
    }

    [Fact]
    public void A_new_identity_need_not_be_announced_to_the_client_beforehand()
    {
        TestClient alice = new("alice"), bob = new("bob");
        Group[] g = TestClient.GroupOf("g", alice, bob);
        MlsIdentity next = MlsIdentity.Generate(TestClient.DefaultSuite, alice.Identity.Credential);
        g[1].Follow(g[0].Commit(new CommitRequest { NewIdentity = next }).Value.Message);
        g[0].MergePending();
        g[0].Follow(g[1].Commit(new CommitRequest()).Value.Message);
        g[1].MergePending();
        GroupTests.AssertAgreed(g);

        MlsIdentity third = MlsIdentity.Generate(TestClient.DefaultSuite, alice.Identity.Credential);
        Assert.True(g[1].Process(g[0].ProposeUpdate(third).Value).IsOk);
        g[0].Follow(g[1].Commit(new CommitRequest()).Value.Message);
        g[1].MergePending();
        GroupTests.AssertAgreed(g);
        Assert.Same(third, g[0].Identity);
        Assert.Equal("x", g[1].Process(g[0].Send("x")).Text());
    }

    [Fact]
    public void A_commit_after_which_the_own_identity_is_unknown_is_refused_rather_than_thrown_over()
    {
        TestClient alice = new("alice"), bob = new("bob");
        Group[] g = TestClient.GroupOf("g", alice, bob);
        MlsIdentity next = MlsIdentity.Generate(TestClient.DefaultSuite, alice.Identity.Credential);
        Assert.True(g[1].Process(g[0].ProposeUpdate(next).Value).IsOk);
        byte[] commit = g[1].Commit(new CommitRequest()).Value.Message;
        Group forgetful = new MlsClient(alice.Options, alice.Identity).FindGroup("g"u8)!;
        forgetful.Process(commit).Fails(MlsErrorCode.InvalidState, "");
        Group told = new MlsClient(alice.Options, alice.Identity, next).FindGroup("g"u8)!;
        told.Follow(commit);
        g[1].MergePending();
        GroupTests.AssertAgreed(told, g[1]);
    }

    [Fact]
    public void The_applications_own_psk_is_left_alone()
    {
        byte[] key = [1, 2, 3, 4];
        TestClient alice = new("alice");
        MlsClient client =
            new(new MlsClientOptions { Validator = alice.Validator, Psks = new OneKey(key), Time = alice.Time },
                alice.Identity);
        Group g = client.CreateGroup(alice.Identity, "g"u8).Value;
        Assert.True(g.Commit(new CommitRequest { ExternalPsks = [new byte[] { 1 }] }).IsOk);
        Assert.Equal([1, 2, 3, 4], key);
    }

    [Fact]
    public void Numbers_that_mean_nothing_are_refused_at_the_start()
    {
        foreach (GroupPolicy policy in new GroupPolicy[]
        {
            new() { OutOfOrderWindow = -1 }, new() { OutOfOrderTotal = -1 }, new() { ForwardWindow = -1 },
            new() { PastEpochs = -1 }, new() { MaxProposals = -1 },
            new() { PastEpochLifetime = TimeSpan.FromTicks(-1) }, new() { ClockSkew = TimeSpan.FromDays(-1) },
            new() { Padding = new PaddingPolicy(-5) },
        })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => new TestClient("x", policy: policy));
        }
        GroupPolicy forEver =
            new()
            {
                PastEpochLifetime = TimeSpan.MaxValue,
                ForkLifetime = TimeSpan.MaxValue,
                ForkEpochs = int.MaxValue
            };
        Group[] g = TestClient.GroupOf("g", new TestClient("alice", policy: forEver),
            new TestClient("bob", policy: forEver));
        g[1].Follow(g[0].Commit(new CommitRequest()).Value.Message);
        g[0].MergePending();
        GroupTests.AssertAgreed(g);
        GroupPolicy none =
            new() { OutOfOrderWindow = 0, ForwardWindow = 0, PastEpochs = 0, MaxInvitations = 0, CommitHistory = 0 };
        g = TestClient.GroupOf("n", new TestClient("alice", policy: none), new TestClient("bob", policy: none));
        Assert.Equal("x", g[1].Process(g[0].Send("x")).Text());
        g[1].Follow(g[0].Commit(new CommitRequest()).Value.Message);
        g[0].MergePending();
        GroupTests.AssertAgreed(g);
    }

    private static (Group[] Groups, MlsClient Now, byte[] Psk) WithArchive()
    {
        TestClient alice = new("alice", policy: Open), bob = new("bob", policy: Open);
        MlsIdentity old = MlsIdentity.Generate(TestClient.DefaultSuite, Credential.Basic("bob old"u8));
        MlsClient both = new(bob.Options, bob.Identity, old);
        Group archive = both.CreateGroup(old, "archive"u8).Value;
        byte[] psk = archive.FindResumptionPsk(0)!;
        Group[] g = TestClient.GroupOf("g", alice, bob);
        return (g, new MlsClient(bob.Options, bob.Identity), psk);
    }

    private sealed class OneKey(byte[] key) : IPskSource
    {
        public byte[]? Find(ReadOnlySpan<byte> id) => key;
    }
}
