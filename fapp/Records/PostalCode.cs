using System.Diagnostics.CodeAnalysis;

namespace QuicProChat.Mesh.Fapp.Records;

/// <summary>A German postal code (PLZ): a text of five digits, never a number, for 01067 begins with 0.</summary>
public readonly record struct PostalCode
{
    /// <summary>Its length in digits and bytes.</summary>
    public const int Size = 5;

    private readonly string? _digits;

    private PostalCode(string digits) => _digits = digits;

    /// <summary>The first two digits: the region whose topic its records have.</summary>
    public Region Region => Region.Of(this);

    /// <summary>Reads five digits; nothing is padded or cut.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out PostalCode code)
    {
        bool isCode = text is { Length: Size } && text.All(char.IsAsciiDigit);
        code = isCode ? new PostalCode(text!) : default;
        return isCode;
    }

    /// <summary>Reads five digits of UTF-8.</summary>
    public static bool TryRead(ReadOnlySpan<byte> utf8, out PostalCode code)
    {
        code = default;
        return utf8.Length == Size && TryParse(System.Text.Encoding.ASCII.GetString(utf8), out code);
    }

    /// <summary>Whether it begins with these digits.</summary>
    public bool HasPrefix(ReadOnlySpan<char> prefix) =>
        ToString().AsSpan().StartsWith(prefix, StringComparison.Ordinal);

    /// <summary>The five digits.</summary>
    public override string ToString() => _digits ?? "00000";
}
