using System.Diagnostics.CodeAnalysis;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// Bech32m (BIP-350): text for bytes that people copy. <c>prefix 1 data checksum(6)</c>, all in one case, alphabet
/// without 1, b, i and o. Any four mistyped characters are noticed in up to 90 characters.
/// </summary>
public static class Bech32m
{
    /// <summary>BIP-173's limit, up to which the checksum notices any four wrong characters.</summary>
    public const int MaxLength = 90;

    /// <summary>
    /// The length of the underlying code (BIP-173, checksum design): the checksum means nothing beyond.
    /// </summary>
    public const int MaxLongLength = 1023;

    private const string Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private const int ChecksumLength = 6;
    private const uint Constant = 0x2bc830a3;
    private const char Separator = '1';

    private static ReadOnlySpan<uint> Generator => [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

    /// <summary>Writes bytes as Bech32m in lower case.</summary>
    /// <param name="prefix">1 to 83 lower-case characters of ASCII 33 to 126.</param>
    /// <param name="data">The bytes.</param>
    public static string Encode(string prefix, ReadOnlySpan<byte> data)
    {
        int groups = (data.Length * 8 + 4) / 5;
        char[] text = new char[prefix.Length + 1 + groups + ChecksumLength];
        prefix.CopyTo(text);
        text[prefix.Length] = Separator;
        uint checksum = ExpandPrefix(prefix);
        Span<char> symbols = text.AsSpan(prefix.Length + 1);
        for (int i = 0; i < groups; i++)
        {
            int value = Group(data, i * 5);
            checksum = Step(checksum) ^ (uint)value;
            symbols[i] = Alphabet[value];
        }

        for (int i = 0; i < ChecksumLength; i++)
            checksum = Step(checksum);
        checksum ^= Constant;
        for (int i = 0; i < ChecksumLength; i++)
            symbols[groups + i] = Alphabet[(int)(checksum >> (5 * (ChecksumLength - 1 - i)) & 31)];
        string result = new(text);
        Array.Clear(text);
        return result;
    }

    /// <summary>Reads Bech32m of at most 90 characters; the error says what is wrong with the text.</summary>
    public static bool TryDecode(
        ReadOnlySpan<char> text, [NotNullWhen(true)] out string? prefix, [NotNullWhen(true)] out byte[]? data,
        [NotNullWhen(false)] out string? error) => TryDecode(text, MaxLength, out prefix, out data, out error);

    /// <summary>As the other overload, for longer text (at most <see cref="MaxLongLength"/> characters).</summary>
    public static bool TryDecode(
        ReadOnlySpan<char> text, int maxLength, [NotNullWhen(true)] out string? prefix,
        [NotNullWhen(true)] out byte[]? data, [NotNullWhen(false)] out string? error)
    {
        prefix = null;
        data = null;
        if (!TrySplit(text, maxLength, out int separator, out error))
            return false;

        string lower = text[..separator].ToString().ToLowerInvariant();
        ReadOnlySpan<char> symbols = text[(separator + 1)..];
        uint checksum = ExpandPrefix(lower);
        byte[] result = new byte[(symbols.Length - ChecksumLength) * 5 / 8];
        int bits = 0, filled = 0, pending = 0;
        for (int i = 0; i < symbols.Length; i++)
        {
            int value = Alphabet.IndexOf(char.ToLowerInvariant(symbols[i]));
            if (value < 0)
            {
                Array.Clear(result);
                error = $"character {separator + 2 + i}, '{symbols[i]}', does not occur in this notation";
                return false;
            }

            checksum = Step(checksum) ^ (uint)value;
            if (i >= symbols.Length - ChecksumLength)
                continue;
            pending = (pending << 5 | value) & 0xFFF;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                result[filled++] = (byte)(pending >> bits);
            }
        }

        // What does not check may be a secret that was mistyped.
        if (checksum != Constant)
        {
            Array.Clear(result);
            error = "its checksum does not match: a character is mistyped, missing or too many";
            return false;
        }

        // BIP-173, decoding: padding is fewer than five bits, all zero.
        if (bits >= 5 || (pending & ((1 << bits) - 1)) != 0)
        {
            Array.Clear(result);
            error = "its last data character carries bits that no encoder writes";
            return false;
        }

        prefix = lower;
        data = result;
        error = null;
        return true;
    }

    private static bool TrySplit(
        ReadOnlySpan<char> text, int maxLength, out int separator, [NotNullWhen(false)] out string? error)
    {
        separator = text.LastIndexOf(Separator);
        if (text.Length > maxLength)
            error = $"it has {text.Length} characters; at most {maxLength} are allowed";
        else if (separator < 0)
            error = "it has no '1' between prefix and data";
        else if (separator == 0)
            error = "it has no prefix before the '1'";
        else if (text.Length - separator - 1 < ChecksumLength)
            error = "it is too short to hold a checksum";
        else if (text.IndexOfAnyExceptInRange('!', '~') is >= 0 and int position)
            error = $"character {position + 1} is not printable ASCII";
        else if (text.ContainsAnyInRange('a', 'z') && text.ContainsAnyInRange('A', 'Z'))
            error = "it mixes upper and lower case";
        else
            error = null;
        return error is null;
    }

    private static int Group(ReadOnlySpan<byte> data, int bit)
    {
        int index = bit / 8;
        int window = data[index] << 8 | (index + 1 < data.Length ? data[index + 1] : 0);
        return window >> (11 - bit % 8) & 31;
    }

    private static uint ExpandPrefix(string prefix)
    {
        uint checksum = 1;
        foreach (char c in prefix)
            checksum = Step(checksum) ^ (uint)(c >> 5);
        checksum = Step(checksum);
        foreach (char c in prefix)
            checksum = Step(checksum) ^ (uint)(c & 31);
        return checksum;
    }

    private static uint Step(uint checksum)
    {
        uint top = checksum >> 25;
        checksum = (checksum & 0x1ffffff) << 5;
        for (int i = 0; i < Generator.Length; i++)
        {
            if ((top >> i & 1) != 0)
                checksum ^= Generator[i];
        }

        return checksum;
    }
}
