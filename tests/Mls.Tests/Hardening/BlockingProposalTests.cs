using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Groups;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Mls.Tests.Hardening;

/// <summary>What one member proposes must not keep the others from committing and from talking.</summary>
public class BlockingProposalTests
{
    private static readonly GroupPolicy Open = new() { EncryptHandshakes = false };

    private readonly TestClient _alice = new("alice", policy: Open);
    private readonly TestClient _bob = new("bob", policy: Open);
    private readonly TestClient _carol = new("carol", policy: Open);
    private readonly Group[] _groups;

    public BlockingProposalTests() => _groups = TestClient.GroupOf("g", _alice, _bob, _carol);

    [Fact]
    public void A_psk_that_this_member_lacks_is_left_out_of_its_commit_and_blocks_no_data()
    {
        Deliver(_groups[2].ProposeExternalPsk(new byte[] { 0x99 }).Value);
        Deliver(_groups[2].ProposeResumptionPsk(77).Value);
        CommitsAndTalks();
    }

    [Fact]
    public void A_client_that_is_a_member_already_is_left_out_of_a_commit()
    {
        Deliver(_groups[2].ProposeAdd(_alice.KeyPackageFor(_carol)).Value);
        CommitsAndTalks();
    }

    [Fact]
    public void A_newcomer_that_cannot_read_the_members_credentials_is_left_out_of_a_commit()
    {
        TestClient dave = new("dave");
        UnverifiedKeyPackage x509Only = Forge.KeyPackage(dave, c => c with
        {
            Capabilities = new Capabilities { CipherSuites = [1], Credentials = [CredentialType.Basic] },
            Extensions = ExtensionList.Empty,
        });
        Deliver(Forge.Proposal(_groups[2], new AddProposal(x509Only)));
        PendingCommit fine = _groups[1].Commit(new CommitRequest()).Value;
        Assert.Single(fine.Summary.Added);
        _groups[1].DropPending();

        // Its key package is sound; that the group holds others than it can read shows only beside the tree.
        const CipherSuite p256 = CipherSuite.P256Aes128GcmSha256P256;
        TestClient c = new("c", p256, Open);
        Group[] g = TestClient.GroupOf("i", new TestClient("a", p256, Open), new TestClient("b", p256, Open), c);
        TestClient erin = new(
            "e", p256, supported: new Capabilities { Credentials = [CredentialType.X509] },
            identity: CredentialTests.WithCertificate("e", true));
        Assert.True(g[1].Process(g[2].ProposeAdd(erin.KeyPackageFor(c)).Value).IsOk);
        Assert.Empty(g[1].Commit(new CommitRequest()).Value.Summary.Added);
    }

    [Fact]
    public void A_key_package_that_expired_while_it_waited_is_left_out_of_a_commit()
    {
        Deliver(_groups[2].ProposeAdd(new TestClient("dave").KeyPackageFor(_carol)).Value);
        _bob.Time.Now += TimeSpan.FromDays(60);
        CommitsAndTalks();
    }

    [Fact]
    public void A_change_of_the_context_that_does_not_fit_does_not_hide_one_that_does()
    {
        ExtensionList good = new([new RequiredCapabilities { Credentials = [CredentialType.Basic] }.ToExtension()]);
        Deliver(_groups[0].ProposeExtensions(good).Value);
        ExtensionList bad = new([new RequiredCapabilities { Proposals = [0xf222] }.ToExtension()]);
        byte[] message = Forge.Proposal(_groups[2], new GroupContextExtensionsProposal(bad));
        Assert.True(_groups[1].Process(message).IsOk);
        Assert.NotNull(_groups[1].Commit(new CommitRequest()).Value.Summary.Extensions);
    }

    [Fact]
    public void Good_proposals_among_bad_ones_are_committed()
    {
        TestClient dave = new("dave");
        Deliver(_groups[2].ProposeExternalPsk(new byte[] { 1 }).Value);
        Deliver(_groups[0].ProposeUpdate().Value);
        for (byte i = 2; i < 20; i++)
            Deliver(_groups[2].ProposeExternalPsk(new byte[] { i }).Value);
        Deliver(_groups[0].ProposeAdd(dave.KeyPackageFor(_alice)).Value);
        Deliver(_groups[2].ProposeAdd(_alice.KeyPackageFor(_carol)).Value);
        PendingCommit commit = _groups[1].Commit(new CommitRequest()).Value;
        Assert.Equal("dave"u8.ToArray(), Assert.Single(commit.Summary.Added).Credential.Identity.ToArray());
        Assert.Equal(2, commit.Summary.Updated.Count);
        Assert.Empty(commit.Summary.Psks);
        _groups[0].Follow(commit.Message);
        _groups[1].MergePending();
        GroupTests.AssertAgreed(_groups[0], _groups[1]);
    }

    [Fact]
    public void A_proposal_that_can_be_committed_still_blocks_data_12_4()
    {
        Deliver(_groups[2].ProposeUpdate().Value);
        _groups[1].Encrypt("x"u8).Fails(MlsErrorCode.Conflict, "12.4");
        _groups[2].Encrypt("x"u8).Fails(MlsErrorCode.Conflict, "12.4");
    }

    [Fact]
    public void One_sender_fills_its_own_room_and_nobody_elses()
    {
        GroupPolicy policy = Open with { MaxProposals = 12, MaxProposalsPerSender = 8, MaxProposalBytes = 4096 };
        TestClient a = new("a", policy: policy), b = new("b", policy: policy), c = new("c", policy: policy);
        Group[] g = TestClient.GroupOf("n", a, b, c);
        for (byte i = 0; i < 8; i++)
            Assert.True(g[1].Process(Psk(g[2], i)).IsOk);
        g[1].Process(Psk(g[2], 8)).Fails(MlsErrorCode.LimitExceeded, "12.1");
        Assert.True(g[1].Process(g[0].ProposeUpdate().Value).IsOk);
        g[1].Process(Forge.Proposal(
            g[0], new PreSharedKeyProposal(PreSharedKeyId.External(new byte[4096], new byte[32]))))
            .Fails(MlsErrorCode.LimitExceeded, "12.1");
        Assert.Equal(9, g[1].PendingProposals.Count);
    }

    private static byte[] Psk(Group from, byte id) =>
        Forge.Proposal(from, new PreSharedKeyProposal(PreSharedKeyId.External(new[] { id }, new byte[32])));

    private void Deliver(byte[] proposal)
    {
        foreach (Group group in _groups)
        {
            MlsResult<Outcome> result = group.Process(proposal);
            Assert.True(result.IsOk || result.Error.Code == MlsErrorCode.OwnMessage, result.Error.ToString());
        }
    }

    private void CommitsAndTalks()
    {
        Assert.True(_groups[1].Encrypt("x"u8).IsOk);
        PendingCommit commit = _groups[1].Commit(new CommitRequest()).Value;
        Assert.Empty(commit.Summary.Added);
        Assert.Empty(commit.Summary.Psks);
        _groups[0].Follow(commit.Message);
        _groups[1].MergePending();
        Assert.Equal("after", _groups[0].Process(_groups[1].Send("after")).Text());
    }
}
