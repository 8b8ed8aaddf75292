using System.Globalization;
using System.Security.Cryptography;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Records;

/// <summary>
/// The first two digits of a PLZ, 00 to 99: records of a region share a gossip topic (docs/reference/fapp.md, section
/// 1).
/// </summary>
/// <param name="Number">0 to 99.</param>
public readonly record struct Region(byte Number)
{
    /// <summary>How many there are.</summary>
    public const int Count = 100;

    private const int Digits = 2;

    /// <summary>The topic: the first 16 bytes of SHA-256 over a label and the two digits.</summary>
    public GossipTopic Topic
    {
        get
        {
            Span<byte> text = stackalloc byte[Label.Length + Digits];
            Label.CopyTo(text);
            text[^2] = (byte)('0' + Number / 10);
            text[^1] = (byte)('0' + Number % 10);
            Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(text, digest);
            return GossipTopic.Read(digest);
        }
    }

    private static ReadOnlySpan<byte> Label => "qpc-mesh/1 fapp region "u8;

    /// <summary>The region of a PLZ.</summary>
    public static Region Of(PostalCode code)
    {
        string digits = code.ToString();
        return new Region((byte)((digits[0] - '0') * 10 + digits[1] - '0'));
    }

    /// <summary>Reads two digits.</summary>
    public static bool TryParse(string text, out Region region)
    {
        bool isRegion = text.Length == Digits && text.All(char.IsAsciiDigit);
        region = isRegion ? new Region(byte.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)) : default;
        return isRegion;
    }

    /// <summary>Two digits.</summary>
    public override string ToString() => Number.ToString("00", CultureInfo.InvariantCulture);
}
