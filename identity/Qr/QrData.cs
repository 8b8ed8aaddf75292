using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace QuicProChat.Mesh.Identity.Qr;

/// <summary>From text to data codewords (ISO/IEC 18004, section 7.4): mode(4) count(8..16) data terminator padding.</summary>
internal static class QrData
{
    // Section 7.3.4, table 5: the value of a character is its place here.
    private const string Alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

    private const int ByteMode = 0b0100;
    private const int AlphanumericMode = 0b0010;

    internal static bool TryEncode(string text, QrLevel level, out int version, [NotNullWhen(true)] out byte[]? codewords)
    {
        bool alphanumeric = text.Length > 0 && text.AsSpan().IndexOfAnyExcept(Alphanumeric) < 0;
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int dataBits = alphanumeric ? text.Length / 2 * 11 + text.Length % 2 * 6 : bytes.Length * 8;
        for (version = 1; version <= QrTables.MaxVersion; version++)
        {
            int countBits = CountBits(alphanumeric, version);
            int capacity = QrTables.DataCodewords(version, level);
            if (bytes.Length >= 1 << countBits || 4 + countBits + dataBits > capacity * 8)
                continue;
            codewords = Write(text, bytes, alphanumeric, countBits, capacity);
            return true;
        }

        codewords = null;
        return false;
    }

    /// <summary>Section 7.4.1, table 3.</summary>
    private static int CountBits(bool alphanumeric, int version) => (alphanumeric, version) switch
    {
        (true, <= 9) => 9,
        (true, <= 26) => 11,
        (true, _) => 13,
        (false, <= 9) => 8,
        (false, _) => 16,
    };

    private static byte[] Write(string text, byte[] bytes, bool alphanumeric, int countBits, int capacity)
    {
        BitWriter bits = new(capacity);
        bits.Append(alphanumeric ? AlphanumericMode : ByteMode, 4);
        bits.Append(bytes.Length, countBits);
        if (alphanumeric)
        {
            for (int i = 0; i + 1 < text.Length; i += 2)
                bits.Append(Alphanumeric.IndexOf(text[i]) * 45 + Alphanumeric.IndexOf(text[i + 1]), 11);
            if (text.Length % 2 != 0)
                bits.Append(Alphanumeric.IndexOf(text[^1]), 6);
        }
        else
        {
            foreach (byte b in bytes)
                bits.Append(b, 8);
        }

        // Section 7.4.9: up to four zero bits, zeros to the byte, then EC 11 in turn.
        bits.Append(0, Math.Min(4, capacity * 8 - bits.Length));
        bits.Append(0, -bits.Length & 7);
        for (int pad = 0xEC; bits.Length < capacity * 8; pad ^= 0xEC ^ 0x11)
            bits.Append(pad, 8);
        return bits.Bytes;
    }

    private sealed class BitWriter(int capacity)
    {
        internal byte[] Bytes { get; } = new byte[capacity];

        internal int Length { get; private set; }

        internal void Append(int value, int count)
        {
            for (int i = count - 1; i >= 0; i--, Length++)
                Bytes[Length / 8] |= (byte)((value >> i & 1) << (7 - Length % 8));
        }
    }
}
