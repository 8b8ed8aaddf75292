using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     ProtocolVersion versions<V>;
//     CipherSuite cipher_suites<V>;
//     ExtensionType extensions<V>;
//     ProposalType proposals<V>;
//     CredentialType credentials<V>;
// } Capabilities;                                     RFC 9420, section 7.2
/// <summary>What a client supports beyond the defaults.</summary>
public sealed class Capabilities
{
    /// <summary>Protocol versions.</summary>
    public IReadOnlyList<ushort> Versions { get; init; } = [Protocol.Version];

    /// <summary>Cipher suites, as numbers, because a peer may list some that this library does not know.</summary>
    public IReadOnlyList<ushort> CipherSuites { get; init; } = [];

    /// <summary>Extension types beyond the default ones.</summary>
    public IReadOnlyList<ushort> Extensions { get; init; } = [];

    /// <summary>Proposal types beyond the default ones.</summary>
    public IReadOnlyList<ushort> Proposals { get; init; } = [];

    /// <summary>Credential types.</summary>
    public IReadOnlyList<ushort> Credentials { get; init; } = [CredentialType.Basic];

    internal static bool TrySkip(ref MlsReader reader)
    {
        for (int i = 0; i < 5; i++)
        {
            if (!reader.TryReadUInt16Vector(out _))
                return false;
        }
        return true;
    }

    internal void Write(MlsWriter writer)
    {
        WriteList(writer, Versions);
        WriteList(writer, CipherSuites);
        WriteList(writer, Extensions);
        WriteList(writer, Proposals);
        WriteList(writer, Credentials);
    }

    private static void WriteList(MlsWriter writer, IReadOnlyList<ushort> values)
    {
        writer.VectorHeader(2 * values.Count);
        for (int i = 0; i < values.Count; i++)
            writer.UInt16(values[i]);
    }
}
