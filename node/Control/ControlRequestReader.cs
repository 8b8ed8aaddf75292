using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>
/// Reads one line of the control socket. The tag is found first and by itself: whatever else is wrong with a request,
/// its reply must find its way back.
/// </summary>
internal static class ControlRequestReader
{
    private const string Form = "a request is one line of JSON with a \"command\"";

    private static readonly (string Name, byte[] Utf8, string Accepts)[] Keys =
        [.. ControlJson.Default.ControlRequest.Properties.Select(p => (p.Name, Encoding.UTF8.GetBytes(p.Name), Accepts(p)))];

    /// <summary>Reads a request.</summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="tag">The request's tag, also where the request is refused; null if it has none.</param>
    /// <param name="error">What is wrong, in one sentence; null if a request is returned.</param>
    internal static ControlRequest? Read(ReadOnlySpan<byte> line, out ControlTag? tag, out string? error)
    {
        error = Look(line, out tag);
        if (error is not null)
            return null;
        try
        {
            ControlRequest? request = JsonSerializer.Deserialize(line, ControlJson.Default.ControlRequest);
            error = request?.Command is null ? Form : null;
            return error is null ? request : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            error = Explain((e as JsonException)?.Path);
            return null;
        }
    }

    /// <summary>Goes over the top level of a line, as far as it is JSON.</summary>
    private static string? Look(ReadOnlySpan<byte> line, out ControlTag? tag)
    {
        tag = null;
        int seen = 0;
        string? twice = null;
        var json = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = line.Length + 1 });
        try
        {
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return Form;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                int key = Find(ref json);
                bool isTag = json.ValueTextEquals("tag"u8);
                _ = json.Read();
                if (isTag)
                    tag ??= ControlTag.Of(ref json);
                json.Skip();
                if (key >= 0 && (seen & (1 << key)) != 0)
                    twice ??= $"\"{Keys[key].Name}\" is there twice";
                if (key >= 0)
                    seen |= 1 << key;
            }

            // What follows the object is an error of the reader's own.
            _ = json.Read();
            return twice;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The reader's own word for a text that is no Unicode is the second.
            tag ??= FindTag(line);
            return Form;
        }
    }

    /// <summary>Looks for a tag in what is not JSON: <c>"tag":number</c> outside of texts and at the top.</summary>
    internal static ControlTag? FindTag(ReadOnlySpan<byte> line)
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
                    if (depth == 1 && rest.StartsWith("\"tag\""u8) && NumberAfterColon(rest["\"tag\"".Length..]) is { } tag)
                        return tag;
                    i += LengthOfText(rest) - 1;
                    break;
            }
        }

        return null;
    }

    private static ControlTag? NumberAfterColon(ReadOnlySpan<byte> rest)
    {
        rest = rest.TrimStart(" \t"u8);
        if (rest.IsEmpty || rest[0] != ':')
            return null;
        rest = rest[1..].TrimStart(" \t"u8);
        int end = rest.IndexOfAnyExcept("+-.0123456789Ee"u8);
        var number = new Utf8JsonReader(end < 0 ? rest : rest[..end]);
        try
        {
            return number.Read() ? ControlTag.Of(ref number) : null;
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

    private static int Find(ref Utf8JsonReader json)
    {
        for (int i = 0; i < Keys.Length; i++)
        {
            if (json.ValueTextEquals(Keys[i].Utf8))
                return i;
        }

        return -1;
    }

    /// <summary>Says which key has a wrong value, and what it should be.</summary>
    private static string Explain(string? path)
    {
        foreach ((string name, _, string accepts) in Keys)
        {
            if (path == "$." + name)
                return $"\"{name}\" is {accepts}";
        }

        return Form;
    }

    private static string Accepts(JsonPropertyInfo property) =>
        property.PropertyType == typeof(string) ? "a text in UTF-8"
        : property.PropertyType == typeof(bool) ? "true or false"
        : property.PropertyType == typeof(ControlTag) ? $"a number of at most {ControlTag.MaxBytes} digits"
        : "a whole number, at most 2147483647";
}
