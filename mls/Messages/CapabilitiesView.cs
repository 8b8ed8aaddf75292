using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Messages;

/// <summary>Encoded capabilities, read without copying; the encoding was checked when the leaf was.</summary>
internal readonly ref struct CapabilitiesView
{
    internal readonly UInt16List Versions;
    internal readonly UInt16List CipherSuites;
    internal readonly UInt16List Extensions;
    internal readonly UInt16List Proposals;
    internal readonly UInt16List Credentials;

    internal CapabilitiesView(ReadOnlyMemory<byte> encoded)
    {
        MlsReader reader = new(encoded);
        Versions = Next(ref reader);
        CipherSuites = Next(ref reader);
        Extensions = Next(ref reader);
        Proposals = Next(ref reader);
        Credentials = Next(ref reader);
    }

    internal bool SupportsExtension(ushort type) => ExtensionType.IsDefault(type) || Extensions.Contains(type);

    internal bool SupportsProposal(ushort type) => ProposalType.IsDefault(type) || Proposals.Contains(type);

    internal Capabilities ToCapabilities() => new()
    {
        Versions = Versions.ToArray(),
        CipherSuites = CipherSuites.ToArray(),
        Extensions = Extensions.ToArray(),
        Proposals = Proposals.ToArray(),
        Credentials = Credentials.ToArray(),
    };

    private static UInt16List Next(ref MlsReader reader) =>
        reader.TryReadUInt16Vector(out ReadOnlyMemory<byte> body) ? new UInt16List(body) : default;
}
