using System.Security.Cryptography;

namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>
/// What HPKE and ECDSA need to know of a NIST curve, and the conversions to and from SEC 1 encodings.
/// </summary>
internal sealed class NistCurve
{
    internal static readonly NistCurve P256 = new(
        ECCurve.NamedCurves.nistP256, "06082a8648ce3d030107", 32, HashKind.Sha256, HashAlgorithmName.SHA256,
        0x0010, 0xff,
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

    internal static readonly NistCurve P384 = new(
        ECCurve.NamedCurves.nistP384, "06052b81040022", 48, HashKind.Sha384, HashAlgorithmName.SHA384, 0x0011, 0xff,
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973");

    internal static readonly NistCurve P521 = new(
        ECCurve.NamedCurves.nistP521, "06052b81040023", 66, HashKind.Sha512, HashAlgorithmName.SHA512, 0x0012, 0x01,
        "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d0"
        + "3bb5c9b8899c47aebb6fb71e91386409");

    private readonly byte[] _order;
    private readonly byte[] _oid;

    private NistCurve(
        ECCurve curve, string oidHex, int fieldSize, HashKind hash, HashAlgorithmName hashName, ushort kemId,
        byte bitMask,
        string orderHex)
    {
        Curve = curve;
        FieldSize = fieldSize;
        Hash = hash;
        HashName = hashName;
        KemId = kemId;
        BitMask = bitMask;
        _order = Convert.FromHexString(orderHex);
        _oid = Convert.FromHexString(oidHex);
    }

    internal ECCurve Curve { get; }

    /// <summary>The curve's object identifier, DER.</summary>
    internal ReadOnlySpan<byte> EncodedOid => _oid;

    internal int FieldSize { get; }

    internal int PointSize => 1 + 2 * FieldSize;

    internal HashKind Hash { get; }

    internal HashAlgorithmName HashName { get; }

    internal ushort KemId { get; }

    /// <summary>The mask of the first byte of a candidate scalar (RFC 9180, section 7.1.3).</summary>
    internal byte BitMask { get; }

    /// <summary>Whether a big-endian scalar lies in [1, order).</summary>
    internal bool IsValidScalar(ReadOnlySpan<byte> scalar)
    {
        if (scalar.Length != FieldSize)
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

    internal ECParameters Private(ReadOnlySpan<byte> scalar) => new() { Curve = Curve, D = scalar.ToArray() };

    /// <summary>Parses an uncompressed point; whether it is on the curve shows at import.</summary>
    internal bool TryPublic(ReadOnlySpan<byte> point, out ECParameters parameters)
    {
        bool ok = point.Length == PointSize && point[0] == 4;
        parameters = ok
            ? new ECParameters
            {
                Curve = Curve,
                Q = new ECPoint { X = point[1..(1 + FieldSize)].ToArray(), Y = point[(1 + FieldSize)..].ToArray() },
            }
            : default;
        return ok;
    }

    internal byte[] Encode(ECPoint point)
    {
        byte[] encoded = new byte[PointSize];
        encoded[0] = 4;
        point.X!.CopyTo(encoded, 1);
        point.Y!.CopyTo(encoded, 1 + FieldSize);
        return encoded;
    }
}
