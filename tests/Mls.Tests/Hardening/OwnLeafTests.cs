using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Groups;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Mls.Tests.Hardening;

/// <summary>
/// What all others would refuse does not leave: the own leaf is checked like anybody's (RFC 9420, section 7.5).
/// </summary>
public class OwnLeafTests
{
    private static readonly ExtensionList Unlisted = new([new Extension(0xf0f0, default)]);

    private readonly TestClient _alice = new("alice");
    private readonly TestClient _bob = new("bob");
    private readonly Group[] _groups;

    public OwnLeafTests() => _groups = TestClient.GroupOf("g", _alice, _bob);

    [Fact]
    public void A_leaf_extension_that_the_client_does_not_support_fails_the_commit_and_the_update()
    {
        _groups[0].Commit(new CommitRequest { LeafExtensions = Unlisted })
            .Fails(MlsErrorCode.UnsupportedCapability, "7.3");
        _groups[0].ProposeUpdate(leafExtensions: Unlisted).Fails(MlsErrorCode.UnsupportedCapability, "7.3");
        StillWorks();
    }

    [Fact]
    public void A_new_identity_of_another_suite_fails_the_commit_and_the_update()
    {
        MlsIdentity other = MlsIdentity.Generate(CipherSuite.P256Aes128GcmSha256P256, _alice.Identity.Credential);
        _groups[0].Commit(new CommitRequest { NewIdentity = other })
            .Fails(MlsErrorCode.UnsupportedCipherSuite, "12.4.1");
        _groups[0].ProposeUpdate(other).Fails(MlsErrorCode.UnsupportedCipherSuite, "12.1.2");
        StillWorks();
    }

    [Fact]
    public void A_new_identity_that_is_no_valid_successor_fails_the_commit_and_the_update()
    {
        MlsIdentity stranger = MlsIdentity.Generate(TestClient.DefaultSuite, Credential.Basic("stranger"u8));
        _groups[0].Commit(new CommitRequest { NewIdentity = stranger }).Fails(MlsErrorCode.InvalidCredential, "5.3.1");
        _groups[0].ProposeUpdate(stranger).Fails(MlsErrorCode.InvalidCredential, "5.3.1");
        StillWorks();
    }

    [Fact]
    public void A_new_identity_with_a_key_that_another_member_has_fails_the_commit()
    {
        _alice.Validator.Successor = (_, _) => true;
        _groups[0].Commit(new CommitRequest { NewIdentity = _bob.Identity }).Fails(MlsErrorCode.DuplicateKey, "7.3");
        StillWorks();
    }

    [Fact]
    public void A_certificate_for_another_key_fails_the_group_and_the_commit()
    {
        const CipherSuite p256 = CipherSuite.P256Aes128GcmSha256P256;
        Capabilities both = new() { Credentials = [CredentialType.Basic, CredentialType.X509] };
        TestClient wrong =
            new("w", p256, supported: both, identity: CredentialTests.WithCertificate("w", matching: false));
        wrong.Client.CreateGroup(wrong.Identity, "x"u8).Fails(MlsErrorCode.InvalidCredential, "5.3");
    }

    [Fact]
    public void Grease_that_was_switched_off_does_not_make_a_member_mute()
    {
        TestClient bob = new("bob");
        TestClient alice = new("alice", policy: new GroupPolicy { Grease = true });
        Group[] g = TestClient.GroupOf("g", alice, bob);
        TestClient again =
            new("alice", store: alice.Store, identity: alice.Identity, random: new SeededRandom(99).Fill);
        Group reopened = again.Client.FindGroup("g"u8)!;
        Assert.True(g[1].Process(reopened.ProposeUpdate().Value).IsOk);
        PendingCommit commit = reopened.Commit(new CommitRequest()).Value;
        g[1].Follow(commit.Message);
        reopened.MergePending();
        GroupTests.AssertAgreed(reopened, g[1]);
        Assert.DoesNotContain(reopened.Members[0].Leaf.Extensions, e => Protocol.IsGrease(e.Type));
    }

    [Fact]
    public void A_creator_and_an_owner_of_a_key_package_make_no_leaf_that_all_refuse()
    {
        _alice.Client.CreateGroup(_alice.Identity, "new"u8, null, Unlisted)
            .Fails(MlsErrorCode.UnsupportedCapability, "7.3");
        Assert.Null(_alice.Client.FindGroup("new"u8));
        Assert.Throws<ArgumentException>(
            () => _bob.Client.CreateKeyPackage(_bob.Identity, TimeSpan.FromDays(1), leafExtensions: Unlisted));
        Assert.ThrowsAny<ArgumentException>(() => _bob.Client.CreateKeyPackage(_bob.Identity, TimeSpan.FromDays(-1)));
        Assert.Throws<ArgumentException>(() => _bob.Client.CreateKeyPackage(_bob.Identity, TimeSpan.FromDays(4000)));
        Assert.Empty(_bob.Client.KeyPackages());
    }

