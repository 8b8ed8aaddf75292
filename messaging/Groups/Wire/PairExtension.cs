using System.Buffers.Binary;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Groups.Wire;

//  version 1 = 1 | number 8
//
/// <summary>
/// What makes a group the keys of a conversation of two (docs/reference/groups.md, "Two people"): an extension of the
/// group context that every member has to understand. A node whose KeyPackage does not name it is never asked.
/// </summary>
internal static class PairExtension
{
    /// <summary>The extension's type, of those for private use (RFC 9420, section 17.3).</summary>
    internal const ushort Type = 0xf4d6;

    /// <summary>
    /// The highest number: how often one pair is founded is bounded by what a peer may ask for, and a number that
    /// leaves no successor is refused when it comes.
    /// </summary>
    internal const ulong MaxNumber = 1UL << 62;

    private const byte Version = 1;
    private const int Size = 1 + sizeof(ulong);

    /// <summary>The extension.</summary>
    /// <param name="number">How often this pair was founded, more or less: the highest one counts.</param>
    internal static Extension Of(ulong number)
    {
        byte[] data = new byte[Size];
        data[0] = Version;
        BinaryPrimitives.WriteUInt64BigEndian(data.AsSpan(1), number);
        return new Extension(Type, data);
    }

    /// <summary>The number of a pair; null for another group, or another version's.</summary>
    internal static ulong? NumberOf(ExtensionList extensions)
    {
        if (!extensions.TryFind(Type, out ReadOnlyMemory<byte> data) || data.Length != Size
            || data.Span[0] != Version)
            return null;
        ulong number = BinaryPrimitives.ReadUInt64BigEndian(data.Span[1..]);
        return number is > 0 and <= MaxNumber ? number : null;
    }
}
