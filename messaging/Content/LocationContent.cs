using System.Buffers.Binary;
using System.Globalization;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Content;

// 8B latitude(4) longitude(4) accuracy(2) label(0..64)     signed, 1e-7 degrees; metres, 0 unknown

/// <summary>A place on earth (WGS 84). Sent only when its owner asks for it.</summary>
/// <param name="Latitude">In 1e-7 degrees, north positive; at most 900,000,000.</param>
/// <param name="Longitude">In 1e-7 degrees, east positive; at most 1,800,000,000.</param>
/// <param name="Accuracy">In metres; 0 where it is not known.</param>
/// <param name="Label">What its sender calls it; may be empty.</param>
public sealed record LocationContent(int Latitude, int Longitude, ushort Accuracy, string Label) : MessageContent
{
    /// <summary>Longest label in bytes of UTF-8. Arbitrary.</summary>
    public const int MaxLabelSize = 64;

    private const int FixedSize = 2 * sizeof(int) + sizeof(ushort);
    private const int UnitsPerDegree = Degrees.Units;

    /// <inheritdoc/>
    public override MessageContentType Type => MessageContentType.Location;

    /// <inheritdoc/>
    public override string Text
    {
        get
        {
            string place = string.Create(
                CultureInfo.InvariantCulture,
                $"{(decimal)Latitude / UnitsPerDegree:0.#####}, {(decimal)Longitude / UnitsPerDegree:0.#####}");
            return Label.Length > 0 ? $"{Label} ({place})" : place;
        }
    }

    /// <inheritdoc/>
    protected override int BodySize => FixedSize + ContentText.Size(Label);

    internal static LocationContent? Read(ReadOnlySpan<byte> body)
    {
        if (body.Length < FixedSize || !DisplayName.IsValid(body[FixedSize..], MaxLabelSize))
            return null;
        int latitude = BinaryPrimitives.ReadInt32BigEndian(body);
        int longitude = BinaryPrimitives.ReadInt32BigEndian(body[sizeof(int)..]);
        return latitude is >= -90 * UnitsPerDegree and <= 90 * UnitsPerDegree
            && longitude is >= -180 * UnitsPerDegree and <= 180 * UnitsPerDegree
            ? new LocationContent(
                latitude, longitude, BinaryPrimitives.ReadUInt16BigEndian(body[(2 * sizeof(int))..]),
                ContentText.Read(body[FixedSize..])!)
            : null;
    }

    /// <inheritdoc/>
    protected override int WriteBody(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, Latitude);
        BinaryPrimitives.WriteInt32BigEndian(destination[sizeof(int)..], Longitude);
        BinaryPrimitives.WriteUInt16BigEndian(destination[(2 * sizeof(int))..], Accuracy);
        return FixedSize + ContentText.Write(Label, destination[FixedSize..]);
    }
}
