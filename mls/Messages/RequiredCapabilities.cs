using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     ExtensionType extension_types<V>;
//     ProposalType proposal_types<V>;
//     CredentialType credential_types<V>;
// } RequiredCapabilities;                             RFC 9420, section 11.1
/// <summary>What every member of a group must support.</summary>
public sealed class RequiredCapabilities
{
    /// <summary>Extension types.</summary>
    public IReadOnlyList<ushort> Extensions { get; init; } = [];

    /// <summary>Proposal types.</summary>
    public IReadOnlyList<ushort> Proposals { get; init; } = [];

    /// <summary>Credential types.</summary>
    public IReadOnlyList<ushort> Credentials { get; init; } = [];

    /// <summary>The extension for the group context.</summary>
    public Extension ToExtension()
    {
        using MlsWriter writer = new();
        foreach (IReadOnlyList<ushort> list in (IReadOnlyList<ushort>[])[Extensions, Proposals, Credentials])
        {
            writer.VectorHeader(2 * list.Count);
            foreach (ushort value in list)
                writer.UInt16(value);
        }
        return new Extension(ExtensionType.RequiredCapabilities, writer.ToArray());
    }

    internal static bool TryParse(ReadOnlyMemory<byte> data, out RequiredCapabilities required)
    {
        required = null!;
        MlsReader reader = new(data);
        if (!reader.TryReadUInt16Vector(out ReadOnlyMemory<byte> extensions)
            || !reader.TryReadUInt16Vector(out ReadOnlyMemory<byte> proposals)
            || !reader.TryReadUInt16Vector(out ReadOnlyMemory<byte> credentials) || !reader.AtEnd)
        {
            return false;
        }
        required = new RequiredCapabilities
        {
            Extensions = new UInt16List(extensions).ToArray(),
            Proposals = new UInt16List(proposals).ToArray(),
            Credentials = new UInt16List(credentials).ToArray(),
        };
        return true;
    }

    internal bool IsMetBy(LeafNode leaf)
    {
        CapabilitiesView view = leaf.CapabilitiesView;
        foreach (ushort type in Extensions)
        {
            if (!view.SupportsExtension(type))
                return false;
        }
        foreach (ushort type in Proposals)
        {
            if (!view.SupportsProposal(type))
                return false;
        }
        foreach (ushort type in Credentials)
        {
            if (!view.Credentials.Contains(type))
                return false;
        }
        return true;
    }
}
