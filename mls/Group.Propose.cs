using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Storage;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls;

// Sending: application data, and proposals of every kind (12.1).
public sealed partial class Group
{
    /// <summary>Encrypts application data for the group (section 6.3).</summary>
    /// <param name="data">The data.</param>
    /// <param name="authenticatedData">Data sent in the clear beside it, authenticated.</param>
    /// <param name="generation">
    /// The generation to use (section 9.1), not below <see cref="NextGeneration"/>; null for the next. The keys of
    /// those between are deleted.
    /// </param>
    /// <returns>An MLSMessage; a conflict if proposals wait for a commit (section 12.4).</returns>
    public MlsResult<byte[]> Encrypt(
        ReadOnlySpan<byte> data, ReadOnlyMemory<byte> authenticatedData = default, uint? generation = null)
    {
        if (Status != GroupStatus.Active)
            return Closed;
        Expire();
        if (IsBlocked())
            return Errors.At(MlsErrorCode.Conflict, "12.4");
        if (generation < NextGeneration)
            return Errors.At(MlsErrorCode.KeyConsumed, "9.2");
        FramedContent content = FramedContent.ForApplication(Header(authenticatedData), data);
        byte[] signature =
            AuthenticatedContent.Sign(WireFormat.PrivateMessage, content, Current.Context, Identity.Signer);
        AuthenticatedContent message = new(WireFormat.PrivateMessage, content, signature, default);
        return Send(message, null, generation);
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
        MlsIdentity? newIdentity = null, ExtensionList? leafExtensions = null,
        ReadOnlyMemory<byte> authenticatedData = default)
    {
        if (Status != GroupStatus.Active)
            return Closed;
        MlsIdentity identity = newIdentity ?? Identity;
        if (identity.CipherSuite != CipherSuite)
            return Errors.At(MlsErrorCode.UnsupportedCipherSuite, "12.1.2");
        HpkeKeyPair pair = Suite.Kem.Generate(Environment.Random);
        (Capabilities capabilities, ExtensionList extensions) = _client.Greased(
            _client.CapabilitiesFor(identity), leafExtensions ?? Current.Tree.Leaf(Self)!.Extensions);
        LeafNode leaf = new LeafNodeContent(pair.PublicKey, identity.Credential, capabilities, extensions)
            .SignForGroup(identity.Signer, null, GroupId.Span, Self);
        MlsError error = LeafValidator.CheckAgainstGroup(leaf, Current.Requirements);
        if (error.Failed)
            return error;
        MlsResult<byte[]> message = Propose(new UpdateProposal(leaf), authenticatedData, pair.PrivateKey);
        if (message.IsOk)
            _client.AddIdentity(identity);
        return message;
    }

    /// <summary>Proposes to remove a member.</summary>
    public MlsResult<byte[]> ProposeRemove(LeafIndex removed, ReadOnlyMemory<byte> authenticatedData = default) =>
        Propose(new RemoveProposal(removed), authenticatedData);

    /// <summary>
    /// Asks to be removed oneself (draft-ietf-mls-extensions), by a message in the clear that external joiners can take
    /// along too. Every member must list <see cref="ProposalType.SelfRemove"/> among its capabilities. Once in an
    /// epoch: if another commit comes first, ask again.
    /// </summary>
    public MlsResult<byte[]> ProposeSelfRemove(ReadOnlyMemory<byte> authenticatedData = default)
    {
        if (Status == GroupStatus.Active
            && Proposals.Exists(p => p.Resolved.Proposal is SelfRemoveProposal && p.Resolved.IsFromMember(Self.Value)))
        {
            return Errors.At(MlsErrorCode.Conflict, "12.1");
        }
        return Propose(SelfRemoveProposal.Instance, authenticatedData);
    }

    /// <summary>Proposes to mix in an external pre-shared key.</summary>
    public MlsResult<byte[]> ProposeExternalPsk(
        ReadOnlyMemory<byte> id, ReadOnlyMemory<byte> authenticatedData = default) =>
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
    public MlsResult<byte[]> ProposeExtensions(
        ExtensionList extensions, ReadOnlyMemory<byte> authenticatedData = default)
    {
        ArgumentNullException.ThrowIfNull(extensions);
        return Propose(new GroupContextExtensionsProposal(extensions), authenticatedData);
    }

