using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>
/// What a client calls its request: any JSON number. It goes back as it was written, digit by digit, because a number
/// that was read and written again may be another one.
/// </summary>
/// <param name="Digits">The number as the client wrote it.</param>
[JsonConverter(typeof(ControlTagConverter))]
internal sealed record ControlTag(string Digits)
{
    /// <summary>Longest number in bytes; arbitrary, twice what a double needs.</summary>
    internal const int MaxBytes = 48;

    /// <summary>A tag of this program's own making.</summary>
    public static implicit operator ControlTag(long number) => new(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Takes the tag that the reader stands on; null if it is no number, or too long to be given back.</summary>
    internal static ControlTag? Of(ref Utf8JsonReader json) =>
        json.TokenType == JsonTokenType.Number && json.ValueSpan.Length <= MaxBytes
            ? new ControlTag(System.Text.Encoding.ASCII.GetString(json.ValueSpan))
            : null;
}

/// <summary>Reads and writes tags as they are.</summary>
internal sealed class ControlTagConverter : JsonConverter<ControlTag>
{
    /// <inheritdoc/>
    public override ControlTag? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        ControlTag.Of(ref reader) ?? throw new JsonException();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ControlTag value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.Digits, skipInputValidation: true);
}
