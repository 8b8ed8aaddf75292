using System.Globalization;

namespace QuicProChat.Mesh.Fapp.Records;

/// <summary>Names a slot of a practice: 4 random bytes. A slot is never edited; what changes gets a new id.</summary>
/// <param name="Value">The 4 bytes, big-endian.</param>
public readonly record struct SlotId(uint Value)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = sizeof(uint);

    /// <summary>8 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x8", CultureInfo.InvariantCulture);

    /// <summary>Reads 8 hexadecimal digits.</summary>
    public static bool TryParse(string text, out SlotId id)
    {
        bool isId = uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value)
            && text.Length == 2 * Size;
        id = new SlotId(value);
        return isId;
    }
}
