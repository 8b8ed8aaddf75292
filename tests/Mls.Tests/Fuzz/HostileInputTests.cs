using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Groups;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Fuzz;

/// <summary>
/// Input of somebody who has keys: mutated inside, then signed, tagged and encrypted as it should be. It never throws,
/// and what is refused leaves no trace in the store.
/// </summary>
public class HostileInputTests
{
    private static readonly GroupPolicy Open = new() { EncryptHandshakes = false };

    private CipherSuite _suite;
    private TestClient[] _clients = [];
    private Group[] _groups = [];

    public static TheoryData<CipherSuite> Suites =>
    [
        CipherSuite.X25519Aes128GcmSha256Ed25519, CipherSuite.P256Aes128GcmSha256P256,
        CipherSuite.P521Aes256GcmSha512P521,
    ];

    // The framework's curves are slow; the first suite gets the numbers.
    private int Rounds(int many) => _suite == TestClient.DefaultSuite ? many : many / 8;

    private void Start(CipherSuite suite)
    {
        _suite = suite;
        Capabilities capable = new() { Proposals = [ProposalType.SelfRemove] };
        _clients = [.. Enumerable.Range(0, 5).Select(i => new TestClient($"c{i}", suite, Open, supported: capable))];
        foreach (TestClient client in _clients)
            client.Validator.External = true;
        _groups = TestClient.GroupOf("g", _clients);

        // A tree with parents, unmerged leaves and a blank.
        for (int i = 0; i < 2; i++)
            Advance(new CommitRequest());
        Advance(new CommitRequest
        {
            Remove = [new LeafIndex(4)],
            Add = [new TestClient("late", suite, Open, supported: capable).KeyPackageFor(_clients[0])]
        });
    }

    private Group Alice => _groups[0];

    private Group Bob => _groups[1];

    [Theory, MemberData(nameof(Suites))]
    public void Signed_commits_with_any_content_never_throw_and_leave_no_trace(CipherSuite suite)
    {
        Start(suite);
        Random random = new(1);
        byte[] update = Forge.Proposal(_groups[2], new UpdateProposal(Forge.Leaf(_groups[2], null)));
        Assert.True(Bob.Process(update).IsOk);
        byte[] good = Alice.Commit(new CommitRequest()).Value.Message;
        byte[][] seeds = [.. Seeds()];
        int refused = 0;
        for (int i = 0; i < Rounds(4000); i++)
        {
            byte[] content = Mutate(random, seeds[random.Next(seeds.Length)]);
            MlsReader reader = new(content);
            if (!FramedContent.TryRead(ref reader, out FramedContent framed) || !reader.AtEnd)
                continue;
            MlsIdentity signer = framed.Sender.Type == SenderType.NewMemberCommit ? _clients[3].Identity
                : Alice.Identity;
            byte[] message = i % 3 == 0 && framed.Sender == new Sender(SenderType.Member, Alice.Self.Value)
                ? Encrypted(framed)
                : Forge.Public(Alice, framed, new byte[Alice.Current.Suite.HashSize], signer);
            refused += Refused(Bob, message) ? 1 : 0;
        }
        Assert.True(refused > Rounds(1000), $"{refused} refusals prove little.");
        Bob.Follow(good);
        Alice.MergePending();
        GroupTests.AssertAgreed(Alice, Bob);
    }

