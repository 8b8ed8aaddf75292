using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls;

/// <summary>What a client says of itself (RFC 9420, section 7.2).</summary>
internal static class OwnCapabilities
{
    /// <summary>
    /// What of the application's wishes may be said: nothing that goes without saying, and nothing that the library
    /// cannot read. A proposal or credential of a type that it does not know has no end that it knows.
    /// </summary>
    internal static Capabilities Readable(Capabilities wanted) => new()
    {
        Versions = wanted.Versions,
        CipherSuites = wanted.CipherSuites,
        Extensions = [.. wanted.Extensions.Where(t => !ExtensionType.IsDefault(t))],
        Proposals = [.. wanted.Proposals.Where(ProposalType.IsSupported)],
        Credentials = [.. wanted.Credentials.Where(t => t is CredentialType.Basic or CredentialType.X509)],
    };

    /// <summary>A list with one value more, if it lacks it.</summary>
    internal static IReadOnlyList<ushort> With(IReadOnlyList<ushort> values, ushort value)
    {
        for (int i = 0; i < values.Count; i++)
        {
            if (values[i] == value)
                return values;
        }
        return [.. values.Append(value).Order()];
    }

    /// <summary>Capabilities with one extension more.</summary>
    internal static Capabilities WithExtension(Capabilities capabilities, ushort extension) => new()
    {
        CipherSuites = capabilities.CipherSuites,
        Extensions = [.. capabilities.Extensions, extension],
        Proposals = capabilities.Proposals,
        Credentials = capabilities.Credentials,
    };
}
