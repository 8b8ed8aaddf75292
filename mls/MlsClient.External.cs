using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Storage;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls;

// Joining by external commit (12.4.3.2).
public sealed partial class MlsClient
{
    /// <summary>Makes an external commit by which this client joins a group, or resynchronises with it.</summary>
    public MlsResult<ExternalJoin> JoinExternally(
        UnverifiedGroupInfo info, MlsIdentity identity, ExternalJoinRequest? request = null)
    {
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(identity);
        request ??= new ExternalJoinRequest();
        if (Suite.Find(info.CipherSuite) is not { } suite || identity.CipherSuite != info.CipherSuite)
            return Errors.At(MlsErrorCode.UnsupportedCipherSuite, "12.4.3.2");
        bool replaces = request.RemovePrior || request.Remove is not null;
        if (!replaces && StatusOf(info.GroupId) is not null)
            return Errors.At(MlsErrorCode.DuplicateGroup, "12.4.3");
        MlsError error = JoinValidator.Check(
            Environment, suite, info, request.RatchetTree, out RatchetTree tree, out GroupRequirements requirements);
        if (error.Failed)
            return error;
        if (!info.Extensions.TryFind(ExtensionType.ExternalPub, out ReadOnlyMemory<byte> extension))
            return Errors.At(MlsErrorCode.InvalidExtension, "12.4.3.2");
        MlsReader reader = new(extension);
        if (!reader.TryReadVector(out ReadOnlyMemory<byte> externalPub) || !reader.AtEnd)
            return Errors.Malformed("12.4.3.2");
        error = ExternalInit.Send(suite, externalPub.Span, Environment.Random, out byte[] initSecret,
            out ExternalInitProposal init);
        if (error.Failed)
            return error;

        CommitBase from = new()
        {
            Suite = suite,
            Context = info.Context,
            Requirements = requirements,
            Tree = tree,
            InterimTranscriptHash = AuthenticatedContent.InterimTranscriptHash(
                suite, info.Context.ConfirmedTranscriptHash.Span, info.ConfirmationTag.Span),
            InitSecret = initSecret,
            Self = null,
            Keys = null,
            State = new GroupState(info.Context, tree),
        };
        CreatedCommit created = null!;
        error = Proposals(from, identity, request, init, out List<ResolvedProposal> proposals);
        if (!error.Failed)
        {
            CommitCreator creator = new(Environment, from, FindResumption);
            error = creator.Create(proposals, Plan(identity, request), out created);
        }
        Secrets.Zero(initSecret);
        return error.Failed ? error : Keep(created, identity);
    }

    /// <summary>The external commits that wait to be accepted, as after a restart.</summary>
    /// <exception cref="InvalidOperationException">The client lacks the identity of one.</exception>
    public IReadOnlyList<ExternalJoin> PendingJoins() =>
        [.. JoinCodec.All(Store).ToArray().Select(key => JoinCodec.Read(this, key))];

    private ExternalJoin Keep(CreatedCommit created, MlsIdentity identity)
    {
        byte[] message = new PublicMessage(created.Content, default).ToMessage();
        ExternalJoin join = new(this, message, created.Next, identity, Environment.Now);
        List<StoreChange> changes = JoinCodec.Write(join);
        try
        {
            Store.Write(changes);
        }
        finally
        {
            GroupWriter.Zero(changes);
        }
        AddIdentity(identity);
        return join;
    }

    private DateTimeOffset? ExpireJoins()
    {
        DateTimeOffset now = Environment.Now;
        DateTimeOffset? due = null;
        List<StoreChange> over = [];
        foreach (string key in JoinCodec.All(Store).ToArray())
        {
            DateTimeOffset end = Retention.Add(JoinCodec.MadeAt(Store, key), Environment.Policy.ExternalJoinLifetime);
            if (end <= now)
                over.AddRange(Store.Keys(key).Select(k => new StoreChange(k, null)));
            else
                due = Earlier(due, end);
        }
        if (over.Count > 0)
            Store.Write(over);
        return due;
    }

