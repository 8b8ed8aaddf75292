namespace QuicProChat.Mesh.Transports.Lora.Modems;

/// <summary>
/// Binary in printable characters: four bytes become five of the 85 characters of ZeroMQ RFC 32 (Z85), which holds no
/// comma, quote, CR or LF. Unlike Z85 a rest of n bytes is allowed and becomes n + 1 characters.
/// </summary>
internal static class Base85
{
    private const string Alphabet =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

    private static readonly sbyte[] Values = MakeValues();

    internal static int EncodedLength(int bytes) => (bytes / 4 * 5) + (bytes % 4 == 0 ? 0 : (bytes % 4) + 1);

    internal static int Encode(ReadOnlySpan<byte> bytes, Span<byte> to)
    {
        int written = 0;
        Span<byte> group = stackalloc byte[5];
        for (int i = 0; i < bytes.Length; i += 4)
        {
            int count = Math.Min(4, bytes.Length - i);
            uint value = 0;
            for (int k = 0; k < 4; k++)
                value = (value << 8) | (k < count ? bytes[i + k] : 0u);
            for (int k = 4; k >= 0; k--, value /= 85)
                group[k] = (byte)Alphabet[(int)(value % 85)];
            group[..(count + 1)].CopyTo(to[written..]);
            written += count + 1;
        }
        return written;
    }

    /// <summary>False for characters outside the alphabet, a lone last character, or a group beyond 32 bits.</summary>
    internal static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> to, out int written)
    {
        written = 0;
        if (text.Length % 5 == 1)
            return false;
        for (int i = 0; i < text.Length; i += 5)
        {
            int count = Math.Min(5, text.Length - i);
            ulong value = 0;
            for (int k = 0; k < 5; k++)
            {
                // A rest is padded with the largest digit, so that cutting off rounds to what was encoded.
                int digit = k < count ? Digit(text[i + k]) : 84;
                if (digit < 0)
                    return false;
                value = (value * 85) + (uint)digit;
            }
            if (value > uint.MaxValue)
                return false;
            for (int k = 0; k < count - 1; k++)
                to[written++] = (byte)(value >> (24 - (8 * k)));
        }
        return true;
    }

    private static int Digit(byte c) => c < 128 ? Values[c] : -1;

    private static sbyte[] MakeValues()
    {
        sbyte[] values = new sbyte[128];
        Array.Fill(values, (sbyte)-1);
        for (int i = 0; i < Alphabet.Length; i++)
            values[Alphabet[i]] = (sbyte)i;
        return values;
    }
}