    private MlsResult<byte[]> Propose(
        Proposal proposal, ReadOnlyMemory<byte> authenticatedData, byte[]? updateKey = null)
    {
        if (Status != GroupStatus.Active)
            return Closed;
        Expire();
        Sender self = new(SenderType.Member, Self.Value);
        MlsError error = ProposalValidator.For(Environment, Current).Check(proposal, self);
        if (!error.Failed)
        {
            ResolvedProposal item =
                new(proposal, self, default, Checked: true) { AuthenticatedData = authenticatedData };
            error = RulesFor.Check(Environment, item, GroupState.Of(Current), Current.Tree);
        }
        if (error.Failed)
            return error;

        // A SelfRemove is for those outside too, who cannot decrypt (draft-ietf-mls-extensions).
        WireFormat format = Environment.Policy.EncryptHandshakes && proposal is not SelfRemoveProposal
            ? WireFormat.PrivateMessage
            : WireFormat.PublicMessage;
        FramedContent content = FramedContent.ForProposal(Header(authenticatedData), proposal);
        AuthenticatedContent authenticated = new(
            format, content, AuthenticatedContent.Sign(format, content, Current.Context, Identity.Signer), default);
        StoredProposal stored = StoredProposal.Of(authenticated, authenticated.Reference(Suite));
        return Current.Waiting.HasRoomFor(Environment.Policy, self, stored.Content.Length)
            ? Send(authenticated, (stored, updateKey), null)
            : Errors.At(MlsErrorCode.LimitExceeded, "12.1");
    }

    // Protects signed content and writes what that costs: the ratchet, and with a proposal that it waits from now on.
    private MlsResult<byte[]> Send(
        AuthenticatedContent content, (StoredProposal Proposal, byte[]? UpdateKey)? waiting, uint? generation)
    {
        if (Identity.Signer.IsForeign && !content.VerifySignature(Suite, Identity.PublicKey.Span, Current.Context))
            return Errors.At(MlsErrorCode.InvalidSignature, "6.1");
        byte[]? message = null;
        Change(core =>
        {
            if (generation is { } wanted)
                core.Tip.SecretTree.Ratchet(core.Tip.Self, handshake: false).SkipTo(core.Tip.Suite, wanted);
            message = Protect(core.Tip, content);
            if (message is null)
                return null;
            GroupWriter writer = new(StoreKey, core);
            if (waiting is var (proposal, updateKey))
            {
                if (updateKey is not null)
                    core.Tip.Waiting.AddUpdateKey(proposal.Resolved.Reference, updateKey);
                core.Tip.Waiting.Items.Add(proposal);
                writer.Proposals(core.Tip).Secrets(core.Tip);
            }
            return writer.Ratchets(core.Tip);
        });
        return message is null ? Errors.At(MlsErrorCode.LimitExceeded, "9.1") : message;
    }

    // Signed content of this member, as the policy wants it on the wire; null if the ratchet is exhausted.
    private byte[]? Protect(GroupEpoch state, AuthenticatedContent content)
    {
        if (content.WireFormat == WireFormat.PublicMessage)
            return PublicMessage.Protect(state.Suite, content, state.Context, state.Secrets.MembershipKey).ToMessage();
        PrivateMessage? message = MessageProtection.Protect(
            state.Suite, state.SecretTree, state.Secrets.SenderDataSecret, content, Environment.Policy.Padding,
            Environment.Random);
        _spent.Note(state, content.Content.ContentType != ContentType.Application);
        return message?.ToMessage();
    }

    private bool IsBlocked() => Proposals.Count > 0 && !Environment.Policy.AllowDataBeforeCommit
        && ProposalSelection.AnyCanBeCommitted(Creator(), Self, Proposals);

    private CommitCreator Creator()
    {
        GroupEpoch state = Current;
        return new CommitCreator(Environment, CommitBase.Of(state), id => FindResumption(state, id));
    }

    private MlsError CheckLifetime(KeyPackage keyPackage) => LeafValidator.IsAlive(Environment, keyPackage.Content.Leaf)
        ? MlsError.None
        : Errors.At(MlsErrorCode.InvalidLifetime, "7.3");

    private FramedHeader Header(ReadOnlyMemory<byte> authenticatedData) =>
        new(GroupId, Epoch, new Sender(SenderType.Member, Self.Value), authenticatedData);

    private byte[] Nonce() => Environment.Random.Bytes(Suite.HashSize);

    private PreSharedKeyId ResumptionId(ulong epoch) =>
        PreSharedKeyId.Resumption(ResumptionUsage.Application, GroupId, epoch, Nonce());
}
