using System.Text.Json;

namespace QuicProChat.Mesh.Api;

/// <summary>
/// Reads one line of the control socket. Tag and command are found first and by themselves: whatever else is wrong with
/// a
/// request, its reply must find its way back.
/// </summary>
public static class RequestReader
{
    /// <summary>Objects and lists within each other.</summary>
    private const int MaxDepth = 8;

    private const string Form = "a request is one line of JSON with a \"command\"";

    private static readonly string _tagForm = $"\"tag\" is a number of at most {RequestTag.MaxBytes} digits";

    /// <summary>Reads a request.</summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="commands">What there is.</param>
    /// <param name="tag">The request's tag, also where the request is refused; null if it has none.</param>
    /// <param name="error">What is wrong, in one sentence; null if a request is returned.</param>
    public static Request? Read(ReadOnlySpan<byte> line, CommandTable commands, out RequestTag? tag, out string? error)
    {
        error = Look(line, commands, out tag, out CommandSpec? command);
        if (error is not null)
            return null;
        object arguments = command!.NewRequest();
        error = ReadArguments(line, command, arguments);
        return error is null ? new Request(command, arguments, tag) : null;
    }

    /// <summary>Looks for a tag in what is not JSON: <c>"tag":number</c> outside of texts and at the top.</summary>
    public static RequestTag? FindTag(ReadOnlySpan<byte> line)
    {
        int depth = 0;
        for (int i = 0; i < line.Length; i++)
        {
            switch (line[i])
            {
                case (byte)'{' or (byte)'[':
                    depth++;
                    break;
                case (byte)'}' or (byte)']':
                    depth--;
                    break;
                case (byte)'"':
                    ReadOnlySpan<byte> rest = line[i..];
                    if (depth == 1 && rest.StartsWith("\"tag\""u8)
                        && NumberAfterColon(rest["\"tag\"".Length..]) is { } tag)
                        return tag;
                    i += LengthOfText(rest) - 1;
                    break;
            }
        }

        return null;
    }

    /// <summary>Goes over the top level of a line, as far as it is JSON.</summary>
    private static string? Look(
        ReadOnlySpan<byte> line, CommandTable commands, out RequestTag? tag, out CommandSpec? command)
    {
        tag = null;
        command = null;
        bool hasTag = false, hasCommand = false;
        string? twice = null, wrong = null;
        var json = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = line.Length + 1 });
        try
        {
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return Form;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                bool isTag = json.ValueTextEquals("tag"u8), isCommand = json.ValueTextEquals("command"u8);
                _ = json.Read();
                if (isTag)
                {
                    twice ??= hasTag ? Twice("tag") : null;
                    hasTag = true;
                    tag ??= RequestTag.Of(ref json);
                    wrong ??= tag is null && json.TokenType != JsonTokenType.Null ? _tagForm : null;
                }
                else if (isCommand)
                {
                    twice ??= hasCommand ? Twice("command") : null;
                    hasCommand = true;
                    wrong ??= FindCommand(ref json, commands, out command);
                }

                json.Skip();
            }

            // What follows the object is an error of the reader's own.
            _ = json.Read();
            return twice ?? wrong ?? (command is null ? Form : null);
        }
        catch (JsonException)
        {
            tag ??= FindTag(line);
            return Form;
        }
    }

    /// <summary>Finds the command that the reader stands on; says what is wrong with it.</summary>
    private static string? FindCommand(ref Utf8JsonReader json, CommandTable commands, out CommandSpec? command)
    {
        command = null;
        if (json.TokenType == JsonTokenType.Null)
            return Form;
        if (json.TokenType != JsonTokenType.String)
            return Wrong("command", "a text in UTF-8");
        try
        {
            command = commands.Find(ref json);
            return command is null ? $"there is no command '{json.GetString()}'; there are {commands.Names}" : null;
        }
        catch (InvalidOperationException)
        {
            // The reader's word for a text that is no Unicode.
            return Wrong("command", "a text in UTF-8");
        }
    }

    private static string? ReadArguments(ReadOnlySpan<byte> line, CommandSpec command, object request)
    {
        var arguments = (CommandArgument[])command.Arguments;
        ulong seen = 0;
        string? wrong = null;
        var json = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            _ = json.Read();
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                int at = Find(ref json, arguments);
                _ = json.Read();
                if (at >= 0)
                {
                    if ((seen & (1UL << at)) != 0)
                        return Twice(arguments[at].Key);
                    seen |= 1UL << at;
                    if (!TryRead(ref json, arguments[at], request))
                        wrong ??= Wrong(arguments[at].Key, arguments[at].Accepts);
                }

                json.Skip();
            }

            return wrong;
        }
        catch (JsonException)
        {
            // It is deeper than any request has to be.
            return Form;
        }
    }

    private static bool TryRead(ref Utf8JsonReader json, CommandArgument argument, object request)
    {
        try
        {
            return argument.TryRead(ref json, request);
        }
        catch (InvalidOperationException)
        {
            // The reader's word for a text that is no Unicode.
            return false;
        }
    }

    private static int Find(ref Utf8JsonReader json, CommandArgument[] arguments)
    {
        for (int i = 0; i < arguments.Length; i++)
        {
            if (json.ValueTextEquals(arguments[i].Utf8Key))
                return i;
        }

        return -1;
    }

    private static string Twice(string key) => $"\"{key}\" is there twice";

    private static string Wrong(string key, string accepts) => $"\"{key}\" is {accepts}";

    private static RequestTag? NumberAfterColon(ReadOnlySpan<byte> rest)
    {
        rest = rest.TrimStart(" \t"u8);
        if (rest.IsEmpty || rest[0] != ':')
            return null;
        rest = rest[1..].TrimStart(" \t"u8);
        int end = rest.IndexOfAnyExcept("+-.0123456789Ee"u8);
        var number = new Utf8JsonReader(end < 0 ? rest : rest[..end]);
        try
        {
            return number.Read() ? RequestTag.Of(ref number) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Bytes of the text that begins here, with both quotation marks where it has two.</summary>
    private static int LengthOfText(ReadOnlySpan<byte> rest)
    {
        for (int i = 1; i < rest.Length; i++)
        {
            if (rest[i] == '\\')
                i++;
            else if (rest[i] == '"')
                return i + 1;
        }

        return rest.Length;
    }
}
