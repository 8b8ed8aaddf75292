using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Contacts;

/// <summary>
/// Sixty digits that two people see alike if nobody stands between them (docs/reference/contacts.md, section 3). The
/// derivation is that of Signal's numeric fingerprint, version 2: half of it for each side, from SHA-512 (FIPS 180-4)
/// over key and address, repeated so that a pair of keys with nearly the same digits is dear to find; the smaller half
/// comes first, so that both sides see the same.
/// </summary>
public static class SafetyNumber
{
    /// <summary>Digits in all.</summary>
    public const int Digits = 2 * HalfDigits;

    private const int HalfDigits = 30;
    private const int GroupDigits = 5;
    private const int GroupBytes = 5;
    private const int GroupRange = 100_000;

    /// <summary>As in Signal's fingerprint: 5,200 hashes of a guess cost a forger 13 bits.</summary>
    private const int Iterations = 5200;

    /// <summary>What the QR code says before the digits.</summary>
    private const string ScanPrefix = "qpc-safety:1:";

    private static ReadOnlySpan<byte> Label => "qpc-mesh/1 safety number"u8;

    /// <summary>The digits of two keys, without blanks; some milliseconds of work.</summary>
    /// <param name="ownKey">32 bytes, Ed25519.</param>
    /// <param name="theirKey">32 bytes, Ed25519.</param>
    public static string Of(ReadOnlySpan<byte> ownKey, ReadOnlySpan<byte> theirKey)
    {
        string own = Half(ownKey), theirs = Half(theirKey);
        return string.CompareOrdinal(own, theirs) <= 0 ? own + theirs : theirs + own;
    }

    /// <summary>The digits in twelve groups of five.</summary>
    public static string Group(string digits) =>
        string.Join(' ', Enumerable.Range(0, digits.Length / GroupDigits)
            .Select(i => digits.Substring(i * GroupDigits, GroupDigits)));

    /// <summary>What a QR code says.</summary>
    public static string ToScan(string digits) => ScanPrefix + digits;

    /// <summary>Tells whether what somebody typed or scanned is the number: blanks do not matter.</summary>
    public static bool Matches(string digits, string entered) => Bare(entered) == digits;

    /// <summary>Tells whether what somebody typed or scanned is a number at all, this one or another.</summary>
    public static bool IsWhole(string entered) => Bare(entered) is { Length: Digits } bare
        && bare.All(char.IsAsciiDigit);

    private static string Bare(string entered)
    {
        string bare = string.Concat(entered.Where(static c => !char.IsWhiteSpace(c)));
        return bare.StartsWith(ScanPrefix, StringComparison.Ordinal) ? bare[ScanPrefix.Length..] : bare;
    }

    private static string Half(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA512.HashSizeInBytes];
        Span<byte> first = stackalloc byte[Label.Length + Ed25519.PublicKeySize + NodeAddress.Size];
        Label.CopyTo(first);
        key.CopyTo(first[Label.Length..]);
        NodeAddress.Of(key).Write(first[(Label.Length + key.Length)..]);
        SHA512.HashData(first, hash);
        Span<byte> next = stackalloc byte[SHA512.HashSizeInBytes + Ed25519.PublicKeySize];
        key.CopyTo(next[SHA512.HashSizeInBytes..]);
        for (int i = 1; i < Iterations; i++)
        {
            hash.CopyTo(next);
            SHA512.HashData(next, hash);
        }

        Span<char> digits = stackalloc char[HalfDigits];
        for (int i = 0; i < HalfDigits / GroupDigits; i++)
        {
            ReadOnlySpan<byte> group = hash.Slice(i * GroupBytes, GroupBytes);
            ulong value = ((ulong)group[0] << 32 | BinaryPrimitives.ReadUInt32BigEndian(group[1..])) % GroupRange;
            value.TryFormat(digits[(i * GroupDigits)..], out _, "D5", CultureInfo.InvariantCulture);
        }

        return new string(digits);
    }
}
