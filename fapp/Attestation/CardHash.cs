using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace QuicProChat.Mesh.Fapp.Attestation;

/// <summary>SHA-256 of a certificate, or of its holder's Telematik-ID: by these two a card is known again.</summary>
/// <param name="High">The first 16 bytes.</param>
/// <param name="Low">The last 16 bytes.</param>
internal readonly record struct CardHash(UInt128 High, UInt128 Low)
{
    private const int Half = SHA256.HashSizeInBytes / 2;

    /// <summary>The hash of a certificate in DER.</summary>
    internal static CardHash OfCertificate(ReadOnlySpan<byte> der)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(der, digest);
        return Read(digest);
    }

    /// <summary>The hash of a Telematik-ID, which no certificate's can be.</summary>
    internal static CardHash OfHolder(string telematikId)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.Latin1.GetBytes("telematik-id " + telematikId), digest);
        return Read(digest);
    }

    /// <summary>Reads 64 hexadecimal digits.</summary>
    internal static bool TryParse(string hex, out CardHash hash)
    {
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        bool isHash = hex.Length == 2 * bytes.Length
            && Convert.FromHexString(hex, bytes, out _, out _) == OperationStatus.Done;
        hash = isHash ? Read(bytes) : default;
        return isHash;
    }

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"{High:x32}{Low:x32}";

    private static CardHash Read(ReadOnlySpan<byte> digest) =>
        new(BinaryPrimitives.ReadUInt128BigEndian(digest), BinaryPrimitives.ReadUInt128BigEndian(digest[Half..]));
}
