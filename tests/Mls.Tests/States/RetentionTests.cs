using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Storage;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.States;

/// <summary>What is deleted, and when.</summary>
public class RetentionTests
{
    private readonly FakeTime _time = new();
    private readonly TestClient _alice;
    private readonly TestClient _bob;
    private readonly Group[] _groups;

    public RetentionTests()
    {
        _alice = new TestClient("alice", time: _time);
        _bob = new TestClient("bob", time: _time);
        _groups = TestClient.GroupOf("g", _alice, _bob);
        _groups[1].Follow(_groups[0].Commit(new CommitRequest()).Value.Message);
        _groups[0].MergePending();
    }

    [Fact]
    public void A_past_state_expires_when_the_group_is_opened() =>
        Expires(() => new MlsClient(_bob.Options, _bob.Identity).FindGroup("g"u8)!);

    [Fact]
    public void A_past_state_expires_when_something_is_sent() => Expires(() =>
    {
        _groups[1].Send("x");
        return _groups[1];
    });

    [Fact]
    public void A_past_state_expires_when_something_is_proposed() => Expires(() =>
    {
        _groups[1].ProposeUpdate();
        return _groups[1];
    });

    [Fact]
    public void A_past_state_expires_when_something_is_committed() => Expires(() =>
    {
        _groups[1].Commit(new CommitRequest());
        return _groups[1];
    });

    [Fact]
    public void A_past_state_expires_when_something_is_received() => Expires(() =>
    {
        _groups[1].Process(_groups[0].Send("x"));
        return _groups[1];
    });

    [Fact]
    public void A_past_state_expires_in_a_group_that_idles() => Expires(() =>
    {
        Assert.Null(_bob.Client.Expire());
        return _groups[1];
    });

    [Fact]
    public void A_past_state_holds_what_reads_late_messages_of_others_and_nothing_else()
    {
        TestClient carol = new("carol");
        Group[] g = TestClient.GroupOf("k", new TestClient("dave"), new TestClient("erin"), carol);
        byte[] late = g[1].Send("late");
        byte[] update = g[0].ProposeUpdate().Value;
        Assert.True(g[2].Process(update).IsOk);
        carol.Time.Now += TimeSpan.FromMinutes(1);
        g[2].Follow(g[0].Commit(new CommitRequest()).Value.Message);
        Mls.Groups.GroupEpoch past = g[2].Past[0];
        Assert.Throws<InvalidOperationException>(() => past.SecretTree.Ratchet(new LeafIndex(2), handshake: false));
        Assert.Throws<InvalidOperationException>(() => past.SecretTree.Ratchet(new LeafIndex(0), handshake: true));
        Assert.All(past.Secrets.ExporterSecret, b => Assert.Equal(0, b));
        Assert.Equal("late", g[2].Process(late).Text());
    }

    [Fact]
    public void A_group_that_ended_reads_what_was_under_way_keeps_little_and_that_not_for_ever()
    {
        byte[] late = _groups[0].Send("late");
        byte[] end = _groups[0]
            .Commit(new CommitRequest
            {
                ReInit = new ReInitRequest("n"u8.ToArray(), TestClient.DefaultSuite,
                ExtensionList.Empty)
            }).Value.Message;
        byte[] early = _groups[0].Send("early");
        _groups[1].Follow(end);
        Assert.Equal(GroupStatus.ReInitialised, _groups[1].Status);
        Assert.Equal("late", _groups[1].Process(late).Text());
        Mls.Groups.GroupEpoch tip = _groups[1].Current;
        Assert.All(tip.Secrets.InitSecret.Concat(tip.Secrets.MembershipKey).Concat(tip.Secrets.SenderDataSecret),
            b => Assert.Equal(0, b));
        Assert.NotEmpty(_groups[1].Past);
        Assert.NotEqual(0, _groups[1].EpochAuthenticator.Length);

        _time.Now += TimeSpan.FromDays(2);
        _groups[1].Process(early).Fails(MlsErrorCode.GroupClosed, "12.4.2");
        Assert.Empty(_groups[1].Past);
        Assert.Throws<InvalidOperationException>(() => _groups[1].EpochAuthenticator);
        Assert.Null(_bob.Client.Expire());

        // What begins the next group is still there.
        _groups[0].MergePending();
        Assert.True(_bob.Client.ReInitialise(_groups[1], _bob.Identity, [_alice.KeyPackageFor(_bob)]).IsOk);
    }