    private CommitPlan Plan(MlsIdentity identity, ExternalJoinRequest request)
    {
        (Capabilities capabilities, ExtensionList extensions) =
            Greased(CapabilitiesFor(identity), request.LeafExtensions);
        return new CommitPlan
        {
            Signer = identity,
            Identity = identity,
            Capabilities = capabilities,
            LeafExtensions = extensions,
            Encrypt = false,
            AuthenticatedData = request.AuthenticatedData,
        };
    }

    private MlsError Proposals(
        CommitBase from, MlsIdentity identity, ExternalJoinRequest request, ExternalInitProposal init,
        out List<ResolvedProposal> list)
    {
        Sender joiner = new(SenderType.NewMemberCommit, 0);
        list = [new(init, joiner, default, Checked: false)];
        MlsError error = AddSelfRemoves(from, request, list);
        LeafIndex? prior = null;
        if (!error.Failed)
            error = FindPrior(from.Tree, identity, request, out prior);
        if (error.Failed)
            return error;
        if (prior is { } removed)
            list.Add(new ResolvedProposal(new RemoveProposal(removed), joiner, default, Checked: false));
        foreach (ReadOnlyMemory<byte> id in request.ExternalPsks)
        {
            PreSharedKeyId psk = PreSharedKeyId.External(id, Environment.Random.Bytes(from.Suite.HashSize));
            list.Add(new ResolvedProposal(new PreSharedKeyProposal(psk), joiner, default, Checked: false));
        }
        foreach (ulong epoch in request.ResumptionPsks)
        {
            PreSharedKeyId psk = PreSharedKeyId.Resumption(
                ResumptionUsage.Application, from.Context.GroupId, epoch,
                Environment.Random.Bytes(from.Suite.HashSize));
            list.Add(new ResolvedProposal(new PreSharedKeyProposal(psk), joiner, default, Checked: false));
        }
        return MlsError.None;
    }

    // A newcomer checks all but the membership tag, for which it lacks the key (draft-ietf-mls-extensions).
    private MlsError AddSelfRemoves(CommitBase from, ExternalJoinRequest request, List<ResolvedProposal> list)
    {
        ProposalValidator validator = new(Environment, from.Suite, from.Context, from.Tree);
        foreach (UnverifiedMessage message in request.SelfRemoves)
        {
            if (message.Public is not { Content: { Proposal: SelfRemoveProposal proposal } content } open)
                return Errors.At(MlsErrorCode.InvalidProposalList, "12.4.3.2");
            if (!content.GroupId.Span.SequenceEqual(from.Context.GroupId.Span))
                return Errors.At(MlsErrorCode.WrongGroup, "6");
            if (content.Epoch != from.Context.Epoch)
                return Errors.At(MlsErrorCode.WrongEpoch, "12.1");
            MlsError error = validator.Check(proposal, content.Sender);
            if (error.Failed)
                return error;
            ReadOnlyMemory<byte> key = from.Tree.Leaf(new LeafIndex(content.Sender.Index))!.SignatureKey;
            if (!open.Authenticated.VerifySignature(from.Suite, key.Span, from.Context))
                return Errors.At(MlsErrorCode.InvalidSignature, "6.1");
            list.Add(StoredProposal.Resolve(open.Authenticated, open.Authenticated.Reference(from.Suite)));
        }
        return MlsError.None;
    }

    // A user may have several devices, whose credentials are equal; the signature key is one device's.
    private static MlsError FindPrior(
        RatchetTree tree, MlsIdentity identity, ExternalJoinRequest request, out LeafIndex? prior)
    {
        prior = request.Remove;
        if (prior is not null || !request.RemovePrior)
            return MlsError.None;
        List<LeafIndex> equal = [];
        foreach ((LeafIndex index, LeafNode leaf) in tree.Members())
        {
            if (leaf.SignatureKey.Span.SequenceEqual(identity.PublicKey.Span))
            {
                prior = index;
                return MlsError.None;
            }
            if (leaf.EncodedCredential.Span.SequenceEqual(identity.Credential.Encoded.Span))
                equal.Add(index);
        }
        if (equal.Count > 1)
            return Errors.At(MlsErrorCode.Conflict, "12.4.3.2");
        if (equal is [var only])
            prior = only;
        return MlsError.None;
    }
}
