using System.Text;
using System.Text.Unicode;

namespace QuicProChat.Mesh.Messaging.Content;

/// <summary>UTF-8 inside contents.</summary>
internal static class ContentText
{
    /// <summary>Reads bytes as text; null if they are none.</summary>
    internal static string? Read(ReadOnlySpan<byte> bytes) =>
        Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>Reads a size of one byte and so many bytes of text from the front; null if that is not there.</summary>
    internal static string? ReadShort(ref ReadOnlySpan<byte> bytes, int maxSize)
    {
        if (bytes.IsEmpty || bytes[0] > maxSize || bytes.Length <= bytes[0])
            return null;
        ReadOnlySpan<byte> text = bytes.Slice(1, bytes[0]);
        bytes = bytes[(1 + text.Length)..];
        return Read(text);
    }

    internal static int ShortSize(string text) => 1 + Size(text);

    internal static int Size(string text) => Encoding.UTF8.GetByteCount(text);

    internal static int Write(string text, Span<byte> destination) => Encoding.UTF8.GetBytes(text, destination);

    internal static int WriteShort(string text, Span<byte> destination)
    {
        destination[0] = (byte)Write(text, destination[1..]);
        return 1 + destination[0];
    }
}
