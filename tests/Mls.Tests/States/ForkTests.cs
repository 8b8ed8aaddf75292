using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Groups;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.States;

/// <summary>Several commits on one state, in a group that nobody orders.</summary>
public class ForkTests
{
    private static readonly GroupPolicy Forking = new() { ForkEpochs = 8, PastEpochs = 4 };

    private readonly FakeTime _time = new();
    private readonly TestClient[] _clients;
    private Group[] _groups;

    public ForkTests()
    {
        _clients = [.. new[] { "alice", "bob", "carol" }.Select(n => new TestClient(n, policy: Forking, time: _time))];
        _groups = TestClient.GroupOf("g", _clients);
    }

    private Group Alice => _groups[0];

    private Group Bob => _groups[1];

    private Group Carol => _groups[2];

    [Fact]
    public void Two_commits_on_one_state_are_both_kept_and_messages_of_both_are_read()
    {
        (byte[] left, byte[] right) = Race();
        GroupState first = Carol.Keep(Staged(Carol, left));
        GroupState second = Carol.Keep(Staged(Carol, right));
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(first.Epoch, second.Epoch);
        Assert.Equal(first.Parent, second.Parent);
        Assert.Equal(Carol.Tip.Id, first.Parent);
        Assert.Equal((new LeafIndex(0), new LeafIndex(1)), (first.Author!.Value, second.Author!.Value));
        Alice.MergePending();
        Bob.MergePending();
        Reopen();

        Outcome.ApplicationMessage fromLeft = Data(Carol, Alice.Send("left"));
        Outcome.ApplicationMessage fromRight = Data(Carol, Bob.Send("right"));
        Assert.Equal((first.Id, second.Id), (fromLeft.State, fromRight.State));
        Assert.Equal(fromLeft.Epoch, fromRight.Epoch);
        Carol.MoveTo(second.Id);
        GroupTests.AssertAgreed(Bob, Carol);
        Assert.Equal("to the right", Bob.Process(Carol.Send("to the right")).Text());
        Carol.MoveTo(first.Id);
        Reopen();
        GroupTests.AssertAgreed(Alice, Carol);
        Assert.Equal("to the left", Alice.Process(Carol.Send("to the left")).Text());
    }

    [Fact]
    public void Two_committers_keep_their_own_states_and_can_come_to_either()
    {
        (byte[] left, byte[] right) = Race();
        StateId own = Alice.Pending!.State;
        Alice.Merge(Staged(Alice, right));
        Assert.Null(Alice.Pending);
        Assert.Equal(StateStanding.Live, Alice.FindState(own)!.Standing);
        Bob.Merge(Staged(Bob, left));
        Reopen();
        Assert.Equal(Bob.Tip.Id, own);
        Alice.MoveTo(own);
        GroupTests.AssertAgreed(Alice, Bob);
        Assert.Equal("x", Alice.Process(Bob.Send("x")).Text());
        Assert.Equal("y", Bob.Process(Alice.Send("y")).Text());
    }

    [Fact]
    public void A_group_re_roots_over_several_epochs_and_ratchets_never_begin_anew()
    {
        HashSet<(StateId, LeafIndex, uint)> used = [];
        (byte[] left, byte[] right) = Race();
        StateId root = Alice.Tip.Id;
        Alice.MergePending();
        Carol.Merge(Staged(Carol, left));
        for (int i = 0; i < 3; i++)
        {
            byte[] next = Alice.Commit(new CommitRequest()).Value.Message;
            Alice.MergePending();
            Carol.Merge(Staged(Carol, next));
            Note(Alice, Carol, used);
        }
        Bob.MergePending();
        for (int i = 0; i < 4; i++)
        {
            Note(Carol, Alice, used);
            StateId was = Carol.Tip.Id;
            if (i % 2 == 0)
            {
                // To the branch of Bob: the first time by its commit, later because the state is kept.
                if (Carol.FindState(Bob.Tip.Id) is null)
                    Carol.Keep(Staged(Carol, right));
                Carol.MoveTo(Bob.Tip.Id);
                GroupTests.AssertAgreed(Bob, Carol);
                Note(Carol, Bob, used);
                Note(Bob, Carol, used);
                Reopen();
                Carol.MoveTo(was);
            }
            GroupTests.AssertAgreed(Alice, Carol);
        }
        Assert.NotEqual(root, Carol.Tip.Id);
        Assert.NotNull(Carol.FindState(root));
    }

