using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.MlsLite;

/// <summary>
/// The derivations of docs/reference/mls-lite.md, section 2: HKDF-SHA256 (RFC 5869) with one label each.
/// <code>
/// secret --Extract(salt = "qpc-mesh/1 mls-lite")--> prk
///   prk --"epoch tag" || epoch--> 2 bytes     prk --"epoch id" || epoch--> 32 bytes     prk --"tree" || epoch--> root
///   node --"left", "right"--> its children    node of a slot --"stream tag" || salt--> 2 bytes
///   leaf --"key" || salt--> message key       leaf --"nonce" || salt--> nonce
/// </code>
/// where epoch is groupId(8) || number(4) || cipher(1).
/// </summary>
internal static class LiteKeySchedule
{
    /// <summary>Size of what binds derivations to one epoch of one group.</summary>
    internal const int ContextSize = LiteConstants.GroupIdSize + sizeof(uint) + 1;

    private const int MaxLabelSize = 10;

    private static ReadOnlySpan<byte> Salt => "qpc-mesh/1 mls-lite"u8;

    private static ReadOnlySpan<byte> MaskSalt => "qpc-mesh/1 mls-lite rekey"u8;

    internal static void Extract(ReadOnlySpan<byte> secret, Span<byte> prk) =>
        HKDF.Extract(HashAlgorithmName.SHA256, secret, Salt, prk);

    internal static void WriteContext(Span<byte> context, LiteGroupId group, uint number, LiteCipher cipher)
    {
        group.Write(context);
        BinaryPrimitives.WriteUInt32BigEndian(context[LiteConstants.GroupIdSize..], number);
        context[^1] = (byte)cipher;
    }

    internal static void EpochTag(ReadOnlySpan<byte> prk, ReadOnlySpan<byte> context, Span<byte> tag) =>
        Expand(prk, "epoch tag"u8, context, tag);

    internal static void EpochId(ReadOnlySpan<byte> prk, ReadOnlySpan<byte> context, Span<byte> id) =>
        Expand(prk, "epoch id"u8, context, id);

    internal static void Root(ReadOnlySpan<byte> prk, ReadOnlySpan<byte> context, Span<byte> root) =>
        Expand(prk, "tree"u8, context, root);

    /// <summary>A child's secret; <paramref name="child"/> may be the node's own memory.</summary>
    internal static void Child(ReadOnlySpan<byte> node, bool right, Span<byte> child) =>
        Expand(node, right ? "right"u8 : "left"u8, default, child);

    internal static void StreamTag(ReadOnlySpan<byte> slotNode, ReadOnlySpan<byte> salt, Span<byte> tag) =>
        Expand(slotNode, "stream tag"u8, salt, tag);

    internal static void MessageKey(ReadOnlySpan<byte> leaf, ReadOnlySpan<byte> salt, Span<byte> key) =>
        Expand(leaf, "key"u8, salt, key);

    internal static void Nonce(ReadOnlySpan<byte> leaf, ReadOnlySpan<byte> salt, Span<byte> nonce) =>
        Expand(leaf, "nonce"u8, salt, nonce);

    /// <summary>
    /// What hides the secret in a rekey from everybody but the member it is for: shared is X25519 of the two
    /// identities.
    /// </summary>
    internal static void Mask(
        ReadOnlySpan<byte> shared, ReadOnlySpan<byte> epochId, NodeAddress sender, NodeAddress receiver,
        LiteStream stream,
        int counter, Span<byte> mask)
    {
        Span<byte> info =
            stackalloc byte[LiteConstants.EpochIdSize + (2 * NodeAddress.Size) + LiteStream.Size + sizeof(int)];
        epochId.CopyTo(info);
        Span<byte> rest = info[LiteConstants.EpochIdSize..];
        sender.Write(rest);
        receiver.Write(rest[NodeAddress.Size..]);
        stream.Write(rest[(2 * NodeAddress.Size)..]);
        BinaryPrimitives.WriteInt32BigEndian(info[^sizeof(int)..], counter);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, mask, MaskSalt, info);
    }

    private static void Expand(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, Span<byte> output)
    {
        Span<byte> info = stackalloc byte[MaxLabelSize + LiteStream.SaltSize];
        label.CopyTo(info);
        context.CopyTo(info[label.Length..]);
        HKDF.Expand(HashAlgorithmName.SHA256, key, output, info[..(label.Length + context.Length)]);
    }
}