    [Fact]
    public void Own_key_packages_are_listed_and_deleted_some_time_after_their_lifetime()
    {
        KeyPackage single = _bob.Client.CreateKeyPackage(_bob.Identity, TimeSpan.FromDays(1));
        KeyPackage lasting = _bob.Client.CreateKeyPackage(_bob.Identity, TimeSpan.FromDays(100), lastResort: true);
        IReadOnlyList<OwnKeyPackage> listed = _bob.Client.KeyPackages();
        Assert.Equal(2, listed.Count);
        OwnKeyPackage last = listed.Single(k => k.IsLastResort);
        Assert.Equal(lasting.Reference.ToArray(), last.KeyPackage.Reference.ToArray());
        Assert.Equal(_time.Now + TimeSpan.FromDays(100), last.NotAfter);

        // A Welcome that took its time is still opened.
        _time.Now += TimeSpan.FromDays(10);
        DateTimeOffset due = _bob.Client.Expire()!.Value;
        Assert.Equal(2, _bob.Client.KeyPackages().Count);
        _time.Now = due;
        _bob.Client.Expire();
        Assert.Equal(lasting.Reference.ToArray(),
            Assert.Single(_bob.Client.KeyPackages()).KeyPackage.Reference.ToArray());
        Assert.Null(_bob.Store.Read(StoreKeys.KeyPackage(single.Reference.Span)));
    }

    [Fact]
    public void The_keys_of_a_key_package_of_last_resort_are_zeroed_in_memory_too()
    {
        KeyPackage lasting = _bob.Client.CreateKeyPackage(_bob.Identity, TimeSpan.FromDays(1), lastResort: true);
        KeyPackageRecord record = _bob.Client.FindKeyPackage(lasting.Reference.Span)!;
        record.Dispose();
        Assert.All(record.LeafKey.Concat(record.InitKey), b => Assert.Equal(0, b));
    }

    [Fact]
    public void An_external_join_outlives_a_restart_and_is_accepted_once()
    {
        TestClient dave = new("dave", time: _time);
        _alice.Validator.External = true;
        UnverifiedGroupInfo info = UnverifiedGroupInfo.Parse(_groups[0].GroupInfo().Value).Value;
        ExternalJoin join = dave.Client.JoinExternally(info, dave.Identity).Value;
        MlsClient restarted = new(dave.Options, dave.Identity);
        ExternalJoin again = Assert.Single(restarted.PendingJoins());
        Assert.Equal(join.Message, again.Message);
        Assert.Equal(join.State.Id, again.State.Id);
        _groups[0].Follow(again.Message);
        Group joined = again.Accept();
        Tests.Groups.GroupTests.AssertAgreed(_groups[0], joined);
        Assert.Empty(restarted.PendingJoins());
        Assert.Throws<InvalidOperationException>(again.Accept);
        Assert.Throws<InvalidOperationException>(join.Accept);
        Assert.Throws<InvalidOperationException>(join.Drop);
        Assert.Empty(dave.Store.Keys("join/"));
        Assert.Equal(CommitKind.Own, joined.Classify(UnverifiedMessage.Parse(join.Message).Value).Kind);
    }