    [Fact]
    public void A_commit_on_a_past_state_is_processed_as_long_as_it_takes_commits()
    {
        (byte[] left, byte[] right) = Race();
        Carol.Merge(Staged(Carol, left));
        Assert.Equal(CommitKind.Next, Carol.Classify(UnverifiedMessage.Parse(right).Value).Kind);
        StagedCommit rival = Staged(Carol, right);
        Assert.Equal(rival.Parent, Carol.States.Single(s => s.Epoch == Carol.Epoch - 1).Id);
        Carol.Merge(rival);
        Bob.MergePending();
        GroupTests.AssertAgreed(Bob, Carol);
    }

    [Fact]
    public void A_state_is_made_once_even_after_it_was_dropped()
    {
        (byte[] left, byte[] right) = Race();
        GroupState kept = Carol.Keep(Staged(Carol, left));
        Assert.Equal(kept.Id, Carol.Keep(Staged(Carol, left)).Id);
        StagedCommit early = Staged(Carol, right);
        Carol.Merge(Staged(Carol, right));
        Carol.Drop(kept.Id);
        Assert.Null(Carol.FindState(kept.Id));
        Carol.Process(left).Fails(MlsErrorCode.KeyConsumed, "9.2");
        Assert.Throws<InvalidOperationException>(() => Carol.MoveTo(kept.Id));

        // A second handle for the state that is the tip by now changes nothing.
        Carol.Merge(early);
        Bob.MergePending();
        GroupTests.AssertAgreed(Bob, Carol);
        Reopen();
        Carol.Process(left).Fails(MlsErrorCode.KeyConsumed, "9.2");
    }

    [Fact]
    public void What_is_settled_takes_no_commits_and_sends_nothing_but_is_read()
    {
        (byte[] left, byte[] right) = Race();
        StateId root = Carol.Tip.Id;
        byte[] late = Bob.Send("late");
        Carol.Merge(Staged(Carol, left));
        Carol.Settle(root);
        Reopen();
        Assert.Equal(StateStanding.Settled, Carol.FindState(root)!.Standing);
        Carol.Process(right).Fails(MlsErrorCode.WrongEpoch, "12.4.2");
        Assert.Throws<InvalidOperationException>(() => Carol.MoveTo(root));
        Assert.Throws<InvalidOperationException>(() => Carol.Settle(Carol.Tip.Id));
        Assert.Throws<InvalidOperationException>(() => Carol.Drop(Carol.Tip.Id));
        Carol.ExportOnce(0x8000, root).Fails(MlsErrorCode.WrongEpoch, "8.5");
        Assert.Equal("late", Carol.Process(late).Text());
        Secretless(Carol.Core.Find(root)!);
    }

    [Fact]
    public void States_are_settled_by_depth_by_time_and_by_number()
    {
        StateId root = Carol.Tip.Id;
        for (int i = 0; i < 9; i++)
        {
            Assert.Equal(StateStanding.Live, Carol.FindState(root)!.Standing);
            Carol.Merge(Staged(Carol, Alice.Commit(new CommitRequest()).Value.Message));
            Alice.MergePending();
        }
        Assert.NotEqual(StateStanding.Live, Carol.FindState(root)?.Standing);
        Assert.Equal(8, Carol.States.Count(s => s.Standing == StateStanding.Live && s.Id != Carol.Tip.Id));

        DateTimeOffset? due = _clients[2].Client.Expire();
        Assert.Equal(_time.Now + Forking.PastEpochLifetime, due);
        _time.Now += Forking.ForkLifetime;
        Assert.Null(_clients[2].Client.Expire());
        Assert.Equal(StateStanding.Live, Assert.Single(Carol.States).Standing);
        Assert.Single(_clients[2].Store.Keys("group/"), k => k.Contains("/keys-", StringComparison.Ordinal));

        TestClient erin = new("erin", policy: Forking with { MaxSideStates = 2 });
        Group[] g = TestClient.GroupOf(
            "s", [.. Enumerable.Range(0, 5).Select(i => new TestClient($"m{i}", policy: Forking)), erin]);
        foreach (Group rival in g[..5])
            g[5].Keep(Staged(g[5], rival.Commit(new CommitRequest()).Value.Message));
        Assert.Equal(3, g[5].States.Count);
    }

