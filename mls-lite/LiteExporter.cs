using System.Security.Cryptography;

namespace QuicProChat.Mesh.MlsLite;

/// <summary>The exporter of an MLS group (RFC 9420, section 8.5): label, context, output.</summary>
public delegate void MlsExporter(string label, ReadOnlySpan<byte> context, Span<byte> output);

/// <summary>
/// Makes the compact twin of an MLS group, whose members and secret follow the MLS epoch. A twin is made once and
/// stored with the group; each later MLS epoch is added to it. One that is made a second time uses no key again,
/// because it writes another stream, but it would read old messages again.
/// </summary>
public static class LiteExporter
{
    /// <summary>The exporter's label.</summary>
    public const string Label = "qpc-mesh/1 mls-lite";

    /// <summary>
    /// Derives the MLS-Lite group of an MLS epoch: group id = first 8 bytes of SHA-256(MLS group id); secret =
    /// MLS-Exporter(label, cipher(1) || MLS group id, 32). The member index is the MLS leaf index.
    /// </summary>
    /// <param name="self">This node.</param>
    /// <param name="export">The group's exporter at this epoch.</param>
    /// <param name="mlsGroupId">The MLS group id.</param>
    /// <param name="mlsEpoch">The MLS epoch; it numbers the MLS-Lite epoch.</param>
    /// <param name="name">A name for people.</param>
    /// <param name="cipher">How messages are protected.</param>
    /// <param name="ownLeaf">This node's leaf index, 0 to 254.</param>
    public static LiteGroup Derive(
        LiteSelf self, MlsExporter export, ReadOnlySpan<byte> mlsGroupId, ulong mlsEpoch, string name,
        LiteCipher cipher, int ownLeaf)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mlsEpoch, LiteConstants.MaxEpoch);
        Span<byte> secret = stackalloc byte[LiteConstants.SecretSize];
        Export(export, mlsGroupId, cipher, secret);
        LiteGroup twin = LiteGroup.FromSecret(
            self, IdOf(mlsGroupId), name, cipher, secret, (uint)mlsEpoch, ownLeaf, ownLeaf, followsMls: true);
        CryptographicOperations.ZeroMemory(secret);
        return twin;
    }

    /// <summary>
    /// Takes a twin to a later MLS epoch. Members who left are to be taken out before with
    /// <see cref="LiteGroup.RemoveMember"/>, those who came added with <see cref="LiteGroup.AddMember"/>.
    /// </summary>
    /// <returns>False, and nothing changed, if the twin has reached the epoch already.</returns>
    /// <exception cref="ArgumentException">This is the twin of another group, or none.</exception>
    public static bool TryFollow(LiteGroup twin, MlsExporter export, ReadOnlySpan<byte> mlsGroupId, ulong mlsEpoch)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mlsEpoch, LiteConstants.MaxEpoch);
        if (!twin.FollowsMls || twin.Id != IdOf(mlsGroupId))
            throw new ArgumentException("This is not the twin of that MLS group.", nameof(twin));
        if (mlsEpoch <= twin.Epoch)
            return false;
        Span<byte> secret = stackalloc byte[LiteConstants.SecretSize];
        Export(export, mlsGroupId, twin.Cipher, secret);
        twin.Follow(secret, (uint)mlsEpoch);
        CryptographicOperations.ZeroMemory(secret);
        return true;
    }

    private static LiteGroupId IdOf(ReadOnlySpan<byte> mlsGroupId) => LiteGroupId.Read(SHA256.HashData(mlsGroupId));

    private static void Export(MlsExporter export, ReadOnlySpan<byte> mlsGroupId, LiteCipher cipher, Span<byte> secret)
    {
        byte[] context = [(byte)cipher, .. mlsGroupId];
        export(Label, context, secret);
    }
}
