using System.Text;

namespace QuicProChat.Mesh.Messaging.Files;

/// <summary>
/// What a file is by its first bytes (WHATWG MIME Sniffing, sections 6 and 7, as far as people send such files). A name
/// proves nothing, so it is not asked.
/// </summary>
public static class MediaTypes
{
    /// <summary>Bytes that are looked at.</summary>
    public const int Looked = 512;

    /// <summary>What nothing else is.</summary>
    public const string Unknown = "application/octet-stream";

    /// <summary>The MIME type of a file.</summary>
    /// <param name="first">Its first bytes: <see cref="Looked"/> of them, or all.</param>
    public static string Of(ReadOnlySpan<byte> first)
    {
        if (first.Length > Looked)
            first = first[..Looked];
        return
            first.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A])
                ? "image/png"
            : first.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? "image/jpeg"
            : first.StartsWith("GIF87a"u8) || first.StartsWith("GIF89a"u8) ? "image/gif"
            : IsRiff(first, "WEBP"u8) ? "image/webp"
            : IsRiff(first, "WAVE"u8) ? "audio/wav"
            : first.StartsWith("BM"u8) && first.Length > 14 ? "image/bmp"
            : first.StartsWith("%PDF-"u8) ? "application/pdf"
            : first.StartsWith("OggS"u8) ? "application/ogg"
            : first.StartsWith("fLaC"u8) ? "audio/flac"
            : first.StartsWith("ID3"u8) ? "audio/mpeg"
            : first.Length > 12 && first[4..8].SequenceEqual("ftyp"u8)
            ? (first[8..12].StartsWith("avif"u8) ? "image/avif" : "video/mp4")
            : first.StartsWith((ReadOnlySpan<byte>)[0x1A, 0x45, 0xDF, 0xA3]) ? "video/webm"
            : first.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B, 0x08]) ? "application/gzip"
            : first.StartsWith("PK\x03\x04"u8) ? "application/zip"
            : first.StartsWith((ReadOnlySpan<byte>)[0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0])
            ? "application/x-xz"
            : IsText(first) ? "text/plain"
            : Unknown;
    }

    private static bool IsRiff(ReadOnlySpan<byte> first, ReadOnlySpan<byte> form) =>
        first.Length >= 12 && first.StartsWith("RIFF"u8) && first[8..12].SequenceEqual(form);

    private static bool IsText(ReadOnlySpan<byte> first)
    {
        if (first.IsEmpty)
            return false;
        while (!first.IsEmpty)
        {
            System.Buffers.OperationStatus status = Rune.DecodeFromUtf8(first, out Rune rune, out int consumed);
            // The last character may be cut.
            if (status == System.Buffers.OperationStatus.NeedMoreData)
                return first.Length < 4;
            if (status != System.Buffers.OperationStatus.Done || rune.Value is < 0x20
                and not ('\t' or '\n' or '\r' or '\f' or 0x1B))
                return false;
            first = first[consumed..];
        }

        return true;
    }
}
