using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Groups.Wire;

//  version 1 = 1
//
/// <summary>
/// A leaf that asks for texts in their compact form (docs/reference/groups.md, "Over radios"): an extension of the
/// leaf, which its signature covers. Whoever lists the type among its capabilities can read that form; whoever has the
/// extension is behind a radio and wants it.
/// </summary>
internal static class CompactWish
{
    /// <summary>The extension's type, of those for private use (RFC 9420, section 17.3).</summary>
    internal const ushort Type = 0xf4d9;

    private const byte Version = 1;

    /// <summary>The extensions of a leaf that asks for it.</summary>
    internal static ExtensionList Asking { get; } = new([new Extension(Type, new byte[] { Version })]);

    /// <summary>Whether a leaf asks for it. A version that is not known asks for something else.</summary>
    internal static bool IsIn(LeafNode leaf) =>
        leaf.Extensions.TryFind(Type, out ReadOnlyMemory<byte> data) && data.Span is [Version];

    /// <summary>Whether the member can read it.</summary>
    internal static bool IsUnderstoodBy(LeafNode leaf) => leaf.Capabilities.Extensions.Contains(Type);
}
