using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Groups;

/// <summary>What the application says of credentials, proposals and commits, and when it is asked.</summary>
public class JudgementTests
{
    private readonly Law _law = new();
    private readonly Waiting _waiting = new();
    private readonly TestClient _alice = new("alice");
    private readonly TestClient _bob = new("bob");
    private readonly TestClient _carol = new("carol");
    private readonly Group[] _groups;

    public JudgementTests()
    {
        // Bob is who judges.
        MlsClientOptions options = new()
        {
            Validator = _waiting,
            Store = _bob.Store,
            Time = _bob.Time,
            Random = _bob.Random,
            Rules = _law,
            Psks = _bob.Psks,
        };
        MlsClient judge = new(options, _bob.Identity);
        Group first = _alice.Create("g");
        KeyPackage forBob = _alice.Client.Verify(UnverifiedKeyPackage.Parse(
            judge.CreateKeyPackage(_bob.Identity, TimeSpan.FromDays(1)).ToMessage()).Value).Value;
        PendingCommit commit = first.Commit(new CommitRequest { Add = [forBob, _carol.KeyPackageFor(_alice)] }).Value;
        first.MergePending();
        Group second = judge.Join(UnverifiedWelcome.Parse(commit.Welcome).Value).Value;
        _groups = [first, second, _carol.Join(commit.Welcome!)];
        _waiting.Asked.Clear();
    }

    [Fact]
    public void A_credential_that_did_not_change_is_not_judged_again_5_3_1()
    {
        _waiting.Answer = Verdict.Reject;
        Assert.True(_groups[1].Process(_groups[0].ProposeUpdate().Value).IsOk);
        _groups[1].Follow(_groups[2].Commit(new CommitRequest { IncludePendingProposals = false }).Value.Message);
        Assert.Empty(_waiting.Asked);
    }

    [Fact]
    public void The_same_credential_for_another_key_is_judged()
    {
        MlsIdentity next = MlsIdentity.Generate(TestClient.DefaultSuite, _alice.Identity.Credential);
        byte[] commit = _groups[0].Commit(new CommitRequest { NewIdentity = next }).Value.Message;
        _waiting.Answer = Verdict.Reject;
        _groups[1].Process(commit).Fails(MlsErrorCode.InvalidCredential, "5.3.1");
        Assert.Equal([CredentialUse.Replacement], _waiting.Asked);
    }

    [Fact]
    public void External_senders_that_the_group_has_already_are_not_judged_again()
    {
        ExternalSender sender = new(_carol.Identity.PublicKey, Credential.Basic("bot"u8));
        ExternalList(sender);
        Assert.Equal([CredentialUse.ExternalSender], _waiting.Asked);
        _waiting.Asked.Clear();
        ExternalList(sender);
        Assert.Empty(_waiting.Asked);
        _waiting.Answer = Verdict.Reject;
        ExternalSender more = new(_alice.Identity.PublicKey, Credential.Basic("other"u8));
        ExtensionList list = new([ExternalSender.ToExtension([sender, more])]);
        _groups[1].Process(_groups[0].Commit(new CommitRequest { Extensions = list }).Value.Message)
            .Fails(MlsErrorCode.InvalidCredential, "5.3.1");
    }

    [Fact]
    public void What_is_not_known_yet_is_not_consumed_and_is_taken_once_it_is_known()
    {
        TestClient dave = new("dave");
        byte[] proposal = _groups[0].ProposeAdd(dave.KeyPackageFor(_alice)).Value;
        _waiting.Answer = Verdict.NotKnownYet;
        _groups[1].Process(proposal).Fails(MlsErrorCode.NotKnownYet, "5.3.1");
        Assert.Empty(_groups[1].PendingProposals);
        _waiting.Answer = Verdict.Accept;
        Assert.True(_groups[1].Process(proposal).IsOk);

        PendingCommit commit = _groups[0]
            .Commit(new CommitRequest { Add = [new TestClient("erin").KeyPackageFor(_alice)] }).Value;
        _waiting.Answer = Verdict.NotKnownYet;
        _groups[1].Process(commit.Message).Fails(MlsErrorCode.NotKnownYet, "5.3.1");
        _waiting.Answer = Verdict.Accept;
        _groups[1].Follow(commit.Message);
        _groups[0].MergePending();
        GroupTests.AssertAgreed(_groups[0], _groups[1]);
    }

