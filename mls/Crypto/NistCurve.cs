using System.Security.Cryptography;

namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>What HPKE and ECDSA need to know of a NIST curve, and the conversions to and from SEC 1 encodings.</summary>
internal sealed class NistCurve(ECCurve curve, int fieldSize, HashKind hash, HashAlgorithmName hashName, ushort kemId, byte bitMask, string orderHex)
{
    internal static readonly NistCurve P256 = new(ECCurve.NamedCurves.nistP256, 32, HashKind.Sha256, HashAlgorithmName.SHA256,
        0x0010, 0xff, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

    internal static readonly NistCurve P384 = new(ECCurve.NamedCurves.nistP384, 48, HashKind.Sha384, HashAlgorithmName.SHA384,
        0x0011, 0xff, "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973");

    internal static readonly NistCurve P521 = new(ECCurve.NamedCurves.nistP521, 66, HashKind.Sha512, HashAlgorithmName.SHA512,
        0x0012, 0x01, "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409");

    private readonly byte[] _order = Convert.FromHexString(orderHex);

    internal ECCurve Curve => curve;

    internal int FieldSize => fieldSize;

    internal int PointSize => 1 + 2 * fieldSize;

    internal HashKind Hash => hash;

    internal HashAlgorithmName HashName => hashName;

    internal ushort KemId => kemId;

    /// <summary>The mask of the first byte of a candidate scalar (RFC 9180, section 7.1.3).</summary>
    internal byte BitMask => bitMask;

    /// <summary>Whether a big-endian scalar lies in [1, order).</summary>
    internal bool IsValidScalar(ReadOnlySpan<byte> scalar)
    {
        if (scalar.Length != fieldSize)
            return false;
        int borrow = 0;
        int any = 0;
        for (int i = scalar.Length - 1; i >= 0; i--)
        {
            borrow = (scalar[i] - _order[i] - borrow) >> 31 & 1;
            any |= scalar[i];
        }
        return borrow == 1 && any != 0;
    }

    internal ECParameters Private(ReadOnlySpan<byte> scalar) => new() { Curve = curve, D = scalar.ToArray() };

    /// <summary>Parses an uncompressed point; whether it is on the curve shows at import.</summary>
    internal bool TryPublic(ReadOnlySpan<byte> point, out ECParameters parameters)
    {
        bool ok = point.Length == PointSize && point[0] == 4;
        parameters = ok
            ? new ECParameters
            {
                Curve = curve,
                Q = new ECPoint { X = point[1..(1 + fieldSize)].ToArray(), Y = point[(1 + fieldSize)..].ToArray() },
            }
            : default;
        return ok;
    }

    internal byte[] Encode(ECPoint point)
    {
        byte[] encoded = new byte[PointSize];
        encoded[0] = 4;
        point.X!.CopyTo(encoded, 1);
        point.Y!.CopyTo(encoded, 1 + fieldSize);
        return encoded;
    }
}
