using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Tree;

/// <summary>Sets of the credential types that this library can read, as bits.</summary>
internal static class CredentialMask
{
    internal const byte All = 3;

    internal static byte Of(ushort type) => type is CredentialType.Basic or CredentialType.X509 ? (byte)type : (byte)0;

    internal static byte Of(UInt16List types)
    {
        byte mask = 0;
        for (int i = 0; i < types.Count; i++)
            mask |= Of(types[i]);
        return mask;
    }
}
