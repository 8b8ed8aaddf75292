using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Tree;

/// <summary>
/// Sets, as bits, of what a commit has to know of all members at once: the credential types that this library can read,
/// and whether a member supports SelfRemove.
/// </summary>
internal static class CredentialMask
{
    internal const byte SelfRemove = 4;
    internal const byte All = 3 | SelfRemove;

    internal static byte Of(ushort type) => type is CredentialType.Basic or CredentialType.X509 ? (byte)type : (byte)0;

    internal static byte Of(UInt16List types)
    {
        byte mask = 0;
        for (int i = 0; i < types.Count; i++)
            mask |= Of(types[i]);
        return mask;
    }

    /// <summary>What a member supports.</summary>
    internal static byte SupportOf(LeafNode leaf)
    {
        CapabilitiesView view = leaf.CapabilitiesView;
        byte mask = Of(view.Credentials);
        return view.Proposals.Contains(ProposalType.SelfRemove) ? (byte)(mask | SelfRemove) : mask;
    }
}
