using System.Collections.Immutable;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Groups.Wire;

//  version 1 = 1 | strict 1 | admin count 1 | admins 16 each, the senior first | hash of the order table 32
//
/// <summary>
/// What all members of a group agree on beyond MLS: an extension of the group context, of a type for private use, that
/// every member has to understand (required_capabilities).
/// </summary>
/// <param name="IsStrict">Past states take no commits at all (docs/reference/groups.md).</param>
/// <param name="Admins">The admins, the senior first.</param>
/// <param name="Table">The hash of the order table.</param>
public sealed record GroupContextExtension(bool IsStrict, ImmutableArray<NodeAddress> Admins, Digest Table)
{
    /// <summary>The extension's type, of those for private use (RFC 9420, section 17.3).</summary>
    public const ushort Type = 0xf4d5;

    private const byte Version = 1;

    /// <summary>The extensions of a group with an order table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="isStrict">Past states take no commits at all.</param>
    /// <param name="pair">Which founding of a pair it is; null for a group of people.</param>
    internal static ExtensionList ListFor(OrderTable table, bool isStrict, ulong? pair)
    {
        var writer = new FrameWriter();
        writer.Byte(Version);
        writer.Byte(isStrict ? (byte)1 : (byte)0);
        writer.Byte((byte)table.Admins.Length);
        foreach (NodeAddress admin in table.Admins)
            admin.Write(writer.Take(NodeAddress.Size));
        table.Hash().Write(writer.Take(Digest.Size));
        var own = new Extension(Type, writer.ToArray());
        return pair is { } number
            ? new ExtensionList(
                [
                    new RequiredCapabilities { Extensions = [Type, PairExtension.Type] }.ToExtension(), own,
                    PairExtension.Of(number),
                ])
            : new ExtensionList([new RequiredCapabilities { Extensions = [Type] }.ToExtension(), own]);
    }

    /// <summary>Reads the extension of a group; false if it has none, or another version's.</summary>
    public static bool TryRead(ExtensionList extensions, out GroupContextExtension extension)
    {
        extension = null!;
        if (!extensions.TryFind(Type, out ReadOnlyMemory<byte> data))
            return false;
        var reader = new FrameReader(data.Span);
        if (!reader.TryByte(out byte version) || version != Version || !reader.TryByte(out byte strict) || strict > 1
            || !reader.TryByte(out byte count) || count > OrderTable.MaxAdmins
            || !reader.TryTake(count * NodeAddress.Size, out ReadOnlySpan<byte> admins)
            || !reader.TryTake(Digest.Size, out ReadOnlySpan<byte> table) || !reader.AtEnd)
            return false;
        ImmutableArray<NodeAddress>.Builder list = ImmutableArray.CreateBuilder<NodeAddress>(count);
        for (; !admins.IsEmpty; admins = admins[NodeAddress.Size..])
            list.Add(NodeAddress.Read(admins));
        extension = new GroupContextExtension(strict == 1, list.ToImmutable(), Digest.Read(table));
        return true;
    }

    /// <summary>Whether a group's extensions are exactly those that an order table asks for.</summary>
    internal static bool Matches(ExtensionList extensions, OrderTable table, bool isStrict, ulong? pair)
    {
        ExtensionList wanted = ListFor(table, isStrict, pair);
        if (extensions.Count != wanted.Count)
            return false;
        for (int i = 0; i < wanted.Count; i++)
        {
            if (extensions[i].Type != wanted[i].Type || !extensions[i].Data.Span.SequenceEqual(wanted[i].Data.Span))
                return false;
        }

        return true;
    }
}
