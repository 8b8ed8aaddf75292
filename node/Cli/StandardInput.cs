using System.Text;
using System.Text.Unicode;
using QuicProChat.Mesh.Messaging.Direct;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>Texts that come on standard input. They are sent as they are, or not at all.</summary>
internal static class StandardInput
{
    /// <summary>Reads all of it: one text. Line ends behind it are the shell's, and not part of it.</summary>
    /// <exception cref="UsageException">It is too long, or not UTF-8.</exception>
    internal static string ReadText() => ReadText(Console.OpenStandardInput());

    internal static string ReadText(Stream input)
    {
        const int most = DirectConversations.MaxTextBytes;
        byte[] bytes = new byte[most + 3];
        int length = input.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        ReadOnlySpan<byte> text = bytes.AsSpan(0, length).TrimEnd("\r\n"u8);
        if (length == bytes.Length || text.Length > most)
            throw new UsageException(
                $"standard input holds more than {most} bytes, which is the most that a message may have");
        return Utf8.IsValid(text)
            ? Encoding.UTF8.GetString(text)
            : throw new UsageException(
                $"standard input is not UTF-8: byte {ValidStart(text) + 1} is wrong. Nothing was sent");
    }

    private static int ValidStart(ReadOnlySpan<byte> text)
    {
        int at = 0;
        while (Rune.DecodeFromUtf8(text[at..], out _, out int consumed) == System.Buffers.OperationStatus.Done)
            at += consumed;
        return at;
    }
}
