using System.Text;
using System.Text.Json;
using QuicProChat.Mesh.Identity;
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
            // What is no regular file has no length that means anything.
            byte[] bytes = new byte[MaxBytes + 1];
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > MaxBytes)
                return $"{path}: larger than {MaxBytes} bytes";
            return Read(bytes.AsSpan(0, length), into) is { } error ? $"{path}:{error}" : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            string why = FaultText.Of(e);
            return why.StartsWith(path, StringComparison.Ordinal) ? why : $"{path}: {why}";
        }
    }

    /// <summary>Reads the bytes of a file.</summary>
    /// <returns>Null, or <c>line: what is wrong</c>.</returns>
    internal static string? Read(ReadOnlySpan<byte> bytes, NodeConfiguration into)
    {
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        if (FindForeignBytes(bytes) is { } foreign)
            return foreign;
        var json = new Utf8JsonReader(bytes, new JsonReaderOptions
        {
            CommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = true,
        });
        try
        {
            return Read(bytes, ref json, into);
        }
        catch (InvalidOperationException)
        {
            // The reader's word for an escape that stands for half a character.
            (int line, int column) = PlaceOf(bytes, json.TokenStartIndex);
            return $"{line}:{column}: this text holds half of a surrogate pair (\\ud800 to \\udfff)";
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
            {
                string accepted = string.Join(", ", Settings.All.Select(s => s.Key));
                return $"{line}: unknown key '{key}'; accepted are {accepted}";
            }

            if (!seen.Add(key))
                return $"{line}: key '{key}' is there twice";
            json.Read();
            if (!setting.Read(ref json, into))
                return $"{LineOf(bytes, json.TokenStartIndex)}: wrong value for '{key}'{Explain(setting, ref json)}; "
                    + $"accepted is {setting.Accepts}";
        }

        return json.Read() ? $"{LineOf(bytes, json.TokenStartIndex)}: something follows the object" : null;
    }

    /// <summary>Says where a file stops being UTF-8; null if it does not.</summary>
    private static string? FindForeignBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith(Encoding.Unicode.Preamble) || bytes.StartsWith(Encoding.BigEndianUnicode.Preamble))
            return "1:1: this is UTF-16; save the file as UTF-8";
        int at = 0;
        while (at < bytes.Length)
        {
            if (Rune.DecodeFromUtf8(bytes[at..], out _, out int consumed) != System.Buffers.OperationStatus.Done)
            {
                (int line, int column) = PlaceOf(bytes, at);
                return $"{line}:{column}: byte 0x{bytes[at]:X2} is not UTF-8; save the file as UTF-8";
            }

            at += consumed;
        }

        return null;
    }

    /// <summary>Line and column of a byte, both counted from 1, the column in characters.</summary>
    private static (int Line, int Column) PlaceOf(ReadOnlySpan<byte> bytes, long offset)
    {
        ReadOnlySpan<byte> before = bytes[..(int)offset];
        return (before.Count((byte)'\n')
            + 1, Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1);
    }

    private static string Explain(Setting setting, ref Utf8JsonReader json) =>
        json.TokenType == JsonTokenType.String && setting.Explain?.Invoke(json.GetString()!) is { } reason
            ? $": {reason.TrimEnd('.')}" : "";

    private static int LineOf(ReadOnlySpan<byte> bytes, long offset) => PlaceOf(bytes, offset).Line;

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
