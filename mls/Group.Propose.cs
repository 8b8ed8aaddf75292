using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Storage;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls;

// Sending: application data, and proposals of every kind (12.1).
public sealed partial class Group
{
    /// <summary>Encrypts application data for the group (section 6.3).</summary>
    /// <param name="data">The data.</param>
    /// <param name="authenticatedData">Data sent in the clear beside it, authenticated.</param>
    /// <returns>An MLSMessage; a conflict if proposals wait for a commit (section 12.4).</returns>
    public MlsResult<byte[]> Encrypt(ReadOnlySpan<byte> data, ReadOnlyMemory<byte> authenticatedData = default)
    {
        if (Status != GroupStatus.Active)
            return Closed;
        if (Proposals.Count > 0 && !Environment.Policy.AllowDataBeforeCommit
            && ProposalSelection.AnyCanBeCommitted(new CommitCreator(Environment, CommitBase.Of(Current), FindResumption), Self, Proposals))
        {
            return Errors.At(MlsErrorCode.Conflict, "12.4");
        }
        FramedContent content = FramedContent.ForApplication(Header(authenticatedData), data);
        byte[] signature = AuthenticatedContent.Sign(WireFormat.PrivateMessage, content, Current.Context, Identity.Signer);
        if (Protect(new AuthenticatedContent(WireFormat.PrivateMessage, content, signature, default)) is not { } message)
            return Errors.At(MlsErrorCode.LimitExceeded, "9.1");
        SaveState();
        return message;
    }

    /// <summary>Proposes to add a client.</summary>
    /// <returns>An MLSMessage, as from all that propose.</returns>
    public MlsResult<byte[]> ProposeAdd(KeyPackage keyPackage, ReadOnlyMemory<byte> authenticatedData = default)
    {
        ArgumentNullException.ThrowIfNull(keyPackage);
        MlsError expired = CheckLifetime(keyPackage);
        return expired.Failed ? expired : Propose(new AddProposal(keyPackage.Content), authenticatedData);
    }

    /// <summary>Proposes new keys for this member, and if wanted a new identity or new leaf extensions.</summary>
    public MlsResult<byte[]> ProposeUpdate(
        MlsIdentity? newIdentity = null, ExtensionList? leafExtensions = null, ReadOnlyMemory<byte> authenticatedData = default)
    {
        if (Status != GroupStatus.Active)
            return Closed;
        MlsIdentity identity = newIdentity ?? Identity;
        HpkeKeyPair pair = Suite.Kem.Generate(Environment.Random);
        (Capabilities capabilities, ExtensionList extensions) = _client.Greased(
            _client.CapabilitiesFor(identity), leafExtensions ?? Current.Tree.Leaf(Self)!.Extensions);
        LeafNode leaf = new LeafNodeContent(pair.PublicKey, identity.Credential, capabilities, extensions)
            .SignForGroup(identity.Signer, null, GroupId.Span, Self);
        return Propose(new UpdateProposal(leaf), authenticatedData, pair.PrivateKey);
    }

    /// <summary>Proposes to remove a member.</summary>
    public MlsResult<byte[]> ProposeRemove(LeafIndex removed, ReadOnlyMemory<byte> authenticatedData = default) =>
        Propose(new RemoveProposal(removed), authenticatedData);

    /// <summary>Proposes to mix in an external pre-shared key.</summary>
    public MlsResult<byte[]> ProposeExternalPsk(ReadOnlyMemory<byte> id, ReadOnlyMemory<byte> authenticatedData = default) =>
        Propose(new PreSharedKeyProposal(PreSharedKeyId.External(id, Nonce())), authenticatedData);

    /// <summary>Proposes to mix in the resumption PSK of an epoch of this group.</summary>
    public MlsResult<byte[]> ProposeResumptionPsk(ulong epoch, ReadOnlyMemory<byte> authenticatedData = default) =>
        Propose(new PreSharedKeyProposal(ResumptionId(epoch)), authenticatedData);

    /// <summary>Proposes to end the group and begin anew.</summary>
    public MlsResult<byte[]> ProposeReInit(ReInitRequest request, ReadOnlyMemory<byte> authenticatedData = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Propose(request.ToProposal(), authenticatedData);
    }

    /// <summary>Proposes new extensions of the group context, in place of all there are.</summary>
    public MlsResult<byte[]> ProposeExtensions(ExtensionList extensions, ReadOnlyMemory<byte> authenticatedData = default)
    {
        ArgumentNullException.ThrowIfNull(extensions);
        return Propose(new GroupContextExtensionsProposal(extensions), authenticatedData);
    }

    private MlsResult<byte[]> Propose(Proposal proposal, ReadOnlyMemory<byte> authenticatedData, byte[]? updateKey = null)
    {
        if (Status != GroupStatus.Active)
            return Closed;
        Sender self = new(SenderType.Member, Self.Value);
        MlsError error = new ProposalValidator(Environment, Suite, Current.Context, Current.Tree).Check(proposal, self);
        if (error.Failed)
            return error;
        if (!HasRoomFor(self, 0))
            return Errors.At(MlsErrorCode.LimitExceeded, "12.1");
        WireFormat format = Environment.Policy.EncryptHandshakes ? WireFormat.PrivateMessage : WireFormat.PublicMessage;
        FramedContent content = FramedContent.ForProposal(Header(authenticatedData), proposal);
        AuthenticatedContent authenticated = new(
            format, content, AuthenticatedContent.Sign(format, content, Current.Context, Identity.Signer), default);
        if (Protect(authenticated) is not { } message)
            return Errors.At(MlsErrorCode.LimitExceeded, "9.1");
        byte[] reference = authenticated.Reference(Suite);
        Proposals.Add(ToStored(authenticated, reference));
        if (updateKey is not null)
            OwnUpdates[reference] = updateKey;
        Save(GroupState.StatePart(this), GroupState.ProposalsPart(this));
        return message;
    }

    private FramedHeader Header(ReadOnlyMemory<byte> authenticatedData) =>
        new(GroupId, Epoch, new Sender(SenderType.Member, Self.Value), authenticatedData);
}
