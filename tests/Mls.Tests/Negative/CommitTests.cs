using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Negative;

/// <summary>What a receiver refuses of commits: sections 7, 8.4, 12.2 and 12.4 of RFC 9420.</summary>
public class CommitTests
{
    private readonly TestClient _alice = new("alice", policy: Open);
    private readonly TestClient _bob = new("bob", policy: Open);
    private readonly TestClient _dave = new("dave", policy: Open);
    private readonly Group[] _groups;

    public CommitTests() =>
        _groups = TestClient.GroupOf("g", _alice, _bob, new TestClient("carol", policy: Open),
            new TestClient("eve", policy: Open));

    private static GroupPolicy Open => new() { EncryptHandshakes = false };

    private Group Alice => _groups[0];

    private Group Bob => _groups[1];

    private static RemoveProposal Remove(uint leaf) => new(new LeafIndex(leaf));

    private PreSharedKeyProposal Psk(byte[] nonce) => new(PreSharedKeyId.External(new byte[] { 1 }, nonce));

    private void CommitFails(MlsErrorCode code, string section, params Proposal[] proposals)
    {
        byte[] before = Bob.EpochAuthenticator.ToArray();
        Bob.Process(Forge.Commit(Alice, proposals, Forge.Path(Alice))).Fails(code, section);
        Assert.Equal(before, Bob.EpochAuthenticator.ToArray());
        Assert.Equal("still here", Bob.Process(Alice.Send("still here")).Text());
    }

    [Fact]
    public void An_update_by_the_committer_is_refused_12_2() =>
        CommitFails(MlsErrorCode.InvalidProposalList, "12.2", new UpdateProposal(Forge.Leaf(Alice, null)));

    [Fact]
    public void A_removal_of_the_committer_is_refused_12_2() =>
        CommitFails(MlsErrorCode.InvalidProposalList, "12.2", Remove(0));

    [Fact]
    public void Two_removals_of_one_leaf_are_refused_12_2() =>
        CommitFails(MlsErrorCode.InvalidProposalList, "12.2", Remove(2), Remove(2));

    [Fact]
    public void An_update_and_a_removal_of_one_leaf_are_refused_12_2()
    {
        byte[] update = Forge.Proposal(_groups[2], new UpdateProposal(Forge.Leaf(_groups[2], null)));
        Assert.True(Bob.Process(update).IsOk);
        ProposalOrRef reference = new(null, Bob.Proposals[0].Resolved.Reference);
        Bob.Process(Forge.Commit(Alice, [reference, new ProposalOrRef(Remove(2), default)], Forge.Path(Alice)))
            .Fails(MlsErrorCode.InvalidProposalList, "12.2");
        Bob.Process(Forge.Commit(Alice, [reference, reference], Forge.Path(Alice)))
            .Fails(MlsErrorCode.InvalidProposalList, "12.2");
    }

    [Fact]
    public void One_client_twice_is_refused_12_2_7_3()
    {
        UnverifiedKeyPackage once = Forge.KeyPackage(_dave);
        CommitFails(MlsErrorCode.DuplicateKey, "7.3", new AddProposal(once), new AddProposal(Forge.KeyPackage(_dave)));
        CommitFails(MlsErrorCode.DuplicateKey, "7.3", new AddProposal(once), new AddProposal(once));
        _bob.Validator.SameClient = (a, b) => a.Credential.SameAs(b.Credential);
        MlsIdentity again = MlsIdentity.Generate(TestClient.DefaultSuite, _dave.Identity.Credential);
        TestClient twin = new("twin", identity: again);
        CommitFails(MlsErrorCode.InvalidProposalList, "12.2", new AddProposal(once),
            new AddProposal(Forge.KeyPackage(twin)));
    }

    [Fact]
    public void A_client_that_is_a_member_is_not_added_again_12_2_7_3()
    {
        CommitFails(MlsErrorCode.DuplicateKey, "12.4.2", new AddProposal(Forge.KeyPackage(_bob)));
        MlsIdentity again = MlsIdentity.Generate(TestClient.DefaultSuite, _bob.Identity.Credential);
        TestClient twin = new("twin", identity: again);
        _bob.Validator.SameClient = (a, b) => a.Credential.SameAs(b.Credential);
        CommitFails(MlsErrorCode.InvalidProposalList, "12.2", new AddProposal(Forge.KeyPackage(twin)));
    }

    [Fact]
    public void A_psk_twice_is_refused_12_2() =>
        CommitFails(MlsErrorCode.InvalidProposalList, "12.2", Psk(new byte[32]), Psk(new byte[32]));

    [Fact]
    public void Two_changes_of_the_context_are_refused_12_2() => CommitFails(
        MlsErrorCode.InvalidProposalList, "12.2",
        new GroupContextExtensionsProposal(ExtensionList.Empty),
        new GroupContextExtensionsProposal(ExtensionList.Empty));

    [Fact]
    public void A_reinit_beside_anything_is_refused_12_2() => CommitFails(
        MlsErrorCode.InvalidProposalList, "12.2",
        new ReInitProposal(new byte[] { 1 }, 1, CipherSuite.P256Aes128GcmSha256P256, ExtensionList.Empty), Remove(2));

