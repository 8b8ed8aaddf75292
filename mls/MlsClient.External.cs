using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls;

/// <summary>An external commit on its way: when the group has accepted <see cref="Message"/>, <see cref="Accept"/> gives the group.</summary>
public sealed class ExternalJoin
{
    private readonly MlsClient _client;
    private readonly GroupEpoch _epoch;
    private readonly MlsIdentity _identity;
    private bool _accepted;

    internal ExternalJoin(MlsClient client, byte[] message, GroupEpoch epoch, MlsIdentity identity)
    {
        _client = client;
        _epoch = epoch;
        _identity = identity;
        Message = message;
    }

    /// <summary>The MLSMessage with the commit, for the group.</summary>
    public byte[] Message { get; }

    /// <summary>Takes part in the group from now on. An older state of the same group, as after a resync, is replaced.</summary>
    /// <exception cref="InvalidOperationException">It was accepted before.</exception>
    public Group Accept()
    {
        if (_accepted)
            throw new InvalidOperationException("The external commit was accepted before.");
        Group group = _client.Adopt(new Group(_client, _epoch, _identity), []);
        _accepted = true;
        return group;
    }
}

/// <summary>Choices for joining from outside.</summary>
public sealed record ExternalJoinRequest
{
    /// <summary>The tree, if the GroupInfo does not carry it: the bytes of a ratchet_tree extension.</summary>
    public ReadOnlyMemory<byte>? RatchetTree { get; init; }

    /// <summary>Whether an old appearance of this client, with the same signature key or an equal credential, is removed.</summary>
    public bool RemovePrior { get; init; }

    /// <summary>External pre-shared keys to mix in, by id.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> ExternalPsks { get; init; } = [];

    /// <summary>Epochs of this group whose resumption PSK this client kept, to prove that it was there.</summary>
    public IReadOnlyList<ulong> ResumptionPsks { get; init; } = [];
}

// Joining by external commit (12.4.3.2).
public sealed partial class MlsClient
{
    /// <summary>Makes an external commit by which this client joins a group, or resynchronises with it.</summary>
    public MlsResult<ExternalJoin> JoinExternally(UnverifiedGroupInfo info, MlsIdentity identity, ExternalJoinRequest? request = null)
    {
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(identity);
        request ??= new ExternalJoinRequest();
        if (Suite.Find(info.CipherSuite) is not { } suite || identity.CipherSuite != info.CipherSuite)
            return Errors.At(MlsErrorCode.UnsupportedCipherSuite, "12.4.3.2");
        if (!request.RemovePrior && FindGroup(info.GroupId) is not null)
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
        error = ExternalInit.Send(suite, externalPub.Span, Environment.Random, out byte[] initSecret, out ExternalInitProposal init);
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
        };
        CommitCreator creator = new(Environment, from, id => FindGroup(id.Id)?.FindResumptionPsk(id.Epoch));
        error = creator.Create(Proposals(suite, info, identity, request, tree, init), Plan(identity), out CreatedCommit created);
        Secrets.Zero(initSecret);
        if (error.Failed)
            return error;
        byte[] message = new PublicMessage(created.Content, default).ToMessage();
        return new ExternalJoin(this, message, created.Next, identity);
    }

    private CommitPlan Plan(MlsIdentity identity)
    {
        (Capabilities capabilities, ExtensionList leafExtensions) = Greased(CapabilitiesFor(identity), ExtensionList.Empty);
        return new CommitPlan
        {
            Signer = identity,
            Identity = identity,
            Capabilities = capabilities,
            LeafExtensions = leafExtensions,
            Encrypt = false,
        };
    }

    private List<ResolvedProposal> Proposals(
        Suite suite, UnverifiedGroupInfo info, MlsIdentity identity, ExternalJoinRequest request, RatchetTree tree, ExternalInitProposal init)
    {
        Sender joiner = new(SenderType.NewMemberCommit, 0);
        List<ResolvedProposal> list = [new(init, joiner, default, Checked: false)];
        if (request.RemovePrior)
        {
            foreach ((LeafIndex index, LeafNode leaf) in tree.Members())
            {
                if (!leaf.SignatureKey.Span.SequenceEqual(identity.PublicKey.Span) && !leaf.Credential.SameAs(identity.Credential))
                    continue;
                list.Add(new ResolvedProposal(new RemoveProposal(index), joiner, default, Checked: false));
                break;
            }
        }
        foreach (ReadOnlyMemory<byte> id in request.ExternalPsks)
        {
            PreSharedKeyId psk = PreSharedKeyId.External(id, Environment.Random.Bytes(suite.HashSize));
            list.Add(new ResolvedProposal(new PreSharedKeyProposal(psk), joiner, default, Checked: false));
        }
        foreach (ulong epoch in request.ResumptionPsks)
        {
            PreSharedKeyId psk = PreSharedKeyId.Resumption(
                ResumptionUsage.Application, info.GroupId, epoch, Environment.Random.Bytes(suite.HashSize));
            list.Add(new ResolvedProposal(new PreSharedKeyProposal(psk), joiner, default, Checked: false));
        }
        return list;
    }
}
