using System.Text;
using System.Text.Json;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Configuration;

/// <summary>
/// Reads the configuration file: one JSON object with comments and trailing commas. Whatever is not understood is an
/// error that names the key, the line and what would be accepted; nothing is ignored.
/// </summary>
internal static class ConfigurationFile
{
    /// <summary>Larger files are refused; arbitrary, far above any real one.</summary>
    private const int MaxBytes = 1 << 20;

    /// <summary>Reads a file over the given configuration.</summary>
    /// <returns>Null, or one sentence that says what is wrong.</returns>
    internal static string? Load(string path, NodeConfiguration into)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            if (file.Length > MaxBytes)
                return $"{path}: larger than {MaxBytes} bytes";
            byte[] bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return Read(bytes, into) is { } error ? $"{path}:{error}" : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{path}: {e.Message}";
        }
    }

    /// <summary>Reads the bytes of a file.</summary>
    /// <returns>Null, or <c>line: what is wrong</c>.</returns>
    internal static string? Read(ReadOnlySpan<byte> bytes, NodeConfiguration into)
    {
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        var json = new Utf8JsonReader(bytes, new JsonReaderOptions
        {
            CommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = true,
        });
        try
        {
            return Read(bytes, ref json, into);
        }
        catch (JsonException e)
        {
            return $"{(e.LineNumber ?? 0) + 1}: this is not JSON: near {Excerpt(bytes, e.LineNumber ?? 0)}";
        }
    }

    private static string? Read(ReadOnlySpan<byte> bytes, ref Utf8JsonReader json, NodeConfiguration into)
    {
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            return "1: the file must hold one object: { ... }";
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string key = json.GetString()!;
            int line = LineOf(bytes, json.TokenStartIndex);
            Setting? setting = Settings.All.FirstOrDefault(s => s.Key == key);
            if (setting is null)
                return $"{line}: unknown key '{key}'; accepted are {string.Join(", ", Settings.All.Select(s => s.Key))}";
            if (!seen.Add(key))
                return $"{line}: key '{key}' is there twice";
            json.Read();
            if (!setting.Read(ref json, into))
                return $"{LineOf(bytes, json.TokenStartIndex)}: wrong value for '{key}'{Explain(setting, ref json)}; accepted is {setting.Accepts}";
        }

        return json.Read() ? $"{LineOf(bytes, json.TokenStartIndex)}: something follows the object" : null;
    }

    private static string Explain(Setting setting, ref Utf8JsonReader json) =>
        json.TokenType == JsonTokenType.String && setting.Explain?.Invoke(json.GetString()!) is { } reason ? $": {reason.TrimEnd('.')}" : "";

    private static int LineOf(ReadOnlySpan<byte> bytes, long offset) => bytes[..(int)offset].Count((byte)'\n') + 1;

    private static string Excerpt(ReadOnlySpan<byte> bytes, long line)
    {
        const int longest = 40;
        for (; line > 0; line--)
            bytes = bytes[(bytes.IndexOf((byte)'\n') + 1)..];
        int end = bytes.IndexOf((byte)'\n');
        ReadOnlySpan<byte> row = (end < 0 ? bytes : bytes[..end]).Trim(" \t\r"u8);
        // What follows a question mark may be the settings of a radio, and the key of a network among them.
        string text = LinkUri.Shown(Encoding.UTF8.GetString(row));
        return row.IsEmpty ? "the end of the file" : $"'{(text.Length > longest ? text[..longest] : text)}'";
    }
}