    [Fact]
    public void A_welcome_to_people_who_are_not_known_yet_can_be_opened_later()
    {
        Waiting validator = new() { Answer = Verdict.NotKnownYet };
        TestClient dave = new("dave");
        MlsClient slow =
            new(new MlsClientOptions { Validator = validator, Store = dave.Store, Time = dave.Time }, dave.Identity);
        byte[] welcome = _groups[0].Commit(new CommitRequest { Add = [dave.KeyPackageFor(_alice)] }).Value.Welcome!;
        slow.Join(UnverifiedWelcome.Parse(welcome).Value).Fails(MlsErrorCode.NotKnownYet, "5.3.1");
        validator.Answer = Verdict.Accept;
        Assert.True(slow.Join(UnverifiedWelcome.Parse(welcome).Value).IsOk);
    }

    [Fact]
    public void Rules_see_who_proposed_what_and_who_commits_it_with_what_beside()
    {
        _groups[1].Process(_groups[2].ProposeRemove(new LeafIndex(0), "because"u8.ToArray()).Value);
        ProposedChange seen = Assert.Single(_law.Changes);
        Assert.Equal("carol"u8.ToArray(), seen.Proposer.Member!.Value.Credential.Identity.ToArray());
        Assert.Equal("because"u8.ToArray(), seen.AuthenticatedData.ToArray());
        Assert.True(seen.IsByReference);

        byte[] commit = _groups[0]
            .Commit(new CommitRequest
            {
                Remove = [new LeafIndex(2)],
                AuthenticatedData = "order 7"u8.ToArray()
            }).Value.Message;
        _law.Changes.Clear();
        CommitSummary summary = _groups[1].Follow(commit);
        Assert.Equal("order 7"u8.ToArray(), Assert.Single(_law.Commits).AuthenticatedData.ToArray());
        Assert.Equal(_groups[0].Tip.Id, _law.Parents.Single().Id);
        ProposedChange change = Assert.Single(summary.Changes);
        Assert.Equal(new LeafIndex(0), change.Proposer.Member!.Value.Index);
        Assert.False(change.IsByReference);
        Assert.IsType<RemoveProposal>(change.Proposal);
    }

    [Fact]
    public void What_the_rules_forbid_is_neither_stored_nor_committed_nor_followed()
    {
        _law.Forbidden = typeof(RemoveProposal);
        _groups[1].Process(_groups[2].ProposeRemove(new LeafIndex(0)).Value).Fails(MlsErrorCode.RefusedByRules, "12.1");
        byte[] removal = _groups[0].Commit(new CommitRequest { Remove = [new LeafIndex(2)] }).Value.Message;
        _groups[1].Process(removal).Fails(MlsErrorCode.RefusedByRules, "12.1");
        _groups[1].Commit(new CommitRequest { Remove = [new LeafIndex(2)] }).Fails(MlsErrorCode.RefusedByRules, "12.1");
        _groups[1].ProposeRemove(new LeafIndex(2)).Fails(MlsErrorCode.RefusedByRules, "12.1");

        // A proposal that was received before the rules changed their mind is left out, and blocks nothing.
        _law.Forbidden = null;
        byte[] update = _groups[2].ProposeUpdate().Value;
        Assert.True(_groups[1].Process(update).IsOk);
        _law.Forbidden = typeof(UpdateProposal);
        Assert.True(_groups[1].Encrypt("x"u8).IsOk);
        Assert.Empty(_groups[1].Commit(new CommitRequest()).Value.Summary.Changes);
    }

    [Fact]
    public void Rules_for_a_commit_as_a_whole_hold_for_own_ones_too_and_may_wait()
    {
        byte[] commit = _groups[0].Commit(new CommitRequest()).Value.Message;
        _law.Answer = Verdict.NotKnownYet;
        _groups[1].Process(commit).Fails(MlsErrorCode.NotKnownYet, "12.2");
        _groups[1].Commit(new CommitRequest()).Fails(MlsErrorCode.NotKnownYet, "12.2");
        _law.Answer = Verdict.Reject;
        _groups[1].Process(commit).Fails(MlsErrorCode.RefusedByRules, "12.2");
        _groups[1].Commit(new CommitRequest()).Fails(MlsErrorCode.RefusedByRules, "12.2");
        _law.Answer = Verdict.Accept;
        _groups[1].Follow(commit);
    }

