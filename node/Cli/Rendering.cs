using System.Globalization;
using System.Text;
using System.Text.Json;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Messaging;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>Shows results to people: lists as tables, objects as lines of name and value.</summary>
internal static class Rendering
{
    internal const string NoMessages = "no messages";

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
            case ControlCommands.Requests:
                Requests(output, result);
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
        string when = When(message);
        string count = message.TryGetProperty("recipients", out JsonElement recipients) ? $" {message.GetProperty("deliveredTo").GetInt32()} of {recipients.GetInt32()}" : "";
        string state = sent ? $"  [{Text(message, "state")}{count}{Reason(message)}]" : "";
        string from = Is(message, "request") ? "request from" : "from";
        return $"{when} {(sent ? "to  " : from)} {Who(message)}{Mark(message)}: {(message.TryGetProperty("damaged", out _) ? "(the text is lost: its row in the store is damaged)" : Printable(Text(message, "text")))}{state}";
    }

    /// <summary>Whom a message is with: an alias or address, a group, or somebody in a group.</summary>
    private static string Who(JsonElement message)
    {
        string? peer = message.TryGetProperty("alias", out JsonElement alias) ? Printable(alias.GetString()!) : message.GetProperty("peer").GetString();
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

    // C0, C1, line ends, and format characters: those that change the direction (UAX #9), with which text pretends to
    // be
    // other text, and those that show nothing. Joiners stay: words and emoji need them.
    private static bool Steers(char c) => char.GetUnicodeCategory(c) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        UnicodeCategory.Format => c is not ('\u200C' or '\u200D'),
        _ => false,
    };

    internal static void WriteMessage(TextWriter output, JsonElement message) => output.WriteLine($"{Text(message, "id")} {Line(message)}");

    private static void Messages(TextWriter output, JsonElement list)
    {
        foreach (JsonElement message in list.EnumerateArray())
            WriteMessage(output, message);
        if (list.GetArrayLength() == 0)
            output.WriteLine(NoMessages);
    }

    private static void Requests(TextWriter output, JsonElement list)
    {
        foreach (JsonElement request in list.EnumerateArray())
        {
            string name = Printable(Text(request, "name"));
            output.WriteLine($"{Text(request, "address")}{(name.Length > 0 ? $" ('{name}', unverified)" : "")}: {Text(request, "count")} messages, the last at "
                + $"{Local(request.GetProperty("lastAt").GetDateTimeOffset(), "MM-dd HH:mm:ss")}: {Printable(Text(request, "preview"))}");
        }

        if (list.GetArrayLength() == 0)
            output.WriteLine("no requests");
    }

    private static bool Is(JsonElement message, string flag) => message.TryGetProperty(flag, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    /// <summary>When it was sent, where that differs from when it came; and that it came too late.</summary>
    private static string When(JsonElement message)
    {
        DateTimeOffset arrived = message.GetProperty("createdAt").GetDateTimeOffset();
        string at = Local(arrived, "MM-dd HH:mm:ss");
        if (!message.TryGetProperty("sentAt", out JsonElement said) || (arrived - said.GetDateTimeOffset()).Duration() <= SentTimes.Tolerance)
            return at;
        return $"sent {Local(said.GetDateTimeOffset(), "yyyy-MM-dd HH:mm:ss")}, arrived {at}{(Is(message, "late") ? " after its lifetime" : "")},";
    }

    /// <summary>In a group: whether the one who is named wrote it, or only some member did.</summary>
    private static string Mark(JsonElement message) =>
        message.TryGetProperty("security", out JsonElement security) ? security.GetString() switch
        {
            "mls-lite" => " (unsigned)",
            "mls-lite-signed" => " (signed)",
            _ => "",
        }
        : "";

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
    private static string Local(DateTimeOffset time, string format) => LocalTime.Of(time).ToString(format, CultureInfo.InvariantCulture);

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