    [Fact]
    public void An_external_init_of_a_member_is_refused_12_2() =>
        CommitFails(MlsErrorCode.InvalidProposal, "12.1.6", new ExternalInitProposal(new byte[32]));

    [Fact]
    public void An_unknown_reference_is_refused_12_4() =>
        Bob.Process(Forge.Commit(Alice, [new ProposalOrRef(null, new byte[32])], Forge.Path(Alice)))
            .Fails(MlsErrorCode.UnknownProposal, "12.4");

    [Fact]
    public void A_path_that_is_due_may_not_be_missing_12_4()
    {
        Bob.Process(Forge.Commit(Alice, Array.Empty<Proposal>())).Fails(MlsErrorCode.MissingPath, "12.4");
        Bob.Process(Forge.Commit(Alice, [Remove(2)])).Fails(MlsErrorCode.MissingPath, "12.4");
        Bob.Process(Forge.Commit(Alice, [new GroupContextExtensionsProposal(ExtensionList.Empty)]))
            .Fails(MlsErrorCode.MissingPath, "12.4");
        byte[] update = Forge.Proposal(_groups[2], new UpdateProposal(Forge.Leaf(_groups[2], null)));
        Assert.True(Bob.Process(update).IsOk);
        Bob.Process(Forge.Commit(Alice, [new ProposalOrRef(null, Bob.Proposals[0].Resolved.Reference)]))
            .Fails(MlsErrorCode.MissingPath, "12.4");
    }

    [Fact]
    public void A_psk_that_nobody_has_is_refused_8_4()
    {
        Bob.Process(Forge.Commit(Alice, [Psk(new byte[32])])).Fails(MlsErrorCode.UnknownPsk, "8.4");
        PreSharedKeyId gone = PreSharedKeyId.Resumption(ResumptionUsage.Application, Alice.GroupId, 99, new byte[32]);
        Bob.Process(Forge.Commit(Alice, [new PreSharedKeyProposal(gone)])).Fails(MlsErrorCode.UnknownPsk, "8.4");
    }

    [Fact]
    public void A_newcomer_that_lacks_what_the_group_needs_is_refused_7_3_13_4()
    {
        const ushort type = 0xf111;
        Capabilities capable = new() { Extensions = [type] };
        TestClient a = new("a", policy: Open, supported: capable);
        TestClient b = new("b", policy: Open, supported: capable);
        Group first = a.Create("x", new ExtensionList([new Extension(type, default)]));
        first.Commit(new CommitRequest { Add = [_dave.KeyPackageFor(a)] })
            .Fails(MlsErrorCode.UnsupportedCapability, "13.4");
        PendingCommit commit = first.Commit(new CommitRequest { Add = [b.KeyPackageFor(a)] }).Value;
        first.MergePending();
        Group second = b.Join(commit.Welcome!);
        second.Process(Forge.Commit(first, [new AddProposal(Forge.KeyPackage(_dave))]))
            .Fails(MlsErrorCode.UnsupportedCapability, "13.4");
    }

    [Fact]
    public void Required_capabilities_that_a_member_lacks_are_refused_12_1_7()
    {
        ExtensionList needs = new([new RequiredCapabilities { Proposals = [0xf222] }.ToExtension()]);
        CommitFails(MlsErrorCode.UnsupportedCapability, "12.1.7", new GroupContextExtensionsProposal(needs));
        Alice.Commit(new CommitRequest { Extensions = needs }).Fails(MlsErrorCode.UnsupportedCapability, "12.1.7");
        needs = new([new RequiredCapabilities { Credentials = [CredentialType.X509] }.ToExtension()]);
        CommitFails(MlsErrorCode.UnsupportedCapability, "12.1.7", new GroupContextExtensionsProposal(needs));
    }

    [Fact]
    public void A_credential_type_that_a_member_does_not_support_is_refused_7_3()
    {
        TestClient only = new("only", policy: Open, supported: new Capabilities { Credentials = [1] });
        Assert.Equal(CredentialMask.Of(CredentialType.Basic), Alice.Current.Tree.Root.CredentialsSupported);
        RatchetTree mixed = Alice.Current.Tree.WithAdded(Forge.KeyPackage(only, c => c with
        {
            Credential = Credential.X509([new byte[] { 1 }]),
            Capabilities = new Capabilities { CipherSuites = [1], Credentials = [1, 2] },
        }).Leaf, out _);
        Assert.Equal(new MlsError(MlsErrorCode.UnsupportedCapability, "7.3"),
            Mls.Groups.LeafValidator.CheckCredentialTypes(mixed));
    }

    [Fact]
    public void A_path_of_the_wrong_shape_is_refused_7_6()
    {
        UpdatePath path = Forge.Path(Alice);
        BadPath(new UpdatePath(path.Leaf, path.Nodes[..^1]), MlsErrorCode.InvalidPath, "7.6");
        UpdatePathNode last = path.Nodes[^1];
        BadPath(new UpdatePath(path.Leaf, [.. path.Nodes[..^1], new UpdatePathNode(last.EncryptionKey, default, 0)]),
            MlsErrorCode.InvalidPath, "7.6");
        BadPath(new UpdatePath(
            path.Leaf, [.. path.Nodes[..^1],
                new UpdatePathNode(last.EncryptionKey[1..], Ciphertexts(last), last.CiphertextCount)]),
                MlsErrorCode.InvalidPath, "7.6");
    }