    [Fact]
    public void The_summary_of_an_own_commit_is_whole_after_a_restart()
    {
        TestClient dave = new("dave");
        Assert.True(_groups[0].Process(_groups[2].ProposeUpdate(authenticatedData: "why"u8.ToArray()).Value).IsOk);
        PendingCommit commit = _groups[0].Commit(new CommitRequest
        {
            Add = [dave.KeyPackageFor(_alice)],
            Remove = [new LeafIndex(1)],
            AuthenticatedData = "beside"u8.ToArray(),
            ResumptionPsks = [1],
        }).Value;
        CommitSummary read = new MlsClient(_alice.Options, _alice.Identity).FindGroup("g"u8)!.Pending!.Summary;
        CommitSummary made = commit.Summary;
        Assert.Equal(made.Changes.Select(c => (c.Proposal.Type, c.Proposer.Member?.Index, c.IsByReference)),
            read.Changes.Select(c => (c.Proposal.Type, c.Proposer.Member?.Index, c.IsByReference)));
        Assert.Equal(made.AuthenticatedData.ToArray(), read.AuthenticatedData.ToArray());
        Assert.Equal(made.Added.Select(m => m.Index), read.Added.Select(m => m.Index));
        Assert.Equal(made.Removed.Select(m => m.Index), read.Removed.Select(m => m.Index));
        Assert.Equal(made.Updated.Select(m => m.Index), read.Updated.Select(m => m.Index));
        Assert.Equal(made.Psks.Select(p => p.Epoch), read.Psks.Select(p => p.Epoch));
        Assert.Equal((made.Epoch, made.Committer), (read.Epoch, read.Committer));
        Assert.Equal("why"u8.ToArray(), read.Changes.Single(c => c.IsByReference).AuthenticatedData.ToArray());
    }

    [Fact]
    public void Handshakes_are_taken_in_the_formats_that_the_policy_names()
    {
        foreach ((HandshakeFormats accepted, bool encrypted) in
            new[] { (HandshakeFormats.PrivateOnly, false), (HandshakeFormats.PublicOnly, true) })
        {
            TestClient a = new("a", policy: new GroupPolicy { EncryptHandshakes = encrypted });
            TestClient b = new("b", policy: new GroupPolicy { IncomingHandshakes = accepted });
            Group[] g = TestClient.GroupOf("f", a, b);
            g[1].Process(g[0].ProposeUpdate().Value).Fails(MlsErrorCode.WrongWireFormat, "6");
            g[1].Process(g[0].Commit(new CommitRequest()).Value.Message).Fails(MlsErrorCode.WrongWireFormat, "6");
            g[0].DropPending();
        }
    }

    private void ExternalList(params ExternalSender[] senders)
    {
        ExtensionList list = new([ExternalSender.ToExtension(senders)]);
        byte[] commit = _groups[0].Commit(new CommitRequest { Extensions = list }).Value.Message;
        _groups[1].Follow(commit);
        _groups[0].MergePending();
    }

    private sealed class Law : GroupRules
    {
        internal List<ProposedChange> Changes { get; } = [];

        internal List<CommitSummary> Commits { get; } = [];

        internal List<GroupState> Parents { get; } = [];

        internal Type? Forbidden { get; set; }

        internal Verdict Answer { get; set; }

        public override Verdict Judge(ProposedChange change, GroupState state)
        {
            Changes.Add(change);
            return change.Proposal.GetType() == Forbidden ? Verdict.Reject : Verdict.Accept;
        }

        public override Verdict Judge(CommitSummary commit, GroupState parent)
        {
            Commits.Add(commit);
            Parents.Add(parent);
            return Answer;
        }
    }

    private sealed class Waiting : CredentialValidator
    {
        internal Verdict Answer { get; set; }

        internal List<CredentialUse> Asked { get; } = [];

        public override bool IsValid(Credential credential, ReadOnlyMemory<byte> signatureKey, CredentialUse use) =>
            throw new InvalidOperationException("Judge is what is asked.");

        public override Verdict Judge(Credential credential, ReadOnlyMemory<byte> signatureKey, CredentialUse use)
        {
            Asked.Add(use);
            return Answer;
        }
    }
}
