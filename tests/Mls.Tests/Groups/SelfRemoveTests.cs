using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Groups;

/// <summary>Leaving by oneself: the SelfRemove proposal of draft-ietf-mls-extensions.</summary>
public class SelfRemoveTests
{
    private static readonly Capabilities Capable = new() { Proposals = [ProposalType.SelfRemove] };

    private readonly TestClient[] _clients;
    private readonly Group[] _groups;

    public SelfRemoveTests()
    {
        _clients = [.. new[] { "alice", "bob", "carol", "dave" }.Select(n => new TestClient(n, supported: Capable))];
        foreach (TestClient client in _clients)
            client.Validator.External = true;
        _groups = TestClient.GroupOf("g", _clients);
    }

    [Fact]
    public void A_member_that_leaves_is_removed_by_whoever_commits_next()
    {
        byte[] leave = _groups[2].ProposeSelfRemove("goodbye"u8.ToArray()).Value;
        Assert.False(UnverifiedMessage.Parse(leave).Value.IsPrivate);
        Deliver(leave);
        PendingCommit commit = _groups[0].Commit(new CommitRequest()).Value;
        Assert.Equal(new LeafIndex(2), Assert.Single(commit.Summary.Removed).Index);
        ProposedChange change = Assert.Single(commit.Summary.Changes);
        Assert.Equal(new LeafIndex(2), change.Proposer.Member!.Value.Index);
        Assert.Equal("goodbye"u8.ToArray(), change.AuthenticatedData.ToArray());
        Assert.NotEmpty(commit.Summary.Updated);
        _groups[1].Follow(commit.Message);
        Assert.True(_groups[2].Follow(commit.Message).RemovesSelf);
        Assert.Equal(GroupStatus.Removed, _groups[2].Status);
        _groups[3].Follow(commit.Message);
        _groups[0].MergePending();
        GroupTests.AssertAgreed(_groups[0], _groups[1], _groups[3]);
    }

    [Fact]
    public void An_external_joiner_takes_it_along()
    {
        byte[] leave = _groups[2].ProposeSelfRemove().Value;
        Deliver(leave);
        TestClient erin = new("erin", supported: Capable);
        UnverifiedGroupInfo info = UnverifiedGroupInfo.Parse(_groups[0].GroupInfo().Value).Value;
        ExternalJoinRequest request = new() { SelfRemoves = [UnverifiedMessage.Parse(leave).Value] };
        ExternalJoin join = erin.Client.JoinExternally(info, erin.Identity, request).Value;
        CommitSummary summary = _groups[0].Follow(join.Message);
        Assert.Equal(new LeafIndex(2), Assert.Single(summary.Removed).Index);
        Assert.True(summary.IsExternal);
        Assert.True(_groups[2].Follow(join.Message).RemovesSelf);
        _groups[1].Follow(join.Message);
        GroupTests.AssertAgreed(_groups[0], _groups[1], join.Accept());
    }

    [Fact]
    public void What_does_not_verify_is_not_taken_along()
    {
        byte[] leave = _groups[2].ProposeSelfRemove().Value;
        TestClient erin = new("erin", supported: Capable);
        UnverifiedGroupInfo info = UnverifiedGroupInfo.Parse(_groups[0].GroupInfo().Value).Value;
        FramedContent stolen =
            FramedContent.ForProposal(Forge.Header(_groups[1], sender: 2), SelfRemoveProposal.Instance);
        Refused(Forge.Public(_groups[1], stolen, default), MlsErrorCode.InvalidSignature, "6.1");
        Refused(_groups[1].ProposeUpdate().Value, MlsErrorCode.InvalidProposalList, "12.4.3.2");
        FramedContent nobody =
            FramedContent.ForProposal(Forge.Header(_groups[1], sender: 9), SelfRemoveProposal.Instance);
        Refused(Forge.Public(_groups[1], nobody, default), MlsErrorCode.InvalidSender, "12.1");
        _groups[0].Follow(_groups[1].Commit(new CommitRequest { IncludePendingProposals = false }).Value.Message);
        info = UnverifiedGroupInfo.Parse(_groups[0].GroupInfo().Value).Value;
        Refused(leave, MlsErrorCode.WrongEpoch, "12.1");

        void Refused(byte[] message, MlsErrorCode code, string section) => erin.Client.JoinExternally(
            info, erin.Identity, new ExternalJoinRequest { SelfRemoves = [UnverifiedMessage.Parse(message).Value] })
                .Fails(code, section);
    }

