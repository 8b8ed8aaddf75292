using System.Globalization;
using System.Text;
using QuicProChat.Mesh.Messaging.Content;

namespace QuicProChat.Mesh.Messaging.Files;

/// <summary>
/// Makes a name that a file system and people can take of whatever somebody calls a file. Nothing of it names a folder,
/// hides it, or steers a terminal.
/// </summary>
public static class FileNames
{
    /// <summary>What a file is called of whose name nothing is left.</summary>
    public const string Nameless = "file";

    /// <summary>Longest name in bytes of UTF-8; leaves room for a number in front of the ending.</summary>
    public const int MaxSize = FileOfferContent.MaxNameSize - 15;

    /// <summary>Endings longer than this are no endings. Arbitrary.</summary>
    private const int MaxEnding = 16;

    /// <summary>Cleans a name.</summary>
    /// <param name="name">Anything; the part behind the last slash or backslash counts.</param>
    public static string Clean(string name)
    {
        string last = name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
        var kept = new StringBuilder(last.Length);
        foreach (Rune rune in last.EnumerateRunes())
        {
            if (IsAllowed(rune))
                kept.Append(rune.ToString());
            else if (rune != Rune.ReplacementChar && Rune.IsWhiteSpace(rune))
                kept.Append(' ');
        }

        // A dot in front hides a file; a blank or a dot behind is lost on some disks; a dash in front passes for an
        // option.
        string clean = kept.ToString().Trim(' ', '.').TrimStart('-', ' ', '.');
        clean = Shorten(clean, MaxSize);
        return clean.Length > 0 && !IsDevice(clean) ? clean : clean.Length > 0 ? "_" + clean : Nameless;
    }

    /// <summary>A name with a number in front of its ending: <c>map (2).png</c>.</summary>
    public static string Numbered(string clean, int number)
    {
        if (number <= 1)
            return clean;
        int dot = clean.LastIndexOf('.');
        bool hasEnding = dot > 0 && clean.Length - dot <= MaxEnding;
        string mark = string.Create(CultureInfo.InvariantCulture, $" ({number})");
        return hasEnding ? clean[..dot] + mark + clean[dot..] : clean + mark;
    }

    private static string Shorten(string name, int most)
    {
        if (Encoding.UTF8.GetByteCount(name) <= most)
            return name;
        int dot = name.LastIndexOf('.');
        string ending = dot > 0 && name.Length - dot <= MaxEnding ? name[dot..] : "";
        int left = most - Encoding.UTF8.GetByteCount(ending);
        var kept = new StringBuilder();
        foreach (Rune rune in name.EnumerateRunes())
        {
            left -= rune.Utf8SequenceLength;
            if (left < 0)
                break;
            kept.Append(rune.ToString());
        }

        return kept.ToString().TrimEnd(' ', '.') + ending;
    }

    private static bool IsAllowed(Rune rune) =>
        rune.Value is not (':' or '*' or '?' or '"' or '<' or '>' or '|' or 0xFFFD)
        && Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator) || rune.Value == ' ';

    // What Windows takes for devices, should the folder be shared with one.
    private static bool IsDevice(string name)
    {
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        string stem = (dot < 0 ? name : name[..dot]).TrimEnd().ToUpperInvariant();
        return stem is "CON" or "PRN" or "AUX" or "NUL"
            || (stem.Length == 4 && stem[3] is >= '1' and <= '9' && (stem.StartsWith("COM", StringComparison.Ordinal)
                || stem.StartsWith("LPT", StringComparison.Ordinal)));
    }
}