    [Theory, MemberData(nameof(Suites))]
    public void Signed_proposals_with_any_content_never_throw_and_nobody_is_kept_from_committing(CipherSuite suite)
    {
        Start(suite);
        Random random = new(2);
        TestClient dave = new("dave", suite, Open);
        Proposal[] seeds =
        [
            new AddProposal(Forge.KeyPackage(dave)), new UpdateProposal(Forge.Leaf(_groups[2], null)),
            new RemoveProposal(new LeafIndex(1)), SelfRemoveProposal.Instance,
            new PreSharedKeyProposal(PreSharedKeyId.External(new byte[] { 1 }, new byte[Alice.Current.Suite.HashSize])),
            new ReInitProposal(new byte[] { 1 }, 1, suite, ExtensionList.Empty),
            new GroupContextExtensionsProposal(
                new ExtensionList([new RequiredCapabilities { Credentials = [1] }.ToExtension()])),
            new ExternalInitProposal(new byte[Alice.Current.Suite.HashSize]),
        ];
        for (int i = 0; i < Rounds(3000); i++)
        {
            using MlsWriter writer = new();
            seeds[random.Next(seeds.Length)].Write(writer);
            byte[] bytes = Mutate(random, writer.ToArray());
            MlsReader reader = new(bytes);
            if (!Proposal.TryRead(ref reader, out Proposal proposal) || !reader.AtEnd)
                continue;
            Refused(Bob, Forge.Proposal(_groups[2], Resigned(proposal)));
        }
        Assert.InRange(Bob.PendingProposals.Count, 1, Open.MaxProposalsPerSender);
        MlsResult<PendingCommit> commit = Bob.Commit(new CommitRequest());
        Assert.True(commit.IsOk, commit.Error.ToString());
        Group[] others = [.. _groups.Where(g => g != Bob && g != _groups[2] && g.Status == GroupStatus.Active)];
        byte[][] waiting = [.. Bob.Proposals.Select(s => AsMessage(_groups[2], s.Content))];
        Bob.MergePending();
        int left = 0;
        foreach (Group other in others)
        {
            Assert.All(waiting, w => Assert.True(other.Process(w).IsOk));
            if (other.Follow(commit.Value.Message).RemovesSelf)
                continue;
            GroupTests.AssertAgreed(other, Bob);
            left++;
        }
        Assert.NotEqual(0, left);
    }

    [Theory, MemberData(nameof(Suites))]
    public void Welcomes_with_any_content_never_throw_and_leave_no_trace(CipherSuite suite)
    {
        Start(suite);
        Random random = new(3);
        TestClient dave = new("dave", suite, Open);
        KeyPackage keyPackage = dave.KeyPackageFor(_clients[0]);
        PendingCommit add = Alice.Commit(new CommitRequest { Add = [keyPackage], ForcePath = true }).Value;
        int refused = 0;
        for (int i = 0; i < Rounds(1500); i++)
        {
            bool inSecrets = random.Next(4) == 0;
            byte[] welcome = WelcomeForge.Change(
                dave, keyPackage, add.Welcome!, s => inSecrets ? Mutated(random, s) : s,
                info => inSecrets ? info : Resign(Mutate(random, info)));
            MlsResult<UnverifiedWelcome> parsed = UnverifiedWelcome.Parse(welcome);
            Dictionary<string, string> before = Snapshot(dave);
            if (parsed.IsOk && !dave.Client.Open(parsed.Value).IsOk)
                refused++;
            Assert.Equal(before, Snapshot(dave));
        }
        Assert.True(refused > Rounds(1000), $"{refused} refusals prove little.");
        Alice.MergePending();
        GroupTests.AssertAgreed(Alice, dave.Join(add.Welcome!));
    }

    [Theory, MemberData(nameof(Suites))]
    public void Group_infos_with_any_content_never_throw_and_leave_no_trace(CipherSuite suite)
    {
        Start(suite);
        Random random = new(4);
        TestClient dave = new("dave", suite, Open);
        byte[] info = Alice.GroupInfo().Value;
        int refused = 0;
        for (int i = 0; i < Rounds(1500); i++)
        {
            byte[] body = Resign(Mutate(random, info[4..]));
            MlsResult<UnverifiedGroupInfo> parsed =
                UnverifiedGroupInfo.Parse(MlsFrame.Write(WireFormat.GroupInfo, body));
            if (!parsed.IsOk)
                continue;
            Dictionary<string, string> before = Snapshot(dave);
            MlsResult<ExternalJoin> join = dave.Client.JoinExternally(
                parsed.Value, dave.Identity, new ExternalJoinRequest { RemovePrior = i % 3 == 0 });
            if (join.IsOk)
            {
                join.Value.Drop();
                continue;
            }
            refused++;
            Assert.Equal(before, Snapshot(dave));
        }
        Assert.True(refused > Rounds(300), $"{refused} refusals prove little.");
    }

