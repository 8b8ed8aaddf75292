using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace QuicProChat.Mesh.Api;

/// <summary>Why a request was not done; the client's exit code follows from it.</summary>
public enum ErrorCode
{
    /// <summary>The request itself is wrong: exit code 2.</summary>
    Usage,

    /// <summary>It was understood and refused, or it failed: exit code 1.</summary>
    Refused,
}

/// <summary>
/// Writes replies, one a line: <c>{"tag":1,"ok":true,"result":...}</c>, with <c>"more":...</c> where a list goes on, or
/// <c>{"tag":1,"ok":false,"code":...,"error":...}</c>.
/// </summary>
public static class ReplyWriter
{
    /// <summary>Longest reply in bytes. What does not fit is asked for by another request.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>
    /// How all JSON here is written. No web page reads it: a text of another script than Latin would have three times
    /// its
    /// size, and a quote six times.
    /// </summary>
    public static JsonWriterOptions Options { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A request was done.</summary>
    /// <param name="tag">The request's tag.</param>
    /// <param name="result">What came of it.</param>
    /// <param name="type">How that is written.</param>
    /// <param name="more">Where a list goes on; null if it does not.</param>
    public static ReadOnlyMemory<byte> Done<T>(RequestTag? tag, T result, JsonTypeInfo<T> type, string? more = null)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Options))
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

    /// <summary>A request was not done.</summary>
    /// <param name="tag">The request's tag.</param>
    /// <param name="code">What sort of refusal it is.</param>
    /// <param name="error">Why, in one sentence.</param>
    public static ReadOnlyMemory<byte> Failed(RequestTag? tag, ErrorCode code, string error)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            Begin(json, tag, false);
            json.WriteString("code"u8, code == ErrorCode.Usage ? "usage"u8 : "refused"u8);
            json.WriteString("error"u8, error);
            json.WriteEndObject();
        }

        return Line(buffer);
    }

    /// <summary>Something happened.</summary>
    public static ReadOnlyMemory<byte> Event(EventInfo info)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Options))
            info.Spec.Write(json, info);
        return Line(buffer);
    }

    private static void Begin(Utf8JsonWriter json, RequestTag? tag, bool ok)
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