    [Fact]
    public void Only_so_many_children_are_made_of_one_state()
    {
        TestClient erin = new("erin", policy: Forking with { MaxChildren = 2 });
        Group[] g = TestClient.GroupOf(
            "s", [.. Enumerable.Range(0, 3).Select(i => new TestClient($"m{i}", policy: Forking)), erin]);
        byte[][] commits = [.. g[..3].Select(m => m.Commit(new CommitRequest()).Value.Message)];
        g[3].Keep(Staged(g[3], commits[0]));
        g[3].Keep(Staged(g[3], commits[1]));
        g[3].Process(commits[2]).Fails(MlsErrorCode.LimitExceeded, "14");
    }

    [Fact]
    public void Proposals_wait_in_their_own_state_and_a_commit_may_bring_those_that_it_refers_to()
    {
        UnverifiedMessage noise = UnverifiedMessage.Parse(Alice.Send("noise")).Value;
        byte[] update = Bob.ProposeUpdate().Value;
        Assert.True(Alice.Process(update).IsOk);
        PendingCommit commit = Alice.Commit(new CommitRequest()).Value;
        Assert.Equal(2, commit.Summary.Updated.Count);
        Carol.Process(commit.Message).Fails(MlsErrorCode.UnknownProposal, "12.4");
        UnverifiedMessage message = UnverifiedMessage.Parse(commit.Message).Value;
        UnverifiedMessage beside = UnverifiedMessage.Parse(update).Value;
        byte[] damaged = [.. update];
        damaged[^1] ^= 1;
        Outcome.CommitStaged staged = Assert.IsType<Outcome.CommitStaged>(
            Carol.Process(message, [noise, UnverifiedMessage.Parse(damaged).Value, beside, beside]).Value);
        Assert.Empty(Carol.PendingProposals);
        Carol.Merge(staged.Commit);
        Bob.Follow(commit.Message);
        Alice.MergePending();
        GroupTests.AssertAgreed(_groups);

        // Who had the proposal already does not mind that it comes again.
        update = Bob.ProposeUpdate().Value;
        Assert.True(Alice.Process(update).IsOk);
        Assert.True(Carol.Process(update).IsOk);
        commit = Alice.Commit(new CommitRequest()).Value;
        MlsResult<Outcome> again = Carol.Process(
            UnverifiedMessage.Parse(commit.Message).Value, [UnverifiedMessage.Parse(update).Value]);
        Assert.True(again.IsOk, again.Error.ToString());
    }

    [Fact]
    public void A_resumption_psk_is_that_of_the_branch_that_asks()
    {
        (byte[] left, byte[] right) = Race();
        GroupState first = Carol.Keep(Staged(Carol, left));
        GroupState second = Carol.Keep(Staged(Carol, right));
        Alice.MergePending();
        Bob.MergePending();
        foreach ((Group author, GroupState branch) in new[] { (Alice, first), (Bob, second), (Alice, first) })
        {
            byte[] commit = author.Commit(new CommitRequest { ResumptionPsks = [branch.Epoch] }).Value.Message;
            StagedCommit staged = Staged(Carol, commit);
            Carol.Merge(staged);
            author.MergePending();
            GroupTests.AssertAgreed(author, Carol);
        }
    }

