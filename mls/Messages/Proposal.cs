using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     ProposalType proposal_type;                     uint16
//     select (Proposal.proposal_type) { ... };
// } Proposal;                                         RFC 9420, section 12.1
/// <summary>A change to the group that somebody asks for. The derived types are all there are.</summary>
public abstract class Proposal
{
    private protected Proposal()
    {
    }

    /// <summary>See <see cref="ProposalType"/>.</summary>
    public abstract ushort Type { get; }

    /// <summary>Whether a commit that covers the proposal needs a path (section 12.4).</summary>
    internal bool RequiresPath => Type is not (ProposalType.Add or ProposalType.Psk or ProposalType.ReInit);

    /// <summary>Whether an external sender may propose it (section 12.1.8).</summary>
    internal bool AllowedFromExternalSender =>
        Type is not (ProposalType.Update or ProposalType.ExternalInit or ProposalType.SelfRemove);

    /// <summary>
    /// Reads a proposal. One of an unknown type has no known end, so no client that lacks the type can read it.
    /// </summary>
    internal static bool TryRead(ref MlsReader reader, out Proposal proposal)
    {
        proposal = null!;
        if (!reader.TryReadUInt16(out ushort type))
            return false;
        Proposal? read = type switch
        {
            ProposalType.Add => UnverifiedKeyPackage.TryRead(ref reader, out UnverifiedKeyPackage k)
                ? new AddProposal(k) : null,
            ProposalType.Update => LeafNode.TryRead(ref reader, out LeafNode leaf) ? new UpdateProposal(leaf) : null,
            ProposalType.Remove => reader.TryReadUInt32(out uint removed)
                ? new RemoveProposal(new LeafIndex(removed)) : null,
            ProposalType.Psk => PreSharedKeyId.TryRead(ref reader, out PreSharedKeyId psk)
                ? new PreSharedKeyProposal(psk) : null,
            ProposalType.ReInit => ReInitProposal.Read(ref reader),
            ProposalType.ExternalInit => reader.TryReadVector(out ReadOnlyMemory<byte> kem)
                ? new ExternalInitProposal(kem) : null,
            ProposalType.GroupContextExtensions =>
                ExtensionList.TryRead(ref reader, out ExtensionList list)
                    ? new GroupContextExtensionsProposal(list) : null,
            ProposalType.SelfRemove => SelfRemoveProposal.Instance,
            _ => null,
        };
        proposal = read!;
        return read is not null;
    }

    internal void Write(MlsWriter writer)
    {
        writer.UInt16(Type);
        WriteBody(writer);
    }

    internal abstract void WriteBody(MlsWriter writer);
}

// struct { KeyPackage key_package; } Add;             section 12.1.1
/// <summary>Asks that a client be added.</summary>
public sealed class AddProposal : Proposal
{
    internal AddProposal(UnverifiedKeyPackage keyPackage) => KeyPackage = keyPackage;

    /// <inheritdoc/>
    public override ushort Type => ProposalType.Add;

    /// <summary>The key package of the client.</summary>
    public UnverifiedKeyPackage KeyPackage { get; }

    internal override void WriteBody(MlsWriter writer) => writer.Raw(KeyPackage.Encoded);
}

// struct { LeafNode leaf_node; } Update;              section 12.1.2
/// <summary>Asks that the sender's leaf be replaced.</summary>
public sealed class UpdateProposal : Proposal
{
    internal UpdateProposal(LeafNode leaf) => Leaf = leaf;

    /// <inheritdoc/>
    public override ushort Type => ProposalType.Update;

    /// <summary>The new leaf.</summary>
    public LeafNode Leaf { get; }

    internal override void WriteBody(MlsWriter writer) => writer.Raw(Leaf.Encoded);
}

// struct { uint32 removed; } Remove;                  section 12.1.3
/// <summary>Asks that a member be removed.</summary>
public sealed class RemoveProposal : Proposal
{
    internal RemoveProposal(LeafIndex removed) => Removed = removed;

    /// <inheritdoc/>
    public override ushort Type => ProposalType.Remove;

    /// <summary>The member to remove.</summary>
    public LeafIndex Removed { get; }

    internal override void WriteBody(MlsWriter writer) => writer.UInt32(Removed.Value);
}

// struct { PreSharedKeyID psk; } PreSharedKey;        section 12.1.4
/// <summary>Asks that a pre-shared key enter the key schedule.</summary>
public sealed class PreSharedKeyProposal : Proposal
{
    internal PreSharedKeyProposal(PreSharedKeyId psk) => Psk = psk;

    /// <inheritdoc/>
    public override ushort Type => ProposalType.Psk;

    /// <summary>The key.</summary>
    public PreSharedKeyId Psk { get; }

    internal override void WriteBody(MlsWriter writer) => Psk.Write(writer);
}

// struct { opaque kem_output<V>; } ExternalInit;      section 12.1.6
/// <summary>Carries the init secret of an external commit.</summary>
public sealed class ExternalInitProposal : Proposal
{
    internal ExternalInitProposal(ReadOnlyMemory<byte> kemOutput) => KemOutput = kemOutput;

    /// <inheritdoc/>
    public override ushort Type => ProposalType.ExternalInit;

    internal ReadOnlyMemory<byte> KemOutput { get; }

    internal override void WriteBody(MlsWriter writer) => writer.Vector(KemOutput);
}

// struct { Extension extensions<V>; } GroupContextExtensions;   section 12.1.7
/// <summary>Asks that the group's extensions be replaced.</summary>
public sealed class GroupContextExtensionsProposal : Proposal
{
    internal GroupContextExtensionsProposal(ExtensionList extensions) => Extensions = extensions;

    /// <inheritdoc/>
    public override ushort Type => ProposalType.GroupContextExtensions;

    /// <summary>The new extensions, all of them.</summary>
    public ExtensionList Extensions { get; }

    internal override void WriteBody(MlsWriter writer) => Extensions.Write(writer);
}

// struct {} SelfRemove;                               draft-ietf-mls-extensions
/// <summary>
/// Asks that the sender be removed. Unlike a Remove, an external commit may cover it; so it is sent in the clear, and
/// stands in a commit by reference only.
/// </summary>
public sealed class SelfRemoveProposal : Proposal
{
    internal static readonly SelfRemoveProposal Instance = new();

    private SelfRemoveProposal()
    {
    }

    /// <inheritdoc/>
    public override ushort Type => ProposalType.SelfRemove;

    internal override void WriteBody(MlsWriter writer)
    {
        // An empty struct.
    }
}
