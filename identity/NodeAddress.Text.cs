using System.Diagnostics.CodeAnalysis;

namespace QuicProChat.Mesh.Identity;

// How people write an address: Bech32m with prefix qpc; 32 hexadecimal digits are accepted too.
public readonly partial record struct NodeAddress
{
    /// <summary>The Bech32m prefix.</summary>
    public const string Prefix = "qpc";

    private const int HexLength = Size * 2;

    /// <summary>
    /// Reads an address as Bech32m or as 32 hexadecimal digits; the error is one sentence that says what is wrong.
    /// </summary>
    public static bool TryParse(
        [NotNullWhen(true)] string? text, out NodeAddress address, [NotNullWhen(false)] out string? error)
    {
        address = default;
        text = text?.Trim();
        if (string.IsNullOrEmpty(text))
        {
            error = "An address is missing: qpc1... or 32 hexadecimal digits.";
            return false;
        }

        if (IsHex(text))
            return TryParseHex(text, out address, out error);

        if (!Bech32m.TryDecode(text, out string? prefix, out byte[]? data, out string? fault))
        {
            error = $"'{text}' is not an address: {fault}.";
            return false;
        }

        if (prefix != Prefix)
        {
            error = $"'{text}' is not an address: it begins with '{prefix}1', not with '{Prefix}1'.";
            return false;
        }

        if (data.Length != Size)
        {
            error = $"'{text}' is not an address: it holds {data.Length} bytes, not {Size}.";
            return false;
        }

        address = Read(data);
        error = null;
        return true;
    }

    /// <summary>The address in Bech32m: 36 characters that begin with <c>qpc1</c>.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes);
        return Bech32m.Encode(Prefix, bytes);
    }

    /// <summary>The address as 32 lower-case hexadecimal digits.</summary>
    public string ToHex() => $"{High:x16}{Low:x16}";

    private static bool IsHex(string text) => text.AsSpan().IndexOfAnyExcept("0123456789abcdefABCDEF") < 0;

    private static bool TryParseHex(string text, out NodeAddress address, [NotNullWhen(false)] out string? error)
    {
        address = default;
        if (text.Length != HexLength)
        {
            error = $"'{text}' is not an address: it has {text.Length} hexadecimal digits, not {HexLength}.";
            return false;
        }

        address = Read(Convert.FromHexString(text));
        error = null;
        return true;
    }
}