    [Fact]
    public void A_leaf_whose_parent_hash_does_not_match_is_refused_7_9_2()
    {
        UpdatePath path = Forge.Path(Alice);
        BadPath(new UpdatePath(Forge.Leaf(Alice, new byte[32]), path.Nodes), MlsErrorCode.InvalidParentHash, "7.9.2");
        BadPath(new UpdatePath(Forge.Leaf(Alice, []), path.Nodes), MlsErrorCode.InvalidParentHash, "7.9.2");
    }

    [Fact]
    public void A_path_leaf_of_another_source_or_signature_is_refused_7_3()
    {
        UpdatePath path = Forge.Path(Alice);
        BadPath(new UpdatePath(Forge.Leaf(Alice, null), path.Nodes), MlsErrorCode.InvalidLeafNode, "7.3");
        BadPath(new UpdatePath(Forge.Leaf(Alice, path.Leaf.ParentHash.ToArray(), index: new LeafIndex(3)), path.Nodes),
            MlsErrorCode.InvalidSignature, "7.3");
    }

    [Fact]
    public void Public_keys_of_a_path_must_be_new_12_4_2()
    {
        UpdatePath path = Forge.Path(Alice);
        LeafNode own = Alice.Current.Tree.Leaf(Alice.Self)!;
        byte[] hash = path.Leaf.ParentHash.ToArray();
        BadPath(new UpdatePath(Forge.Leaf(Alice, hash, encryptionKey: own.EncryptionKey.ToArray()), path.Nodes),
            MlsErrorCode.DuplicateKey, "12.4.2");
        byte[] bobs = Bob.Current.Tree.Leaf(Bob.Self)!.EncryptionKey.ToArray();
        BadPath(new UpdatePath(Forge.Leaf(Alice, hash, encryptionKey: bobs), path.Nodes),
            MlsErrorCode.DuplicateKey, "12.4.2");
        UpdatePathNode first = path.Nodes[0];
        BadPath(new UpdatePath(
            path.Leaf, [new UpdatePathNode(bobs, Ciphertexts(first), first.CiphertextCount), .. path.Nodes[1..]]),
            MlsErrorCode.DuplicateKey, "12.4.2");
    }

    [Fact]
    public void A_changed_credential_must_be_a_valid_successor_5_3_1()
    {
        UpdatePath path = Forge.Path(Alice);
        BadPath(new UpdatePath(Forge.Leaf(Alice, path.Leaf.ParentHash.ToArray(), identity: _dave.Identity), path.Nodes),
            MlsErrorCode.InvalidCredential, "5.3.1");
    }

    [Fact]
    public void A_path_secret_that_does_not_decrypt_or_does_not_match_is_refused_7_5()
    {
        UpdatePath path = Forge.Path(Alice);
        BadPath(path, MlsErrorCode.InvalidConfirmationTag, "12.4.2");
        UpdatePathNode[] swapped = [.. path.Nodes];
        byte[] ciphertexts = Ciphertexts(swapped[0]);
        ciphertexts[^1] ^= 1;
        swapped[0] = new UpdatePathNode(swapped[0].EncryptionKey, ciphertexts, swapped[0].CiphertextCount);
        BadPath(new UpdatePath(path.Leaf, swapped), MlsErrorCode.DecryptionFailed, "7.5");

        // Another key at the root, its parent hash right: only the derivation gives it away.
        UpdatePathNode root = path.Nodes[^1];
        ReadOnlyMemory<byte>[] keys = [.. path.Nodes.Select(n => n.EncryptionKey)];
        keys[^1] = Alice.Current.Suite.Kem.Generate(RandomSource.System).PublicKey;
        Alice.Current.Tree.PathNodes(Alice.Current.Tree.FilteredPath(Alice.Self), keys, out byte[] hash);
        UpdatePathNode[] nodes =
            [.. path.Nodes[..^1], new UpdatePathNode(keys[^1], Ciphertexts(root), root.CiphertextCount)];
        MlsResult<Outcome> result =
            Bob.Process(Forge.Commit(Alice, Array.Empty<Proposal>(), new UpdatePath(Forge.Leaf(Alice, hash), nodes)));
        Assert.False(result.IsOk);
        Assert.Contains(result.Error.Code, new[] { MlsErrorCode.InvalidPath, MlsErrorCode.DecryptionFailed });
    }

    private void BadPath(UpdatePath path, MlsErrorCode code, string section) =>
        Bob.Process(Forge.Commit(Alice, Array.Empty<Proposal>(), path)).Fails(code, section);

    private static byte[] Ciphertexts(UpdatePathNode node)
    {
        using Codec.MlsWriter writer = new();
        for (int i = 0; i < node.CiphertextCount; i++)
            node.Ciphertext(i).Write(writer);
        return writer.ToArray();
    }
}
