using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// The rule for names that somebody else chose and that this node shows: on terminals, in logs, on pages. They are
/// UTF-8 without anything that could command a terminal, forge a line or disguise one name as another. Node names
/// (docs/reference/protocol.md, section 3.4) follow <see cref="IsValid(ReadOnlySpan{byte}, int)"/>; names of groups and
/// the owner's own names for things are stricter.
/// </summary>
public static class DisplayName
{
    private static readonly Rune ZeroWidthNonJoiner = new(0x200C);
    private static readonly Rune ZeroWidthJoiner = new(0x200D);

    /// <summary>Behind a symbol it asks for the coloured picture, and many keyboards send it.</summary>
    private static readonly Rune EmojiPresentation = new(0xFE0F);

    /// <summary>Tells whether bytes are a name that may be shown; an empty one is.</summary>
    /// <param name="utf8">The name.</param>
    /// <param name="maxSize">Its largest size in bytes.</param>
    public static bool IsValid(ReadOnlySpan<byte> utf8, int maxSize) =>
        utf8.Length <= maxSize && Check(utf8, strict: false);

    /// <summary>As <see cref="IsValid(ReadOnlySpan{byte}, int)"/>, for what an operator typed.</summary>
    public static bool IsValid(string name, int maxSize) => Check(name, maxSize, strict: false);

    /// <summary>
    /// What keeps <see cref="IsValid(string, int)"/> from taking a name, in one sentence; null if nothing does.
    /// </summary>
    public static string? Explain(string name, int maxSize)
    {
        int bytes = 0;
        for (int i = 0; i < name.Length;)
        {
            if (!Rune.TryGetRuneAt(name, i, out Rune rune))
                return $"character {i + 1} is half of a surrogate pair";
            if (!IsAllowed(rune))
                return string.Create(CultureInfo.InvariantCulture,
                    $"character {i + 1}, U+{rune.Value:X4}, is a control or format character, "
                        + $"which could disguise the name");
            bytes += rune.Utf8SequenceLength;
            i += rune.Utf16SequenceLength;
        }

        return bytes > maxSize ? $"it has {bytes} bytes in UTF-8, and {maxSize} are the most" : null;
    }

    /// <summary>
    /// As <see cref="IsValid(ReadOnlySpan{byte}, int)"/>, and nothing in it is invisible: the zero-width joiners, which
    /// words of some scripts and emoji need, stand between characters outside ASCII only.
    /// </summary>
    public static bool IsVisible(ReadOnlySpan<byte> utf8, int maxSize) =>
        utf8.Length <= maxSize && Check(utf8, strict: true);

    /// <summary>
    /// A name that its owner types where a command expects one: visible, not empty, without blanks, and not like an
    /// option.
    /// </summary>
    public static bool IsHandle(string name, int maxSize) =>
        name.Length > 0 && name[0] != '-' && !name.Any(char.IsWhiteSpace) && Check(name, maxSize, strict: true);

    private static bool Check(string name, int maxSize, bool strict)
    {
        // More characters than bytes allowed cannot fit, and are not worth encoding.
        if (name.Length > maxSize)
            return false;
        byte[] utf8 = new byte[maxSize];
        return Utf8.FromUtf16(name, utf8, out _, out int written, replaceInvalidSequences: false)
            == OperationStatus.Done
            && Check(utf8.AsSpan(0, written), strict);
    }

    private static bool Check(ReadOnlySpan<byte> utf8, bool strict)
    {
        // Before and after a name stands nothing that a joiner could join.
        bool wasAscii = true, wasJoiner = false, wasSymbol = false;
        while (!utf8.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(utf8, out Rune rune, out int consumed) != OperationStatus.Done || !IsAllowed(rune))
                return false;
            bool isJoiner = IsJoiner(rune);
            if (strict && ((IsInvisible(rune) && !(rune == EmojiPresentation && wasSymbol))
                || (isJoiner && (wasAscii || wasJoiner)) || (wasJoiner && rune.IsAscii)))
                return false;
            (wasAscii, wasJoiner) = (rune.IsAscii, isJoiner);
            wasSymbol = !rune.IsAscii && Rune.GetUnicodeCategory(rune) == UnicodeCategory.OtherSymbol;
            utf8 = utf8[consumed..];
        }

        return !strict || !wasJoiner;
    }

    private static bool IsJoiner(Rune rune) => rune == ZeroWidthJoiner || rune == ZeroWidthNonJoiner;

    // Joiners are format characters too, but words and emoji need them.
    private static bool IsAllowed(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => false,
        UnicodeCategory.Format => IsJoiner(rune),
        _ => true,
    };

    // Letters, marks and symbols that show nothing: Hangul fillers, the grapheme joiner, inherent vowels of Khmer,
    // variation selectors, what Unicode reserves for more of them (Default_Ignorable_Code_Point), the empty Braille
    // cell.
    private static bool IsInvisible(Rune rune) => rune.Value is 0x115F or 0x1160 or 0x3164 or 0xFFA0 or 0x034F or 0x2800
        or 0x17B4 or 0x17B5 or (>= 0x180B and <= 0x180F) or 0x2065 or (>= 0xFE00 and <= 0xFE0F)
        or (>= 0xFFF0 and <= 0xFFF8)
        or (>= 0xE0000 and <= 0xE0FFF);
}
