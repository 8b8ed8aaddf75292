using System.Globalization;
using System.Text;
using System.Text.Json;

namespace QuicProChat.Mesh.Api;

/// <summary>What a screen needs of the place where it stands.</summary>
public interface IScreenPlace
{
    /// <summary>A time by the clocks of the place.</summary>
    DateTimeOffset ToLocal(DateTimeOffset time);

    /// <summary>Draws a text as a QR code.</summary>
    void DrawCode(TextWriter output, string text);
}

/// <summary>Shows results to people: lines, tables, objects as lines of name and value.</summary>
/// <param name="output">Where it writes.</param>
/// <param name="place">Where it stands.</param>
public sealed class Screen(TextWriter output, IScreenPlace place)
{
    private const string ToTheSecond = "yyyy-MM-dd HH:mm:ss";

    /// <summary>
    /// What others wrote must not steer a terminal: control characters become the symbols that stand for them, line
    /// ends and tabs become spaces, and what turns directions or shows nothing becomes a replacement character.
    /// </summary>
    public static string Printable(string? text)
    {
        if (text is null || !text.Any(Steers))
            return text ?? "";
        var clean = new StringBuilder(text.Length);
        foreach (char c in text)
            clean.Append(Steers(c) ? SymbolOf(c) : c);
        return clean.ToString();
    }

    /// <summary>So many of a thing: <c>1 message</c>, <c>2 messages</c>.</summary>
    public static string Count(long number, string thing) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {thing}{(number == 1 ? "" : "s")}");

    /// <summary>Writes a line.</summary>
    public void Line(string text) => output.WriteLine(text);

    /// <summary>Writes a text as it is.</summary>
    public void Write(string text) => output.Write(text);

    /// <summary>Draws a text as a QR code.</summary>
    public void Code(string text) => place.DrawCode(output, text);

    /// <summary>A time as the reader's clock shows it; people need no more than seconds.</summary>
    public string Local(DateTimeOffset time, string format = ToTheSecond) =>
        place.ToLocal(time).ToString(format, CultureInfo.InvariantCulture);

    /// <summary>Writes an object: a line a field.</summary>
    public void Fields(JsonElement result)
    {
        int width = 0;
        foreach (JsonProperty property in result.EnumerateObject())
            width = Math.Max(width, property.Name.Length);
        foreach (JsonProperty property in result.EnumerateObject())
            Line($"{property.Name.PadRight(width)}  {Show(property.Name, property.Value)}");
    }

    /// <summary>Writes a list: a line an item, below the names of the columns.</summary>
    /// <param name="items">The list.</param>
    /// <param name="empty">What is said where there is none.</param>
    /// <param name="columns">What a column is called, and what stands in it.</param>
    public void Table<T>(
        IReadOnlyList<T> items, string empty, params (string Title, Func<T, object?> Value)[] columns) =>
        Table("", items, empty, columns);

    /// <summary>The same, each line behind an indent.</summary>
    public void Table<T>(
        string indent, IReadOnlyList<T> items, string empty, params (string Title, Func<T, object?> Value)[] columns)
    {
        if (items.Count == 0)
        {
            Line(indent + empty);
            return;
        }

        string[][] rows =
        [
            Array.ConvertAll(columns, c => c.Title),
            .. items.Select(i => Array.ConvertAll(columns, c => Show(c.Value(i)))),
        ];
        int[] widths = [.. columns.Select((_, at) => rows.Max(r => r[at].Length))];
        foreach (string[] row in rows)
            Line(indent + string.Join("  ", row.Select((cell, at) => cell.PadRight(widths[at]))).TrimEnd());
    }

    /// <summary>A value as people see it.</summary>
    public string Show(object? value) => value switch
    {
        null => "-",
        string text => Printable(text) is { Length: > 0 } clean ? clean : "-",
        bool flag => flag ? "yes" : "no",
        DateTimeOffset time => Local(time),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => Printable(value.ToString()),
    };

    // C0, C1, line ends, and format characters: those that change the direction (UAX #9), with which text pretends to
    // be other text, and those that show nothing. Joiners stay: words and emoji need them.
    private static bool Steers(char c) => char.GetUnicodeCategory(c) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        UnicodeCategory.Format => c is not ('\u200C' or '\u200D'),
        _ => false,
    };

    // The block of control pictures has a symbol for each of C0, in their order, and one for DEL.
    private static char SymbolOf(char c) => c switch
    {
        '\t' or '\n' or '\r' or '\u0085' or '\u2028' or '\u2029' => ' ',
        < ' ' => (char)('\u2400' + c),
        '\u007F' => '\u2421',
        _ => '\uFFFD',
    };

    private string Show(string name, JsonElement value) =>
        name is "since" or "createdAt" or "updatedAt" && value.TryGetDateTimeOffset(out DateTimeOffset time)
            ? Local(time) : Show(value);

    private static string Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "-",
        JsonValueKind.String => Printable(value.GetString()) is { Length: > 0 } text ? text : "-",
        JsonValueKind.Array when value.GetArrayLength() == 0 => "-",
        JsonValueKind.Array => string.Join(' ', value.EnumerateArray().Select(Show)),
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        _ => value.GetRawText(),
    };
}
