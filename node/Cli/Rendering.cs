using System.Globalization;
using System.Text;
using System.Text.Json;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>Shows results to people: lists as tables, objects as lines of name and value.</summary>
internal static class Rendering
{
    internal static void Write(TextWriter output, string command, JsonElement result)
    {
        switch (command)
        {
            case ControlCommands.Metrics:
                output.Write(Text(result, "text"));
                break;
            case ControlCommands.Send:
                output.WriteLine($"{Text(result, "id")} {Text(result, "state")}{Reason(result)}");
                break;
            case ControlCommands.Peers:
                Table(output, result, "no neighbours", "name", "address", "transport", "uri", "rttMs", "rxBytes", "txBytes", "since");
                break;
            case ControlCommands.Routes:
                Table(output, result, "no routes", "name", "destination", "nextHop", "metric", "hops");
                break;
            case ControlCommands.Alias when result.ValueKind == JsonValueKind.Array:
                Table(output, result, "no aliases", "alias", "address");
                break;
            case ControlCommands.Messages:
                Messages(output, result);
                break;
            case ControlCommands.Radio:
                RadioRendering.Write(output, result);
                break;
            case ControlCommands.Queue:
                output.WriteLine($"{Text(result, "count")} held, {Text(result, "bytes")} bytes");
                if (result.GetProperty("held").GetArrayLength() > 0)
                    Table(output, result.GetProperty("held"), "", "destination", "count", "bytes");
                break;
            default:
                if (LiteRendering.TryWrite(output, command, result))
                    break;
                Object(output, result);
                break;
        }
    }

    /// <summary>A message as one line: when, who, what, and how far it got.</summary>
    internal static string Line(JsonElement message)
    {
        bool sent = Text(message, "direction") == "out";
        string when = Local(message.GetProperty("createdAt").GetDateTimeOffset(), "MM-dd HH:mm:ss");
        string count = message.TryGetProperty("recipients", out JsonElement recipients) ? $" {message.GetProperty("deliveredTo").GetInt32()} of {recipients.GetInt32()}" : "";
        string state = sent ? $"  [{Text(message, "state")}{count}{Reason(message)}]" : "";
        return $"{when} {(sent ? "to  " : "from")} {Who(message)}: {(message.TryGetProperty("damaged", out _) ? "(the text is lost: its row in the store is damaged)" : Printable(Text(message, "text")))}{state}";
    }

    /// <summary>Whom a message is with: an alias or address, a group, or somebody in a group.</summary>
    private static string Who(JsonElement message)
    {
        string? peer = message.TryGetProperty("alias", out JsonElement alias) ? alias.GetString() : message.GetProperty("peer").GetString();
        string? group = message.TryGetProperty("group", out JsonElement named) ? Printable(named.GetString()!) : null;
        return group is null ? peer! : peer is null ? group : $"{peer} in {group}";
    }

    /// <summary>What others wrote must not steer a terminal: control characters become spaces.</summary>
    internal static string Printable(string text)
    {
        if (!text.Any(Steers))
            return text;
        var clean = new StringBuilder(text.Length);
        foreach (char c in text)
            clean.Append(Steers(c) ? ' ' : c);
        return clean.ToString();
    }

    // C0, C1, and the bidirectional controls (UAX #9) with which text pretends to be other text.
    private static bool Steers(char c) =>
        char.IsControl(c) || c is >= '\u202A' and <= '\u202E' or >= '\u2066' and <= '\u2069' or '\u200E' or '\u200F';

    private static void Messages(TextWriter output, JsonElement list)
    {
        foreach (JsonElement message in list.EnumerateArray())
            output.WriteLine($"{Text(message, "id")} {Line(message)}");
        if (list.GetArrayLength() == 0)
            output.WriteLine("no messages");
    }

    private static string Reason(JsonElement message) =>
        message.TryGetProperty("reason", out JsonElement reason) && reason.ValueKind == JsonValueKind.String ? $": {reason.GetString()}" : "";

    private static void Object(TextWriter output, JsonElement result)
    {
        int width = 0;
        foreach (JsonProperty property in result.EnumerateObject())
            width = Math.Max(width, property.Name.Length);
        foreach (JsonProperty property in result.EnumerateObject())
            output.WriteLine($"{property.Name.PadRight(width)}  {Show(property.Name, property.Value)}");
    }

    internal static void Table(TextWriter output, JsonElement list, string empty, params string[] columns)
    {
        var rows = new List<string[]> { columns };
        foreach (JsonElement item in list.EnumerateArray())
            rows.Add(Array.ConvertAll(columns, c => item.TryGetProperty(c, out JsonElement value) ? Show(c, value) : ""));
        if (rows.Count == 1)
        {
            output.WriteLine(empty);
            return;
        }

        int[] widths = new int[columns.Length];
        foreach (string[] row in rows)
        {
            for (int i = 0; i < widths.Length; i++)
                widths[i] = Math.Max(widths[i], row[i].Length);
        }

        foreach (string[] row in rows)
        {
            for (int i = 0; i < widths.Length; i++)
                row[i] = row[i].PadRight(widths[i]);
            output.WriteLine(string.Join("  ", row).TrimEnd());
        }
    }

    private static List<string> Strings(JsonElement list)
    {
        var strings = new List<string>();
        foreach (JsonElement item in list.EnumerateArray())
            strings.Add(Show(item));
        return strings;
    }

    private static string Show(string name, JsonElement value) =>
        name is "since" or "createdAt" or "updatedAt" && value.TryGetDateTimeOffset(out DateTimeOffset time)
            ? Local(time, "yyyy-MM-dd HH:mm:ss")
            : Show(value);

    /// <summary>A time as the reader's clock shows it; people need no more than seconds.</summary>
    private static string Local(DateTimeOffset time, string format) => time.ToLocalTime().ToString(format, CultureInfo.InvariantCulture);

    internal static string Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "-",
        JsonValueKind.String => Printable(value.GetString()!) is { Length: > 0 } text ? text : "-",
        JsonValueKind.Array when value.GetArrayLength() == 0 => "-",
        JsonValueKind.Array => string.Join(' ', Strings(value)),
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        _ => value.GetRawText(),
    };

    internal static string Text(JsonElement of, string key)
    {
        JsonElement value = of.GetProperty(key);
        return value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
    }
}