    [Fact]
    public void It_is_asked_once_in_an_epoch_and_not_committed_by_who_asks()
    {
        byte[] leave = _groups[2].ProposeSelfRemove().Value;
        Deliver(leave);
        _groups[2].ProposeSelfRemove().Fails(MlsErrorCode.Conflict, "12.1");
        PendingCommit commit = _groups[2].Commit(new CommitRequest()).Value;
        Assert.Empty(commit.Summary.Removed);
        _groups[0].Follow(commit.Message);
        _groups[2].MergePending();
        Assert.True(_groups[0].Process(_groups[2].ProposeSelfRemove().Value).IsOk);
    }

    [Fact]
    public void It_goes_before_a_removal_by_others_and_before_an_update_of_the_same_leaf()
    {
        Deliver(_groups[2].ProposeUpdate().Value);
        Deliver(_groups[1].ProposeRemove(new LeafIndex(2)).Value);
        Deliver(_groups[2].ProposeSelfRemove().Value);
        PendingCommit commit = _groups[0].Commit(new CommitRequest()).Value;
        Assert.IsType<SelfRemoveProposal>(Assert.Single(commit.Summary.Changes).Proposal);
        _groups[1].Follow(commit.Message);
        _groups[0].MergePending();
        GroupTests.AssertAgreed(_groups[0], _groups[1]);
    }

    [Fact]
    public void Every_other_way_of_it_is_refused()
    {
        GroupPolicy open = new() { EncryptHandshakes = false };
        TestClient[] clients =
            [.. new[] { "a", "b", "c" }.Select(n => new TestClient(n, policy: open, supported: Capable))];
        Group[] g = TestClient.GroupOf("o", clients);
        UpdatePath path = Forge.Path(g[0]);

        // By value.
        g[1].Process(Forge.Commit(g[0], [SelfRemoveProposal.Instance], path))
            .Fails(MlsErrorCode.InvalidProposalList, "12.2");

        // Encrypted.
        FramedContent content = FramedContent.ForProposal(Forge.Header(g[0]), SelfRemoveProposal.Instance);
        byte[] signature =
            AuthenticatedContent.Sign(WireFormat.PrivateMessage, content, g[0].Current.Context, g[0].Identity.Signer);
        g[1].Process(Forge.Private(g[0], content, signature)).Fails(MlsErrorCode.WrongWireFormat, "6");

        // Beside a removal of the same leaf, or without a path.
        Assert.True(g[1].Process(g[2].ProposeSelfRemove().Value).IsOk);
        ProposalOrRef reference = new(null, g[1].Proposals[0].Resolved.Reference);
        ProposalOrRef removal = new(new RemoveProposal(new LeafIndex(2)), default);
        g[1].Process(Forge.Commit(g[0], [reference, removal], path)).Fails(MlsErrorCode.InvalidProposalList, "12.2");
        g[1].Process(Forge.Commit(g[0], [reference])).Fails(MlsErrorCode.MissingPath, "12.4");

        // From outside.
        ExternalProposal outside = new(g[0].GroupId, g[0].Epoch, 0, clients[0].Identity);
        g[1].Process(outside.Send(SelfRemoveProposal.Instance)).Fails(MlsErrorCode.InvalidSender, "12.1.8");

        // In a commit of its own sender.
        Assert.True(g[1].Process(g[0].ProposeSelfRemove().Value).IsOk);
        reference = new(null, g[1].Proposals[1].Resolved.Reference);
        g[1].Process(Forge.Commit(g[0], [reference], path)).Fails(MlsErrorCode.InvalidProposalList, "12.2");
    }

    [Fact]
    public void A_group_with_a_member_that_does_not_know_it_is_not_capable_of_it()
    {
        Group[] g = TestClient.GroupOf("n", new TestClient("a", supported: Capable), new TestClient("b"));
        g[0].ProposeSelfRemove().Fails(MlsErrorCode.UnsupportedProposal, "12.1");
        g[1].Process(Forge.Proposal(g[0], SelfRemoveProposal.Instance)).Fails(MlsErrorCode.UnsupportedProposal, "12.1");
    }

    private void Deliver(byte[] message)
    {
        foreach (Group group in _groups)
        {
            MlsResult<Outcome> result = group.Process(message);
            Assert.True(result.IsOk || result.Error.Code == MlsErrorCode.OwnMessage, result.Error.ToString());
        }
    }
}
