using System.Security.Cryptography;

namespace QuicProChat.Mesh.Mls.Lite;

/// <summary>The exporter of an MLS group (RFC 9420, section 8.5): label, context, output.</summary>
public delegate void MlsExporter(string label, ReadOnlySpan<byte> context, Span<byte> output);

/// <summary>Makes the compact twin of an MLS group, whose members and secret follow the MLS epoch by themselves.</summary>
public static class LiteExporter
{
    /// <summary>The exporter's label.</summary>
    public const string Label = "qpc-mesh/1 mls-lite";

    /// <summary>
    /// Derives the MLS-Lite group of an MLS epoch: group id = first 8 bytes of SHA-256(MLS group id); secret =
    /// MLS-Exporter(label, cipher(1) || MLS group id, 32). The member index is the MLS leaf index, so it fits groups
    /// whose leaves are all below 32.
    /// </summary>
    /// <param name="export">The group's exporter at this epoch.</param>
    /// <param name="mlsGroupId">The MLS group id.</param>
    /// <param name="mlsEpoch">The MLS epoch; its low 32 bits number the MLS-Lite epoch.</param>
    /// <param name="name">A name for people.</param>
    /// <param name="cipher">How messages are protected.</param>
    /// <param name="ownLeaf">This node's leaf index.</param>
    /// <param name="publicKey">This node's Ed25519 public key.</param>
    public static LiteGroup Derive(
        MlsExporter export, ReadOnlySpan<byte> mlsGroupId, ulong mlsEpoch, string name, LiteCipher cipher, int ownLeaf,
        ReadOnlySpan<byte> publicKey)
    {
        byte[] context = [(byte)cipher, .. mlsGroupId];
        Span<byte> secret = stackalloc byte[LiteConstants.SecretSize];
        export(Label, context, secret);
        LiteGroup group = LiteGroup.FromSecret(
            SHA256.HashData(mlsGroupId).AsSpan(0, LiteConstants.GroupIdSize), name, cipher, secret, (uint)mlsEpoch, ownLeaf, publicKey);
        CryptographicOperations.ZeroMemory(secret);
        return group;
    }
}
