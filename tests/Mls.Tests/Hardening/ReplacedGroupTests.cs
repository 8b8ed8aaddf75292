using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Groups;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Hardening;

/// <summary>A Welcome or a resync that takes the place of a state that the member still has.</summary>
public class ReplacedGroupTests
{
    private readonly TestClient _alice = new("alice");
    private readonly TestClient _bob = new("bob");
    private readonly FailingStore _store = new(new MemoryGroupStore());
    private readonly TestClient _carol;
    private readonly Group[] _groups;

    public ReplacedGroupTests()
    {
        _carol = new TestClient("carol", store: _store);
        _groups = TestClient.GroupOf("g", _alice, _bob, _carol);
    }

    [Fact]
    public void A_member_that_missed_its_removal_is_welcomed_again_in_one_write_and_reads_what_was_under_way()
    {
        byte[] late = _groups[1].Send("under way");
        byte[] welcome = RemoveAndAdd(_carol.KeyPackageFor(_alice));
        UnverifiedWelcome parsed = UnverifiedWelcome.Parse(welcome).Value;
        _carol.Client.Join(parsed).Fails(MlsErrorCode.DuplicateGroup, "12.4.3.1");
        StagedWelcome staged = _carol.Client.Open(parsed).Value;
        Assert.True(staged.WouldReplace);
        Assert.Equal("alice"u8.ToArray(), staged.Inviter.Credential.Identity.ToArray());
        Assert.Equal(3, staged.State.MemberCount);
        staged.Accept().Fails(MlsErrorCode.DuplicateGroup, "12.4.3.1");
        Assert.Equal(GroupStatus.Active, _groups[2].Status);

        Group again = staged.Accept(new WelcomeAcceptance { Replace = true }).Value;
        Assert.Equal(GroupStatus.Removed, _groups[2].Status);
        Assert.Same(again, _carol.Client.FindGroup("g"u8));
        GroupTests.AssertAgreed(_groups[0], again);
        Assert.Equal("under way", again.Process(late).Text());
        again.Process(late).Fails(MlsErrorCode.KeyConsumed, "9.2");
        Group read = new MlsClient(_carol.Options, _carol.Identity).FindGroup("g"u8)!;
        GroupTests.AssertAgreed(_groups[0], read);
        read.Process(late).Fails(MlsErrorCode.KeyConsumed, "9.2");
        Assert.Equal("new", read.Process(_groups[0].Send("new")).Text());
    }

    [Fact]
    public void Whichever_operation_of_the_store_fails_either_the_old_state_is_there_or_the_new_one()
    {
        int failures = 0;
        for (int at = 0; ; at++)
        {
            ReplacedGroupTests life = new();
            UnverifiedWelcome welcome =
                UnverifiedWelcome.Parse(life.RemoveAndAdd(life._carol.KeyPackageFor(life._alice))).Value;
            life._store.FailAfter = at;
            Exception? failure = Record.Exception(
                () => life._carol.Client.Join(welcome, acceptance: new WelcomeAcceptance { Replace = true }));
            life._store.FailAfter = null;
            if (failure is null)
                break;
            failures++;
            Assert.IsType<IOException>(failure);
            Group kept = new MlsClient(life._carol.Options, life._carol.Identity).FindGroup("g"u8)!;
            Assert.Equal(life._groups[2].Tip.Id, kept.Tip.Id);
            Group joined = life._carol.Client.Join(welcome, acceptance: new WelcomeAcceptance { Replace = true }).Value;
            GroupTests.AssertAgreed(life._groups[0], joined);
            Assert.Equal("x", life._groups[0].Process(joined.Send("x")).Text());
        }
        Assert.True(failures > 5, $"{failures} failures prove little.");
    }

    [Fact]
    public void A_welcome_is_accepted_once_through_whatever_handle()
    {
        UnverifiedWelcome welcome =
            UnverifiedWelcome.Parse(RemoveAndAdd(_carol.KeyPackageFor(_alice, lastResort: true))).Value;
        StagedWelcome first = _carol.Client.Open(welcome).Value;
        StagedWelcome second = _carol.Client.Open(welcome).Value;
        WelcomeAcceptance replace = new() { Replace = true };
        Group joined = first.Accept(replace).Value;
        Assert.Throws<InvalidOperationException>(() => first.Accept(replace));
        second.Accept(replace).Fails(MlsErrorCode.DuplicateGroup, "16.8");
        _carol.Client.Join(welcome, acceptance: replace).Fails(MlsErrorCode.DuplicateGroup, "16.8");

        // Nor after the group was forgotten: the ratchets of the second time would begin anew.
        _carol.Client.Forget(joined);
        _carol.Client.Join(welcome).Fails(MlsErrorCode.DuplicateGroup, "16.8");
        StagedWelcome dropped = _carol.Client.Open(welcome).Value;
        dropped.Dispose();
        Assert.Throws<InvalidOperationException>(() => dropped.Accept());
    }

