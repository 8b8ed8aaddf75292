using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Negative;

/// <summary>
/// What a receiver refuses of key packages, leaves and proposals: sections 5, 7, 10, 12.1 and 13 of RFC 9420.
/// </summary>
public class ProposalTests
{
    private readonly TestClient _alice = new("alice", policy: Open);
    private readonly TestClient _bob = new("bob", policy: Open);
    private readonly TestClient _dave = new("dave", policy: Open);
    private readonly Group[] _groups;

    public ProposalTests() => _groups = TestClient.GroupOf("g", _alice, _bob, new TestClient("carol", policy: Open));

    private static GroupPolicy Open => new() { EncryptHandshakes = false };

    private Group Alice => _groups[0];

    private Group Bob => _groups[1];

    private void AddFails(UnverifiedKeyPackage keyPackage, MlsErrorCode code, string section) =>
        Bob.Process(Forge.Proposal(Alice, new AddProposal(keyPackage))).Fails(code, section);

    private void UpdateFails(LeafNode leaf, MlsErrorCode code, string section) =>
        Bob.Process(Forge.Proposal(Alice, new UpdateProposal(leaf))).Fails(code, section);

    [Fact]
    public void A_key_package_of_another_suite_is_refused_10_1() =>
        AddFails(Forge.KeyPackage(_dave, suite: CipherSuite.X25519ChaCha20Poly1305Sha256Ed25519),
            MlsErrorCode.UnsupportedCipherSuite, "10.1");

    [Fact]
    public void An_init_key_that_is_the_leaf_key_is_refused_10_1() =>
        AddFails(Forge.KeyPackage(_dave, initIsLeafKey: true), MlsErrorCode.InvalidKeyPackage, "10.1");

    [Fact]
    public void A_key_package_with_a_bad_signature_is_refused_10_1()
    {
        byte[] message = Forge.KeyPackage(_dave).ToMessage();
        message[^1] ^= 1;
        AddFails(UnverifiedKeyPackage.Parse(message).Value, MlsErrorCode.InvalidSignature, "10.1");
        _alice.Client.Verify(UnverifiedKeyPackage.Parse(message).Value).Fails(MlsErrorCode.InvalidSignature, "10.1");
    }

    [Fact]
    public void A_leaf_signed_by_another_key_is_refused_7_3()
    {
        LeafNode leaf = Forge.KeyPackage(_dave).Leaf;
        byte[] changed = leaf.Encoded.ToArray();
        changed[5] ^= 1;
        Codec.MlsReader reader = new(changed);
        Assert.True(LeafNode.TryRead(ref reader, out LeafNode bad));
        AddFails(Forge.KeyPackage(_dave, leaf: bad), MlsErrorCode.InvalidSignature, "7.3");
    }

    [Fact]
    public void A_leaf_that_is_not_from_a_key_package_is_no_key_package_7_3() =>
        AddFails(Forge.KeyPackage(_dave, leaf: Forge.Leaf(Alice, null, identity: _dave.Identity)),
            MlsErrorCode.InvalidLeafNode, "7.3");

    [Fact]
    public void Lifetimes_are_kept_7_2()
    {
        ulong now = (ulong)_dave.Time.Now.ToUnixTimeSeconds();
        AddFails(Forge.KeyPackage(_dave, notBefore: now, notAfter: now + 100_000_000),
            MlsErrorCode.InvalidLifetime, "7.2");
        AddFails(Forge.KeyPackage(_dave, notBefore: 0, notAfter: ulong.MaxValue), MlsErrorCode.InvalidLifetime, "7.2");
        AddFails(Forge.KeyPackage(_dave, notBefore: now, notAfter: now - 1), MlsErrorCode.InvalidLifetime, "7.2");
    }

    [Fact]
    public void Lifetimes_that_do_not_hold_now_are_refused_on_receipt_only_where_that_is_wanted_7_3()
    {
        ulong now = (ulong)_dave.Time.Now.ToUnixTimeSeconds();
        UnverifiedKeyPackage over = Forge.KeyPackage(_dave, notBefore: now - 100_000, notAfter: now - 10_000);
        UnverifiedKeyPackage early =
            Forge.KeyPackage(new TestClient("erin"), notBefore: now + 10_000, notAfter: now + 20_000);
        foreach (UnverifiedKeyPackage keyPackage in new[] { over, early })
        {
            _alice.Client.Verify(keyPackage).Fails(MlsErrorCode.InvalidLifetime, "7.2");
            Assert.True(Bob.Process(Forge.Proposal(Alice, new AddProposal(keyPackage))).IsOk);
        }
        GroupPolicy strict = Open with { CheckReceivedLifetimes = true };
        Group[] g = TestClient.GroupOf("s", new TestClient("a", policy: strict), new TestClient("b", policy: strict));
        foreach (UnverifiedKeyPackage keyPackage in new[] { over, early })
            g[1].Process(Forge.Proposal(g[0], new AddProposal(keyPackage))).Fails(MlsErrorCode.InvalidLifetime, "7.2");
    }

