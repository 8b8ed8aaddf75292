using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     opaque group_id<V>;
//     ProtocolVersion version;                        uint16
//     CipherSuite cipher_suite;                       uint16
//     Extension extensions<V>;
// } ReInit;                                           RFC 9420, section 12.1.5
/// <summary>Asks that the group end and begin anew with other parameters.</summary>
public sealed class ReInitProposal : Proposal
{
    internal ReInitProposal(ReadOnlyMemory<byte> groupId, ushort version, CipherSuite suite, ExtensionList extensions)
    {
        GroupId = groupId;
        Version = version;
        CipherSuite = suite;
        Extensions = extensions;
    }

    /// <inheritdoc/>
    public override ushort Type => ProposalType.ReInit;

    /// <summary>The id of the new group.</summary>
    public ReadOnlyMemory<byte> GroupId { get; }

    /// <summary>The protocol version of the new group; not below the old group's.</summary>
    public ushort Version { get; }

    /// <summary>The cipher suite of the new group; it may be one that this library does not know.</summary>
    public CipherSuite CipherSuite { get; }

    /// <summary>The extensions of the new group.</summary>
    public ExtensionList Extensions { get; }

    internal static ReInitProposal? Read(ref MlsReader reader) =>
        reader.TryReadVector(out ReadOnlyMemory<byte> groupId) && reader.TryReadUInt16(out ushort version)
        && reader.TryReadUInt16(out ushort suite) && ExtensionList.TryRead(ref reader, out ExtensionList extensions)
            ? new ReInitProposal(groupId, version, (CipherSuite)suite, extensions)
            : null;

    internal override void WriteBody(MlsWriter writer)
    {
        writer.Vector(GroupId);
        writer.UInt16(Version);
        writer.UInt16((ushort)CipherSuite);
        Extensions.Write(writer);
    }
}