    [Theory, MemberData(nameof(Suites))]
    public void Key_packages_with_any_content_never_throw_and_those_that_verify_can_be_added(CipherSuite suite)
    {
        Start(suite);
        Random random = new(5);
        TestClient dave = new("dave", suite, Open);
        int verified = 0;
        for (int i = 0; i < Rounds(3000); i++)
        {
            UnverifiedKeyPackage seed = Forge.KeyPackage(dave);
            byte[] bytes = Mutate(random, seed.Encoded.ToArray());
            MlsReader reader = new(bytes);
            if (!UnverifiedKeyPackage.TryRead(ref reader, out UnverifiedKeyPackage mutated) || !reader.AtEnd)
                continue;
            if (i % 2 == 0 && Resigned(new AddProposal(mutated)) is AddProposal add)
                mutated = add.KeyPackage;
            if (!_clients[0].Client.Verify(mutated).TryGet(out KeyPackage? keyPackage))
                continue;
            verified++;
            MlsResult<PendingCommit> commit = Alice.Commit(new CommitRequest { Add = [keyPackage] });
            if (commit.IsOk)
            {
                Bob.Process(commit.Value.Message);
                Alice.DropPending();
            }
        }
        Assert.True(verified > Rounds(100), $"{verified} that verify prove little.");
    }

    private byte[] Encrypted(FramedContent content)
    {
        byte[] signature =
            AuthenticatedContent.Sign(WireFormat.PrivateMessage, content, Alice.Current.Context, Alice.Identity.Signer);
        return Forge.Private(Alice, content, signature);
    }

    private void Advance(CommitRequest request)
    {
        PendingCommit commit = Alice.Commit(request).Value;
        for (int i = 1; i < _groups.Length; i++)
        {
            if (_groups[i].Status == GroupStatus.Active)
                _groups[i].Follow(commit.Message);
        }
        Alice.MergePending();
    }

    // Content of commits of all kinds, of Alice's and of somebody outside.
    private IEnumerable<byte[]> Seeds()
    {
        UpdatePath path = Forge.Path(Alice);
        ProposalOrRef reference = new(null, Bob.Proposals[0].Resolved.Reference);
        ProposalOrRef add = new(new AddProposal(Forge.KeyPackage(new TestClient("dave", _suite))), default);
        ProposalOrRef remove = new(new RemoveProposal(new LeafIndex(2)), default);
        ProposalOrRef psk = new(new PreSharedKeyProposal(PreSharedKeyId.Resumption(
            ResumptionUsage.Application, Alice.GroupId, Alice.Epoch, new byte[Alice.Current.Suite.HashSize])), default);
        foreach (ProposalOrRef[] proposals in new ProposalOrRef[][] { [], [reference], [add], [remove], [psk, add],
            [add, remove] })
            yield return FramedContent.ForCommit(Forge.Header(Alice), new Commit(proposals, path)).Encoded.ToArray();
        UnverifiedGroupInfo info = UnverifiedGroupInfo.Parse(Alice.GroupInfo().Value).Value;
        ExternalJoin join = new TestClient("out", _suite, Open, identity: _clients[3].Identity)
            .Client.JoinExternally(info, _clients[3].Identity, new ExternalJoinRequest { RemovePrior = true }).Value;
        yield return UnverifiedMessage.Parse(join.Message).Value.Public!.Content.Encoded.ToArray();
    }

    // True if it was refused; then the store is as it was.
    private bool Refused(Group group, byte[] message)
    {
        MlsResult<UnverifiedMessage> parsed = UnverifiedMessage.Parse(message);
        if (!parsed.IsOk)
            return false;
        Dictionary<string, string> before = Snapshot(_clients[1]);
        group.Classify(parsed.Value);
        bool refused = !group.Process(parsed.Value, [parsed.Value]).IsOk;
        if (refused)
            Assert.Equal(before, Snapshot(_clients[1]));
        return refused;
    }

    private static Dictionary<string, string> Snapshot(TestClient client) =>
        client.Store.Keys("").ToDictionary(k => k, k => Convert.ToHexString(client.Store.Read(k)!));