    [Fact]
    public void A_key_package_that_expired_since_it_was_verified_is_not_sent_7_3()
    {
        KeyPackage keyPackage = _dave.KeyPackageFor(_alice);
        _alice.Time.Now += TimeSpan.FromDays(60);
        Alice.Commit(new CommitRequest { Add = [keyPackage] }).Fails(MlsErrorCode.InvalidLifetime, "7.3");
        Alice.ProposeAdd(keyPackage).Fails(MlsErrorCode.InvalidLifetime, "7.3");
    }

    [Fact]
    public void Capabilities_must_name_what_the_leaf_uses_7_2_7_3()
    {
        AddFails(Forge.KeyPackage(_dave, c => c with { Capabilities = new Capabilities { CipherSuites = [3] } }),
            MlsErrorCode.UnsupportedCapability, "7.2");
        AddFails(Forge.KeyPackage(_dave, c => c with
        { Capabilities = new Capabilities { CipherSuites = [1], Credentials = [2] } }),
            MlsErrorCode.UnsupportedCapability, "7.2");
        AddFails(Forge.KeyPackage(_dave, c => c with
        { Capabilities = new Capabilities { CipherSuites = [1], Versions = [2] } }),
            MlsErrorCode.UnsupportedCapability, "7.2");
        ExtensionList unknown = new([new Extension(0xf123, default)]);
        AddFails(Forge.KeyPackage(_dave, c => c with { Extensions = unknown }),
            MlsErrorCode.UnsupportedCapability, "7.3");
    }

    [Fact]
    public void Keys_of_the_wrong_size_are_refused_7_3() =>
        AddFails(Forge.KeyPackage(_dave, c => c with { EncryptionKey = new byte[31] }),
            MlsErrorCode.InvalidLeafNode, "7.3");

    [Fact]
    public void A_credential_that_the_application_rejects_is_refused_5_3_1()
    {
        _bob.Validator.Valid = (_, _) => false;
        AddFails(Forge.KeyPackage(_dave), MlsErrorCode.InvalidCredential, "5.3.1");
    }

    [Fact]
    public void An_x509_credential_for_another_key_or_none_is_refused_5_3()
    {
        Capabilities both = new() { CipherSuites = [1], Credentials = [1, 2] };
        AddFails(Forge.KeyPackage(_dave, c => c with { Credential = Credential.X509([]), Capabilities = both }),
            MlsErrorCode.InvalidCredential, "5.3");
        AddFails(Forge.KeyPackage(_dave, c => c with
        { Credential = Credential.X509([new byte[] { 1, 2 }]), Capabilities = both }),
            MlsErrorCode.InvalidCredential, "5.3");
    }

    [Fact]
    public void An_update_must_change_the_key_and_fit_its_place_7_3_12_1_2()
    {
        LeafNode current = Alice.Current.Tree.Leaf(Alice.Self)!;
        UpdateFails(Forge.Leaf(Alice, null, encryptionKey: current.EncryptionKey.ToArray()),
            MlsErrorCode.DuplicateKey, "12.1.2");
        UpdateFails(Forge.Leaf(Alice, new byte[32]), MlsErrorCode.InvalidLeafNode, "7.3");
        UpdateFails(Forge.Leaf(Alice, null, index: new LeafIndex(1)), MlsErrorCode.InvalidSignature, "7.3");
        UpdateFails(Forge.Leaf(Alice, null, groupId: [9]), MlsErrorCode.InvalidSignature, "7.3");
        UpdateFails(Forge.Leaf(Alice, null, identity: _dave.Identity), MlsErrorCode.InvalidCredential, "5.3.1");
    }

    [Fact]
    public void A_remove_of_nobody_is_refused_12_1_3()
    {
        Bob.Process(Forge.Proposal(Alice, new RemoveProposal(new LeafIndex(3))))
            .Fails(MlsErrorCode.InvalidProposal, "12.1.3");
        Bob.Process(Forge.Proposal(Alice, new RemoveProposal(new LeafIndex(4_000_000_000))))
            .Fails(MlsErrorCode.InvalidProposal, "12.1.3");
    }

    [Fact]
    public void A_psk_for_reinit_or_branch_or_with_a_short_nonce_is_refused_12_1_4()
    {
        foreach (ResumptionUsage usage in new[] { ResumptionUsage.ReInit, ResumptionUsage.Branch })
        {
            PreSharedKeyId id = PreSharedKeyId.Resumption(usage, Alice.GroupId, 1, new byte[32]);
            Bob.Process(Forge.Proposal(Alice, new PreSharedKeyProposal(id))).Fails(MlsErrorCode.InvalidPsk, "12.1.4");
        }
        Bob.Process(Forge.Proposal(Alice, new PreSharedKeyProposal(PreSharedKeyId.External(default, new byte[31]))))
            .Fails(MlsErrorCode.InvalidPsk, "12.1.4");
    }