    [Fact]
    public void A_reinit_on_a_branch_that_lost_ends_nothing()
    {
        byte[] end = Alice.Commit(
            new CommitRequest
            {
                ReInit = new ReInitRequest("n"u8.ToArray(), TestClient.DefaultSuite,
                ExtensionList.Empty)
            }).Value.Message;
        byte[] right = Bob.Commit(new CommitRequest()).Value.Message;
        GroupState ended = Carol.Keep(Staged(Carol, end));
        Assert.Equal(GroupStatus.Active, Carol.Status);
        Carol.MoveTo(ended.Id);
        Assert.Equal(GroupStatus.ReInitialised, Carol.Status);
        Reopen();
        Assert.Equal(GroupStatus.ReInitialised, Carol.Status);
        Assert.NotNull(Carol.ReInit);
        Carol.Process(right).Fails(MlsErrorCode.GroupClosed, "12.4.2");
        StateId root = Carol.States.Single(s => s.Standing == StateStanding.Live).Id;
        Carol.MoveTo(root);
        Assert.Equal(GroupStatus.Active, Carol.Status);
        Carol.Merge(Staged(Carol, right));
        Bob.MergePending();
        GroupTests.AssertAgreed(Bob, Carol);
    }

    [Fact]
    public void A_commit_of_the_past_is_told_as_duplicate_own_or_rival()
    {
        TestClient dave = new("dave"), erin = new("erin"), frank = new("frank");
        Group[] g = TestClient.GroupOf("l", dave, erin, frank);
        StateId root = g[0].Tip.Id;
        byte[] won = g[0].Commit(new CommitRequest()).Value.Message;
        byte[] lost = g[1].Commit(new CommitRequest()).Value.Message;
        Assert.Equal(new CommitStanding(CommitKind.Own, root, g[0].Pending!.State, true), Standing(g[0], won));
        Assert.Equal(new CommitStanding(CommitKind.Next, root, null, true), Standing(g[2], won));
        g[0].MergePending();
        g[1].Follow(won);
        g[2].Follow(won);
        StateId tip = g[0].Tip.Id;
        Assert.Equal(new CommitStanding(CommitKind.Own, root, tip, true), Standing(g[0], won));
        Assert.Equal(new CommitStanding(CommitKind.Duplicate, root, tip, true), Standing(g[2], won));
        Assert.Equal(new CommitStanding(CommitKind.Rival, root, null, true), Standing(g[2], lost));
        byte[] forged = [.. lost];
        forged[^(forged.Length / 2)] ^= 1;
        Assert.Equal(CommitKind.Rival, Standing(g[2], forged).Kind);
        forged = Forge.Public(g[0],
            FramedContent.ForCommit(Forge.Header(g[0], epoch: g[0].Epoch - 1), new Commit([], null)), new byte[32]);
        Assert.Equal(new CommitStanding(CommitKind.Rival, root, null, false), Standing(g[2], forged));

        // The state is gone after a while; its commits are still known.
        frank.Time.Now += TimeSpan.FromDays(2);
        frank.Client.Expire();
        Group read = new MlsClient(frank.Options, frank.Identity).FindGroup("l"u8)!;
        Assert.Equal(new CommitStanding(CommitKind.Duplicate, root, tip, true), Standing(read, won));
        Assert.Equal(new CommitStanding(CommitKind.Rival, root, null, false), Standing(read, lost));
        Assert.Equal(CommitKind.Unknown,
            Standing(read, Forge.Public(g[0],
                FramedContent.ForCommit(Forge.Header(g[0], epoch: 77), new Commit([], null)), new byte[32])).Kind);
        Assert.Equal(CommitKind.Unknown, Standing(read, g[0].Send("no commit")).Kind);
        lost = g[1].Commit(new CommitRequest()).Value.Message;
        Assert.Equal(CommitKind.Next, Standing(read, lost).Kind);
    }

