using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls;

/// <summary>
/// Proposals from outside a group (RFC 9420, section 12.1.8): by a sender that its external_senders extension names, or
/// by a client that asks to be added. Each method gives an MLSMessage.
/// </summary>
public sealed class ExternalProposal
{
    private readonly ReadOnlyMemory<byte> _groupId;
    private readonly ulong _epoch;
    private readonly uint _index;
    private readonly MlsIdentity _identity;
    private readonly RandomFill _random;

    /// <summary>Prepares to send as an external sender.</summary>
    /// <param name="groupId">The group.</param>
    /// <param name="epoch">Its current epoch.</param>
    /// <param name="senderIndex">The sender's place in the external_senders extension.</param>
    /// <param name="identity">The sender.</param>
    /// <param name="random">Source of nonces; the system's if null.</param>
    public ExternalProposal(
        ReadOnlyMemory<byte> groupId, ulong epoch, uint senderIndex, MlsIdentity identity, RandomFill? random = null)
    {
        ArgumentNullException.ThrowIfNull(identity);
        _groupId = groupId;
        _epoch = epoch;
        _index = senderIndex;
        _identity = identity;
        _random = random ?? RandomSource.System;
    }

    /// <summary>A client asks to be added itself.</summary>
    /// <param name="groupId">The group.</param>
    /// <param name="epoch">Its current epoch.</param>
    /// <param name="keyPackage">The client's own key package.</param>
    /// <param name="identity">The identity that the key package is for.</param>
    public static byte[] AddMyself(
        ReadOnlyMemory<byte> groupId, ulong epoch, KeyPackage keyPackage, MlsIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(keyPackage);
        ArgumentNullException.ThrowIfNull(identity);
        return Send(groupId, epoch, new Sender(SenderType.NewMemberProposal, 0), identity,
            new AddProposal(keyPackage.Content));
    }

    /// <summary>Proposes to add a client.</summary>
    public byte[] Add(KeyPackage keyPackage)
    {
        ArgumentNullException.ThrowIfNull(keyPackage);
        return Send(new AddProposal(keyPackage.Content));
    }

    /// <summary>Proposes to remove a member.</summary>
    public byte[] Remove(LeafIndex member) => Send(new RemoveProposal(member));

    /// <summary>Proposes to mix in an external pre-shared key.</summary>
    public byte[] ExternalPsk(ReadOnlyMemory<byte> id) =>
        Send(new PreSharedKeyProposal(PreSharedKeyId.External(id, Nonce())));

    /// <summary>Proposes to mix in the resumption PSK of an epoch of the group.</summary>
    public byte[] ResumptionPsk(ulong epoch) => Send(
        new PreSharedKeyProposal(PreSharedKeyId.Resumption(ResumptionUsage.Application, _groupId, epoch, Nonce())));

    /// <summary>Proposes to end the group and begin anew.</summary>
    public byte[] ReInit(ReInitRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Send(request.ToProposal());
    }

    /// <summary>Proposes new extensions of the group context.</summary>
    public byte[] Extensions(ExtensionList extensions) => Send(new GroupContextExtensionsProposal(extensions));

    internal byte[] Send(Proposal proposal) =>
        Send(_groupId, _epoch, new Sender(SenderType.External, _index), _identity, proposal);

    internal static byte[] Send(
        ReadOnlyMemory<byte> groupId, ulong epoch, Sender sender, MlsIdentity identity, Proposal proposal)
    {
        FramedContent content = FramedContent.ForProposal(new FramedHeader(groupId, epoch, sender, default), proposal);
        byte[] signature = AuthenticatedContent.Sign(WireFormat.PublicMessage, content, null, identity.Signer);
        return new PublicMessage(new AuthenticatedContent(WireFormat.PublicMessage, content, signature, default),
            default).ToMessage();
    }

    private byte[] Nonce() => _random.Bytes(Suite.Require(_identity.CipherSuite).HashSize);
}