    [Fact]
    public void Key_packages_are_spent_unless_they_are_to_be_kept()
    {
        KeyPackage keyPackage = _carol.KeyPackageFor(_alice);
        UnverifiedWelcome welcome = UnverifiedWelcome.Parse(RemoveAndAdd(keyPackage)).Value;
        WelcomeAcceptance keeping = new() { Replace = true, KeepKeyPackage = true };
        Group joined = _carol.Client.Join(welcome, acceptance: keeping).Value;
        GroupTests.AssertAgreed(_groups[0], joined);
        Assert.Contains(_carol.Client.KeyPackages(),
            k => k.KeyPackage.Reference.Span.SequenceEqual(keyPackage.Reference.Span));

        // The join that lost: the same key package serves for the rival commit.
        byte[] rival = RemoveAndAdd(keyPackage);
        Group second = _carol.Client.Join(UnverifiedWelcome.Parse(rival).Value,
            acceptance: new WelcomeAcceptance { Replace = true }).Value;
        GroupTests.AssertAgreed(_groups[0], second);
        Assert.Empty(_carol.Client.KeyPackages());
        _carol.Client.Open(welcome).Fails(MlsErrorCode.NotForThisClient, "12.4.3.1");
    }

    [Fact]
    public void A_key_package_of_last_resort_asks_to_be_renewed()
    {
        UnverifiedWelcome welcome =
            UnverifiedWelcome.Parse(RemoveAndAdd(_carol.KeyPackageFor(_alice, lastResort: true))).Value;
        Group joined = _carol.Client.Join(welcome, acceptance: new WelcomeAcceptance { Replace = true }).Value;
        Assert.True(joined.NeedsRefresh);
        Assert.True(new MlsClient(_carol.Options, _carol.Identity).FindGroup("g"u8)!.NeedsRefresh);
        joined.Commit(new CommitRequest());
        joined.MergePending();
        Assert.False(joined.NeedsRefresh);
        Assert.False(_groups[0].NeedsRefresh);
    }

    [Fact]
    public void A_client_of_several_devices_resyncs_the_right_one()
    {
        Credential user = Credential.Basic("user"u8);
        TestClient phone = new("phone", identity: MlsIdentity.Generate(TestClient.DefaultSuite, user));
        TestClient laptop = new("laptop", identity: MlsIdentity.Generate(TestClient.DefaultSuite, user));
        Group[] g = TestClient.GroupOf("d", phone, laptop);
        UnverifiedGroupInfo info = UnverifiedGroupInfo.Parse(g[0].GroupInfo().Value).Value;
        ExternalJoin join =
            laptop.Client.JoinExternally(info, laptop.Identity, new ExternalJoinRequest { RemovePrior = true }).Value;
        Assert.Equal(g[1].Self, g[0].Follow(join.Message).Removed[0].Index);
        GroupTests.AssertAgreed(g[0], join.Accept());

        // With a new key it cannot be told which one it was; then it has to say so.
        info = UnverifiedGroupInfo.Parse(g[0].GroupInfo().Value).Value;
        TestClient reinstalled = new("laptop2", identity: MlsIdentity.Generate(TestClient.DefaultSuite, user));
        reinstalled.Client.JoinExternally(info, reinstalled.Identity, new ExternalJoinRequest { RemovePrior = true })
            .Fails(MlsErrorCode.Conflict, "12.4.3.2");
        join = reinstalled.Client.JoinExternally(
            info, reinstalled.Identity, new ExternalJoinRequest { Remove = new LeafIndex(1) }).Value;
        Assert.Equal(new LeafIndex(1), g[0].Follow(join.Message).Removed[0].Index);
        GroupTests.AssertAgreed(g[0], join.Accept());
    }

    [Fact]
    public void A_welcome_that_lacks_a_due_path_secret_is_refused_12_4_3_1()
    {
        TestClient dave = new("dave");
        KeyPackage keyPackage = dave.KeyPackageFor(_alice);
        PendingCommit add = _groups[0].Commit(new CommitRequest { Add = [keyPackage], ForcePath = true }).Value;
        byte[] without = WelcomeForge.WithoutPathSecret(dave, keyPackage, add.Welcome!);
        dave.Client.Join(UnverifiedWelcome.Parse(without).Value).Fails(MlsErrorCode.InvalidPath, "12.4.3.1");
        _groups[0].MergePending();
        GroupTests.AssertAgreed(_groups[0], dave.Join(add.Welcome!));
    }

    private byte[] RemoveAndAdd(KeyPackage keyPackage)
    {
        PendingCommit commit = _groups[0]
            .Commit(new CommitRequest { Remove = [new LeafIndex(2)], Add = [keyPackage] }).Value;
        _groups[1].Follow(commit.Message);
        _groups[0].MergePending();
        return commit.Welcome!;
    }
}