    [Fact]
    public void An_external_join_that_nobody_accepts_is_dropped_or_expires()
    {
        TestClient dave = new("dave", time: _time);
        UnverifiedGroupInfo info = UnverifiedGroupInfo.Parse(_groups[0].GroupInfo().Value).Value;
        dave.Client.JoinExternally(info, dave.Identity).Value.Drop();
        Assert.Empty(dave.Store.Keys(""));
        dave.Client.JoinExternally(info, dave.Identity);
        Assert.Equal(_time.Now + TimeSpan.FromDays(14), dave.Client.Expire());
        _time.Now += TimeSpan.FromDays(14);
        Assert.Null(dave.Client.Expire());
        Assert.Empty(dave.Store.Keys(""));
    }

    [Fact]
    public void A_welcome_is_kept_until_it_is_on_its_way_through_merge_and_restart()
    {
        TestClient dave = new("dave", time: _time);
        byte[] welcome = _groups[0].Commit(new CommitRequest { Add = [dave.KeyPackageFor(_alice)] }).Value.Welcome!;
        _groups[0].ForgetInvitation(Assert.Single(_groups[0].Invitations).State);
        Assert.Empty(_groups[0].Invitations);
        _groups[0].MergePending();
        Group read = new MlsClient(_alice.Options, _alice.Identity).FindGroup("g"u8)!;
        Invitation kept = Assert.Single(read.Invitations);
        Assert.Equal(welcome, kept.Welcome);
        Assert.Equal(read.Tip.Id, kept.State);
        read.ForgetInvitation(kept.State);
        Assert.Empty(read.Invitations);
        Assert.DoesNotContain(_alice.Store.Keys("group/"), k => k.Contains("welcome", StringComparison.Ordinal));

        SuccessorGroup branch =
            _alice.Client.Branch(_groups[0], [9], ExtensionList.Empty, [_bob.KeyPackageFor(_alice)]).Value;
        Group reread = new MlsClient(_alice.Options, _alice.Identity).FindGroup(branch.Group.GroupId.Span)!;
        Assert.Equal(branch.Welcome, Assert.Single(reread.Invitations).Welcome);
    }

    [Fact]
    public void Welcomes_that_are_never_told_to_be_on_their_way_are_bounded()
    {
        for (int i = 0; i < 12; i++)
        {
            _groups[0].Commit(new CommitRequest { Add = [new TestClient($"n{i}", time: _time).KeyPackageFor(_alice)] });
            _groups[0].MergePending();
        }
        Assert.Equal(8, _groups[0].Invitations.Count);
        Assert.Equal(8, _alice.Store.Keys("group/").Count(k => k.Contains("welcome", StringComparison.Ordinal)));
    }

    [Fact]
    public void Late_words_of_a_former_member_are_marked()
    {
        TestClient carol = new("carol", time: _time);
        Group[] g = TestClient.GroupOf("m", _alice, _bob, carol);
        byte[] before = g[2].Send("before");
        byte[] other = g[0].Send("of a member");
        Assert.False(Assert.IsType<Outcome.ApplicationMessage>(g[1].Process(before).Value).IsFromFormerMember);
        g[1].Follow(g[0].Commit(new CommitRequest { Remove = [new LeafIndex(2)] }).Value.Message);
        Outcome.ApplicationMessage late =
            Assert.IsType<Outcome.ApplicationMessage>(g[1].Process(g[2].Send("after")).Value);
        Assert.True(late.IsFromFormerMember);
        Assert.Equal(g[1].Tip.Parent, late.State);
        Assert.False(Assert.IsType<Outcome.ApplicationMessage>(g[1].Process(other).Value).IsFromFormerMember);
    }

    private void Expires(Func<Group> act)
    {
        Assert.NotEmpty(_groups[1].Past);
        _time.Now += TimeSpan.FromDays(100);
        Assert.Empty(act().Past);
        Assert.Single(_bob.Store.Keys("group/"), k => k.Contains("/keys-", StringComparison.Ordinal));
        Assert.Single(_bob.Store.Keys("group/"), k => k.Contains("/epoch-", StringComparison.Ordinal));
    }
}