    // The leaf and the key package, as its owner would sign them whatever they say.
    private Proposal Resigned(Proposal proposal)
    {
        LeafNode? leaf = proposal switch
        {
            AddProposal add => add.KeyPackage.Leaf,
            UpdateProposal update => update.Leaf,
            _ => null,
        };
        if (leaf is null)
            return proposal;
        LeafNodeContent content = new(leaf.EncryptionKey, leaf.Credential, leaf.Capabilities, leaf.Extensions);
        if (proposal is UpdateProposal)
            return new UpdateProposal(
                content.SignForGroup(_groups[2].Identity.Signer, null, _groups[2].GroupId.Span, _groups[2].Self));
        UnverifiedKeyPackage keyPackage = ((AddProposal)proposal).KeyPackage;
        MlsIdentity owner = MlsIdentity.Generate(_suite, leaf.Credential);
        if (Suite.Find(keyPackage.CipherSuite) is not { } suite)
            return proposal;
        LeafNode signed = content.SignForKeyPackage(owner.Signer, leaf.NotBefore, leaf.NotAfter);
        return new AddProposal(UnverifiedKeyPackage.Create(
            suite, keyPackage.InitKey.Span, signed, keyPackage.Extensions, owner.Signer));
    }

    private static byte[] AsMessage(Group from, byte[] content)
    {
        MlsReader reader = new(content);
        Assert.True(AuthenticatedContent.TryRead(ref reader, out AuthenticatedContent authenticated));
        return PublicMessage.Protect(
            from.Current.Suite, authenticated, from.Current.Context, from.Current.Secrets.MembershipKey).ToMessage();
    }

    // A GroupInfo whose tree hash and signature are right again, so that what is wrong lies deeper.
    private byte[] Resign(byte[] info)
    {
        MlsReader reader = new(info);
        if (!UnverifiedGroupInfo.TryRead(ref reader, out UnverifiedGroupInfo parsed) || !reader.AtEnd
            || !parsed.Extensions.TryFind(ExtensionType.RatchetTree, out ReadOnlyMemory<byte> encoded)
            || Suite.Find(parsed.CipherSuite) is not { } suite
            || RatchetTree.TryRead(suite, encoded, out RatchetTree tree).Failed)
        {
            return info;
        }
        GroupContext context = new()
        {
            CipherSuite = parsed.CipherSuite,
            GroupId = parsed.GroupId,
            Epoch = parsed.Epoch,
            TreeHash = tree.Hash,
            ConfirmedTranscriptHash = parsed.Context.ConfirmedTranscriptHash,
            Extensions = parsed.Context.Extensions,
        };
        return UnverifiedGroupInfo.Create(
            context,
            writer =>
            {
                foreach (Extension extension in parsed.Extensions)
                {
                    writer.UInt16(extension.Type);
                    writer.Vector(extension.Data);
                }
            },
            parsed.ConfirmationTag.Span, parsed.Signer, Alice.Identity.Signer);
    }

    private static GroupSecrets Mutated(Random random, GroupSecrets secrets)
    {
        using MlsWriter writer = new();
        secrets.Write(writer);
        byte[] bytes = Mutate(random, writer.ToArray());
        MlsReader reader = new(bytes);
        return GroupSecrets.TryRead(ref reader, out GroupSecrets mutated) && reader.AtEnd ? mutated : secrets;
    }

    private static byte[] Mutate(Random random, byte[] source)
    {
        List<byte> bytes = [.. source];
        for (int n = random.Next(1, 4); n > 0; n--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    // A run of zeros, or of ones: keys and indices of no use.
                    byte fill = random.Next(2) == 0 ? (byte)0 : (byte)0xff;
                    for (int i = at; i < Math.Min(at + 32, bytes.Count); i++)
                        bytes[i] = fill;
                    break;
                case 3:
                    int from = random.Next(bytes.Count);
                    for (int i = 0; i < 8 && at + i < bytes.Count && from + i < bytes.Count; i++)
                        bytes[at + i] = bytes[from + i];
                    break;
                default:
                    bytes[at] += (byte)random.Next(3);
                    break;
            }
        }
        return [.. bytes];
    }
}
