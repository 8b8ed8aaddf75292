using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace QuicProChat.Mesh.Wire;

/// <summary>
/// The rule for node names, which end up on terminals and in logs: at most 20 bytes of UTF-8 without anything that
/// could command a terminal or disguise another name. Empty is allowed and means "no name".
/// </summary>
public static class NodeName
{
    private static readonly Rune ZeroWidthNonJoiner = new(0x200C);
    private static readonly Rune ZeroWidthJoiner = new(0x200D);

    /// <summary>Tells whether bytes are a name that may travel.</summary>
    public static bool IsValid(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > Limits.MaxNodeName)
            return false;
        while (!utf8.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(utf8, out Rune rune, out int consumed) != OperationStatus.Done || !IsAllowed(rune))
                return false;
            utf8 = utf8[consumed..];
        }

        return true;
    }

    /// <summary>As <see cref="IsValid(ReadOnlySpan{byte})"/>, for what an operator typed.</summary>
    public static bool IsValid(string name)
    {
        // More characters than bytes allowed cannot fit, and are not worth encoding.
        if (name.Length > Limits.MaxNodeName)
            return false;
        Span<byte> utf8 = stackalloc byte[Limits.MaxNodeName * 3];
        return Utf8.FromUtf16(name, utf8, out _, out int written, replaceInvalidSequences: false) == OperationStatus.Done
            && IsValid(utf8[..written]);
    }

    // Joiners are format characters too, but words and emoji need them.
    private static bool IsAllowed(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => false,
        UnicodeCategory.Format => rune == ZeroWidthJoiner || rune == ZeroWidthNonJoiner,
        _ => true,
    };
}