    [Fact]
    public void A_member_that_no_longer_supports_what_the_group_needs_does_not_commit_into_the_void()
    {
        Capabilities capable = new() { Extensions = [0xf111] };
        TestClient a = new("a", supported: capable), b = new("b", supported: capable);
        Group first = a.Create("x", new ExtensionList([new Extension(0xf111, default)]));
        byte[] welcome = first.Commit(new CommitRequest { Add = [b.KeyPackageFor(a)] }).Value.Welcome!;
        first.MergePending();
        Group second = b.Join(welcome);
        TestClient poorer = new("b", store: b.Store, identity: b.Identity, random: new SeededRandom(5).Fill);
        Group reopened = poorer.Client.FindGroup("x"u8)!;
        reopened.Commit(new CommitRequest()).Fails(MlsErrorCode.UnsupportedCapability, "13.4");
        reopened.ProposeUpdate().Fails(MlsErrorCode.UnsupportedCapability, "13.4");
        GroupTests.AssertAgreed(first, second);
    }

    [Fact]
    public void Capabilities_list_neither_what_goes_without_saying_nor_what_cannot_be_read_7_2_13_4()
    {
        TestClient client = new("c", supported: new Capabilities
        {
            Extensions = [1, 3, 0xf111],
            Proposals = [1, 7, ProposalType.SelfRemove, 0xf001],
            Credentials = [1, 3],
        });
        Capabilities listed = client.KeyPackage().Content.Leaf.Capabilities;
        Assert.Equal([0xf111], listed.Extensions);
        Assert.Equal([ProposalType.SelfRemove], listed.Proposals);
        Assert.Equal([CredentialType.Basic], listed.Credentials);
    }

    [Fact]
    public void A_group_of_members_whose_keys_are_kept_elsewhere_works_and_a_bad_signature_does_not_leave()
    {
        bool wrong = false;
        byte[] seed = _alice.Identity.ExportPrivateKey();
        byte[] publicKey = new byte[32], secretKey = new byte[64];
        Ed25519.KeyPairFromSeed(seed, publicKey, secretKey);
        int Sign(ReadOnlySpan<byte> message, Span<byte> signature)
        {
            Ed25519.Sign(message, secretKey, signature);
            signature[5] ^= wrong ? (byte)1 : (byte)0;
            return 64;
        }
        MlsIdentity outside =
            MlsIdentity.WithSigner(TestClient.DefaultSuite, publicKey, _alice.Identity.Credential, Sign);
        Assert.Throws<InvalidOperationException>(outside.ExportPrivateKey);
        TestClient carol = new("carol", identity: outside);
        TestClient dave = new("dave");
        Group[] g = TestClient.GroupOf("k", carol, dave);
        Assert.Equal("x", g[1].Process(g[0].Send("x")).Text());
        g[1].Follow(g[0].Commit(new CommitRequest()).Value.Message);
        g[0].MergePending();
        GroupTests.AssertAgreed(g);

        wrong = true;
        g[0].Encrypt("x"u8).Fails(MlsErrorCode.InvalidSignature, "6.1");
        g[0].ProposeRemove(new Tree.LeafIndex(1)).Fails(MlsErrorCode.InvalidSignature, "6.1");
        Assert.False(g[0].Commit(new CommitRequest()).IsOk);
        Assert.False(g[0].ProposeUpdate().IsOk);
        Assert.False(carol.Client.CreateGroup(outside, "n"u8).IsOk);
        Assert.Throws<ArgumentException>(() => carol.KeyPackage());
        wrong = false;
        Assert.Equal("y", g[1].Process(g[0].Send("y")).Text());
    }

    [Theory]
    [InlineData(CipherSuite.X25519Aes128GcmSha256Ed25519)]
    [InlineData(CipherSuite.P256Aes128GcmSha256P256)]
    [InlineData(CipherSuite.P521Aes256GcmSha512P521)]
    [InlineData(CipherSuite.P384Aes256GcmSha384P384)]
    public void An_identity_that_was_made_here_can_be_taken_to_the_next_start(CipherSuite suite)
    {
        MemoryGroupStore store = new();
        TestClient alice = new("alice", suite, store: store);
        alice.Create("g");
        byte[] key = alice.Identity.ExportPrivateKey();
        MlsIdentity again = MlsIdentity.Import(suite, key, alice.Identity.Credential);
        Assert.Equal(alice.Identity.PublicKey.ToArray(), again.PublicKey.ToArray());
        Assert.NotNull(new MlsClient(alice.Options, again).FindGroup("g"u8));
    }

    private void StillWorks()
    {
        _groups[1].Follow(_groups[0].Commit(new CommitRequest()).Value.Message);
        _groups[0].MergePending();
        GroupTests.AssertAgreed(_groups);
    }
}
