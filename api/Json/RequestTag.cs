using System.Globalization;
using System.Text;
using System.Text.Json;

namespace QuicProChat.Mesh.Api;

/// <summary>
/// What a client calls its request: any JSON number. It goes back as it was written, digit by digit, because a number
/// that was read and written again may be another one.
/// </summary>
/// <param name="Digits">The number as the client wrote it.</param>
public sealed record RequestTag(string Digits)
{
    /// <summary>Longest number in bytes; arbitrary, twice what a double needs.</summary>
    internal const int MaxBytes = 48;

    /// <summary>A tag of this program's own making.</summary>
    public static implicit operator RequestTag(long number) => FromInt64(number);

    /// <summary>A tag of this program's own making.</summary>
    public static RequestTag FromInt64(long number) => new(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>
    /// Takes the tag that the reader stands on; null if it is no number, or too long to be given back.
    /// </summary>
    internal static RequestTag? Of(ref Utf8JsonReader json) =>
        json.TokenType == JsonTokenType.Number && json.ValueSpan.Length <= MaxBytes
            ? new RequestTag(Encoding.ASCII.GetString(json.ValueSpan))
            : null;
}