    [Fact]
    public void A_key_that_was_read_in_another_form_opens_nothing_any_more_and_sending_can_jump_ahead()
    {
        byte[] first = Alice.Send("zero");
        Assert.Equal(1u, Alice.NextGeneration);
        byte[] fifth = Alice.Encrypt("five"u8, default, generation: 5).Value;
        Alice.Encrypt("again"u8, default, generation: 5).Fails(MlsErrorCode.KeyConsumed, "9.2");
        Assert.True(Carol.Spend(Carol.Tip.Id, new LeafIndex(0), 0).IsOk);
        Carol.Process(first).Fails(MlsErrorCode.KeyConsumed, "9.2");
        Outcome.ApplicationMessage read = Data(Carol, fifth);
        Assert.Equal((5u, new LeafIndex(0)), (read.Generation, read.Sender.Index));
        Carol.Spend(Carol.Tip.Id, new LeafIndex(0), 5).Fails(MlsErrorCode.KeyConsumed, "9.2");
        Carol.Spend(Carol.Tip.Id, new LeafIndex(2), 0).Fails(MlsErrorCode.OwnMessage, "6.3.2");
        Carol.Spend(Carol.Tip.Id, new LeafIndex(99), 0).Fails(MlsErrorCode.InvalidSender, "6.3.2");
        Carol.Spend(default, new LeafIndex(0), 0).Fails(MlsErrorCode.WrongEpoch, "15.3");
    }

    [Fact]
    public void What_is_exported_once_is_gone_in_every_state_and_after_a_restart()
    {
        byte[] secret = Alice.ExportOnce(0x8123).Value;
        Assert.Equal(secret, Carol.ExportOnce(0x8123).Value);
        Assert.NotEqual(secret, Carol.ExportOnce(0x8124).Value);
        Reopen();
        Carol.ExportOnce(0x8123).Fails(MlsErrorCode.KeyConsumed, "8.5");
        (byte[] left, byte[] right) = Race();
        GroupState first = Carol.Keep(Staged(Carol, left));
        Carol.Merge(Staged(Carol, right));
        Assert.NotEqual(Carol.ExportOnce(0x8123).Value, Carol.ExportOnce(0x8123, first.Id).Value);
        Carol.MoveTo(first.Id);
        Carol.ExportOnce(0x8123).Fails(MlsErrorCode.KeyConsumed, "8.5");
        Carol.ExportOnce(0x8123, new StateId(new byte[32])).Fails(MlsErrorCode.WrongEpoch, "8.5");
    }

    private static CommitStanding Standing(Group group, byte[] commit) =>
        group.Classify(UnverifiedMessage.Parse(commit).Value);

    private static StagedCommit Staged(Group group, byte[] commit)
    {
        MlsResult<Outcome> outcome = group.Process(commit);
        Assert.True(outcome.IsOk, outcome.Error.ToString());
        return Assert.IsType<Outcome.CommitStaged>(outcome.Value).Commit;
    }

    private static Outcome.ApplicationMessage Data(Group group, byte[] message) =>
        Assert.IsType<Outcome.ApplicationMessage>(group.Process(message).Value);

    private static void Note(Group from, Group to, HashSet<(StateId, LeafIndex, uint)> used)
    {
        Outcome.ApplicationMessage data = Data(to, from.Send("x"));
        Assert.True(used.Add((data.State, data.Sender.Index, data.Generation)), "A generation was used twice.");
    }

    private static void Secretless(Mls.Groups.GroupEpoch state)
    {
        Assert.True(Enumerable.Range(0, PathKeys.MaxLevels).All(l => state.Keys[l] is null));
        Assert.All(state.Secrets.InitSecret.Concat(state.Secrets.ExporterSecret).Concat(state.Secrets.MembershipKey),
            b => Assert.Equal(0, b));
        Assert.Throws<InvalidOperationException>(() => state.SecretTree.Ratchet(state.Self, handshake: false));
        Assert.Throws<InvalidOperationException>(() => state.SecretTree.Ratchet(new LeafIndex(0), handshake: true));
    }

    private (byte[] Left, byte[] Right) Race() =>
        (Alice.Commit(new CommitRequest()).Value.Message, Bob.Commit(new CommitRequest()).Value.Message);

    private void Reopen() => _groups =
        [.. _clients.Select(c => new MlsClient(c.Options, c.Identity).FindGroup("g"u8)!)];
}