    [Fact]
    public void A_reinit_to_an_older_version_is_refused_12_1_5() =>
        Bob.Process(Forge.Proposal(
            Alice, new ReInitProposal(new byte[] { 1 }, 0, CipherSuite.P256Aes128GcmSha256P256, ExtensionList.Empty)))
            .Fails(MlsErrorCode.InvalidProposal, "12.1.5");

    [Fact]
    public void An_external_init_of_a_member_is_refused_12_1_6() =>
        Bob.Process(Forge.Proposal(Alice, new ExternalInitProposal(new byte[32])))
            .Fails(MlsErrorCode.InvalidProposal, "12.1.6");

    [Fact]
    public void Malformed_group_extensions_are_refused_11_1_12_1_8_1()
    {
        ExtensionList required = new([new Extension(ExtensionType.RequiredCapabilities, new byte[] { 1 })]);
        Bob.Process(Forge.Proposal(Alice, new GroupContextExtensionsProposal(required)))
            .Fails(MlsErrorCode.InvalidExtension, "11.1");
        ExtensionList senders = new([new Extension(ExtensionType.ExternalSenders, new byte[] { 2, 0 })]);
        Bob.Process(Forge.Proposal(Alice, new GroupContextExtensionsProposal(senders)))
            .Fails(MlsErrorCode.InvalidExtension, "12.1.8.1");
        _bob.Validator.Valid = (_, use) => use != CredentialUse.ExternalSender;
        senders = new([ExternalSender.ToExtension(
            [new ExternalSender(_dave.Identity.PublicKey, _dave.Identity.Credential)])]);
        Bob.Process(Forge.Proposal(Alice, new GroupContextExtensionsProposal(senders)))
            .Fails(MlsErrorCode.InvalidCredential, "5.3.1");
    }

    [Fact]
    public void Only_named_external_senders_may_propose_and_only_some_things_12_1_8()
    {
        ExternalProposal outside = new(Alice.GroupId, Alice.Epoch, 0, _dave.Identity);
        Bob.Process(outside.Remove(new LeafIndex(2))).Fails(MlsErrorCode.InvalidSender, "12.1.8.1");
        ExtensionList senders =
            new([ExternalSender.ToExtension(
                [new ExternalSender(_dave.Identity.PublicKey, _dave.Identity.Credential)])]);
        Bob.Follow(Alice.Commit(new CommitRequest { Extensions = senders }).Value.Message);
        Alice.MergePending();

        outside = new(Alice.GroupId, Alice.Epoch, 1, _dave.Identity);
        Bob.Process(outside.Remove(new LeafIndex(2))).Fails(MlsErrorCode.InvalidSender, "12.1.8.1");
        outside = new(Alice.GroupId, Alice.Epoch, 0, _alice.Identity);
        Bob.Process(outside.Remove(new LeafIndex(2))).Fails(MlsErrorCode.InvalidSignature, "6.1");
        outside = new(Alice.GroupId, Alice.Epoch, 0, _dave.Identity);
        Bob.Process(outside.Send(new UpdateProposal(Forge.Leaf(Alice, null))))
            .Fails(MlsErrorCode.InvalidSender, "12.1.8");
        Bob.Process(outside.Send(new ExternalInitProposal(new byte[32]))).Fails(MlsErrorCode.InvalidSender, "12.1.8");
        Assert.True(Bob.Process(outside.Remove(new LeafIndex(2))).IsOk);
    }

    [Fact]
    public void A_client_that_proposes_itself_needs_leave_12_1_8()
    {
        KeyPackage keyPackage = _dave.KeyPackage();
        byte[] message = ExternalProposal.AddMyself(Bob.GroupId, Bob.Epoch, keyPackage, _dave.Identity);
        _bob.Validator.AllowSelfProposed = false;
        Bob.Process(message).Fails(MlsErrorCode.InvalidCredential, "12.1.8");
        _bob.Validator.AllowSelfProposed = true;
        Assert.True(Bob.Process(message).IsOk);
    }

    [Fact]
    public void An_extension_twice_is_malformed_13_4()
    {
        byte[] twice = [12, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0, 1, 0];
        Codec.MlsReader reader = new(twice);
        Assert.False(ExtensionList.TryRead(ref reader, out _));
        Assert.Throws<ArgumentException>(
            () => new ExtensionList([new Extension(1, default), new Extension(1, default)]));
    }

    [Fact]
    public void A_proposal_of_an_unknown_type_is_malformed_12_1()
    {
        Codec.MlsReader reader = new(new byte[] { 0x0a, 0x0a, 0, 0 });
        Assert.False(Proposal.TryRead(ref reader, out _));
    }

    [Fact]
    public void No_data_is_sent_while_a_proposal_waits_12_4()
    {
        Bob.Process(Alice.ProposeRemove(new LeafIndex(2)).Value);
        Bob.Encrypt("x"u8).Fails(MlsErrorCode.Conflict, "12.4");
    }
}
