using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Api;

/// <summary>Times on the control socket: RFC 3339 in UTC, with three decimals always.</summary>
public sealed class ApiTime : JsonConverter<DateTimeOffset>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <inheritdoc/>
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out DateTimeOffset time)
            ? time : throw new JsonException();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[32];
        _ = value.UtcDateTime.TryFormat(text, out int length, Format, CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..length]);
    }
}
