using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>Why a request was not done; the client's exit code follows from it.</summary>
internal enum ControlErrorCode
{
    /// <summary>The request itself is wrong: exit code 2.</summary>
    Usage,

    /// <summary>It was understood and refused, or it failed: exit code 1.</summary>
    Refused,
}

/// <summary>A request that was not done, in one sentence.</summary>
internal sealed class ControlException(ControlErrorCode code, string message) : Exception(message)
{
    internal ControlErrorCode Code { get; } = code;
}

/// <summary>
/// Writes replies, one a line: <c>{"tag":1,"ok":true,"result":...}</c>, with <c>"more":...</c> where a list goes on, or
/// <c>{"tag":1,"ok":false,"code":...,"error":...}</c>.
/// </summary>
internal static class ControlReply
{
    // No web page reads this: a text of another script than Latin would have three times its size, and a quote six times.
    internal static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    private static readonly JsonWriterOptions _options = new() { Encoder = Encoder };

    internal static ReadOnlyMemory<byte> Done<T>(ControlTag? tag, T result, JsonTypeInfo<T> type, string? more = null)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, _options))
        {
            Begin(json, tag, true);
            json.WritePropertyName("result"u8);
            JsonSerializer.Serialize(json, result, type);
            if (more is not null)
                json.WriteString("more"u8, more);
            json.WriteEndObject();
        }

        return Line(buffer);
    }

    internal static ReadOnlyMemory<byte> Failed(ControlTag? tag, ControlErrorCode code, string error)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, _options))
        {
            Begin(json, tag, false);
            json.WriteString("code"u8, code == ControlErrorCode.Usage ? "usage"u8 : "refused"u8);
            json.WriteString("error"u8, error);
            json.WriteEndObject();
        }

        return Line(buffer);
    }

    internal static ReadOnlyMemory<byte> Event(EventInfo info)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, _options))
            JsonSerializer.Serialize(json, info, ControlJson.Default.EventInfo);
        return Line(buffer);
    }

    private static void Begin(Utf8JsonWriter json, ControlTag? tag, bool ok)
    {
        json.WriteStartObject();
        if (tag is not null)
        {
            json.WritePropertyName("tag"u8);
            json.WriteRawValue(tag.Digits, skipInputValidation: true);
        }

        json.WriteBoolean("ok"u8, ok);
    }

    private static ReadOnlyMemory<byte> Line(ArrayBufferWriter<byte> buffer)
    {
        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }
}
