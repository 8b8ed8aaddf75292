using System.Buffers.Binary;
using QuicProChat.Mesh.Messaging.Content;

namespace QuicProChat.Mesh.Messaging.Files;

/// <summary>
/// Checks a small picture that somebody made of a file: this program has no image library, and makes none. It is a PNG,
/// a JPEG or a WebP, and says nothing but what it shows: no place, camera or time (docs/decisions/files.md).
/// </summary>
public static class Thumbnails
{
    private const int PngHeader = 8;
    private const int ChunkFrame = 12;
    private const byte MarkerPrefix = 0xFF;
    private const byte StartOfScan = 0xDA;
    private const byte EndOfImage = 0xD9;

    /// <summary>Why a picture is not taken; null if it is.</summary>
    public static string? WhyNot(ReadOnlySpan<byte> picture)
    {
        if (picture.Length > FileOfferContent.MaxThumbnailSize)
            return $"a thumbnail has at most {FileOfferContent.MaxThumbnailSize} bytes, and this one {picture.Length}";
        return MediaTypes.Of(picture) switch
        {
            "image/png" => IsPlainPng(picture[PngHeader..]) ? null : Metadata("PNG"),
            "image/jpeg" => IsPlainJpeg(picture[2..]) ? null : Metadata("JPEG"),
            "image/webp" => IsPlainWebP(picture[PngHeader..][4..]) ? null : Metadata("WebP"),
            _ => "a thumbnail is a PNG, a JPEG or a WebP",
        };
    }

    private static string Metadata(string kind) =>
        $"the {kind} has metadata, or is damaged: make one without (a thumbnail tells no place, time or camera)";

    // length(4) type(4) data crc(4)
    private static bool IsPlainPng(ReadOnlySpan<byte> rest)
    {
        bool any = false;
        while (rest.Length >= ChunkFrame)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            ReadOnlySpan<byte> type = rest[4..8];
            bool isPicture = type.SequenceEqual("IHDR"u8) || type.SequenceEqual("PLTE"u8)
                || type.SequenceEqual("IDAT"u8)
                || type.SequenceEqual("tRNS"u8) || type.SequenceEqual("IEND"u8);
            if (!isPicture || length > rest.Length - ChunkFrame || any != !type.SequenceEqual("IHDR"u8))
                return false;
            any = true;
            rest = rest[(ChunkFrame + (int)length)..];
            if (type.SequenceEqual("IEND"u8))
                return rest.IsEmpty;
        }

        return false;
    }

    // FF marker(1) length(2) data, up to the scan; then FF marker only as FF 00, restarts, or what belongs to further
    // scans
    private static bool IsPlainJpeg(ReadOnlySpan<byte> rest)
    {
        bool hasScan = false;
        while (rest.Length >= 2)
        {
            if (rest[0] != MarkerPrefix)
                return false;
            byte marker = rest[1];
            if (marker == EndOfImage)
                return hasScan && rest.Length == 2;
            // Tables, frames and scans; of the application segments JFIF alone.
            bool isPicture = marker is 0xDB or 0xC4 or 0xDD or StartOfScan
                or (>= 0xC0 and <= 0xCF and not 0xC8 and not 0xCC);
            bool isJfif = marker == 0xE0 && rest.Length > 9 && rest[4..9].SequenceEqual("JFIF\0"u8);
            if ((!isPicture && !isJfif) || rest.Length < 4)
                return false;
            int length = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
            if (length < 2 || length + 2 > rest.Length || (isJfif && length > 16))
                return false;
            rest = rest[(2 + length)..];
            if (marker != StartOfScan)
                continue;
            hasScan = true;
            int at = 0;
            while (at + 1 < rest.Length && (rest[at] != MarkerPrefix || rest[at + 1] is 0 or (>= 0xD0 and <= 0xD7)))
                at++;
            rest = rest[at..];
        }

        return false;
    }

    // type(4) length(4, little-endian) data, padded to even
    private static bool IsPlainWebP(ReadOnlySpan<byte> rest)
    {
        while (rest.Length >= 8)
        {
            ReadOnlySpan<byte> type = rest[..4];
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            bool isPicture = type.SequenceEqual("VP8 "u8) || type.SequenceEqual("VP8L"u8)
                || type.SequenceEqual("ALPH"u8)
                || type.SequenceEqual("VP8X"u8);
            if (!isPicture || length > rest.Length - 8)
                return false;
            int whole = 8 + (int)length + ((int)length & 1);
            if (whole > rest.Length)
                return false;
            rest = rest[whole..];
        }

        return rest.IsEmpty;
    }
}
