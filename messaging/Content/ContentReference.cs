using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Content;

// docs/reference/content.md, section 3:
//
//  00 id(8)                            the first half of the message's id
//  01 state(8) leaf(2) number(4)       where the message has a place

/// <summary>
/// Names a message of the same conversation. Half an id is enough: to make a message whose id begins like that of
/// another takes 2^64 tries, and a reference counts in its own conversation only. A shorter one would not be: 4 bytes
/// are 2^32 tries, and a member could put a message of its own where a reply points.
/// </summary>
public readonly record struct ContentReference
{
    private const byte ById = 0;
    private const byte ByPlace = 1;
    private const int HexDigits = 2 * sizeof(ulong);

    private ContentReference(ulong idPrefix, MessagePlace? place) => (IdPrefix, Place) = (idPrefix, place);

    /// <summary>The first 8 bytes of the message's id; 0 where it is named by its place.</summary>
    public ulong IdPrefix { get; }

    /// <summary>The message's place; null where it is named by its id.</summary>
    public MessagePlace? Place { get; }

    /// <summary>Bytes of it.</summary>
    public int Size => 1 + (Place is null ? sizeof(ulong) : MessagePlace.Size);

    /// <summary>Names a message: by its place if it has one.</summary>
    public static ContentReference To(Message message) =>
        message.Place is { } place ? To(place) : To(message.Id);

    /// <summary>Names a message by its id.</summary>
    public static ContentReference To(in EnvelopeId id) => new(id.Prefix, null);

    /// <summary>Names a message by its place.</summary>
    public static ContentReference To(in MessagePlace place) => new(0, place);

    /// <summary>Reads one from the front; false if it is cut or of a form that this version does not know.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> bytes, out ContentReference reference)
    {
        reference = default;
        if (bytes.IsEmpty)
            return false;
        switch (bytes[0])
        {
            case ById when bytes.Length > sizeof(ulong):
                reference = new ContentReference(BinaryPrimitives.ReadUInt64BigEndian(bytes[1..]), null);
                break;
            case ByPlace when bytes.Length > MessagePlace.Size:
                reference = new ContentReference(0, MessagePlace.Read(bytes[1..]));
                break;
            default:
                return false;
        }

        bytes = bytes[reference.Size..];
        return true;
    }

    /// <summary>Reads what <see cref="ToString"/> writes; false if the text is anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ContentReference reference)
    {
        reference = default;
        string[] parts = text?.Split('.') ?? [];
        if (parts is not ([{ Length: HexDigits }] or [{ Length: HexDigits }, _, _])
            || !ulong.TryParse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong first))
            return false;
        if (parts.Length == 1)
        {
            reference = new ContentReference(first, null);
            return true;
        }

        if (!ushort.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out ushort leaf)
            || !uint.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint number))
            return false;
        reference = To(new MessagePlace(first, leaf, number));
        return true;
    }

    /// <summary>Writes it; returns the bytes written.</summary>
    public int Write(Span<byte> destination)
    {
        if (Place is { } place)
        {
            destination[0] = ByPlace;
            place.Write(destination[1..]);
        }
        else
        {
            destination[0] = ById;
            BinaryPrimitives.WriteUInt64BigEndian(destination[1..], IdPrefix);
        }

        return Size;
    }

    /// <summary>Its bytes.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }

    /// <summary>The half of the id, or state, leaf and number with points between.</summary>
    public override string ToString() => Place is { } place
        ? $"{place.State:x16}.{place.Leaf}.{place.Number}" : $"{IdPrefix:x16}";
}
