using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>
/// ECDSA over a NIST curve: uncompressed points, DER signatures (RFC 9420, sections 5.1.1 and 5.1.2).
/// </summary>
internal sealed class EcdsaScheme(NistCurve curve) : SignatureScheme
{
    private readonly NistKem _keys = new(curve);

    internal override int PublicKeySize => curve.PointSize;

    internal override string KeyAlgorithm => "1.2.840.10045.2.1";

    internal override ReadOnlySpan<byte> KeyParameters => curve.EncodedOid;

    // A DER sequence of two integers, each of which may need a leading zero.
    internal override int MaxSignatureSize => 2 * (curve.FieldSize + 3) + 3;

    internal override int PrivateKeySize => curve.FieldSize;

    /// <summary>A scalar that lost leading zeros on its way is padded.</summary>
    internal override Signer? CreateSigner(ReadOnlySpan<byte> privateKey)
    {
        if (privateKey.Length > curve.FieldSize)
            return null;
        byte[] scalar = new byte[curve.FieldSize];
        privateKey.CopyTo(scalar.AsSpan(curve.FieldSize - privateKey.Length));
        Signer? signer = curve.IsValidScalar(scalar) ? new EcdsaSigner(curve, scalar) : null;
        Secrets.Zero(scalar);
        return signer;
    }

    internal override byte[] GeneratePrivateKey(RandomFill random) => _keys.Generate(random).PrivateKey;

    internal override bool Verify(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (!curve.TryPublic(publicKey, out ECParameters parameters))
            return false;
        try
        {
            using ECDsa key = ECDsa.Create(parameters);
            return key.VerifyData(message, signature, curve.HashName, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            // The framework tells of a point that is not on the curve by throwing.
            return false;
        }
    }

    private sealed class EcdsaSigner : Signer
    {
        private readonly ECDsa _key;
        private readonly HashAlgorithmName _hash;

        internal EcdsaSigner(NistCurve curve, ReadOnlySpan<byte> scalar)
        {
            ECParameters own = curve.Private(scalar);
            _key = ECDsa.Create(own);
            Secrets.Zero(own.D);
            _hash = curve.HashName;
            PublicKey = curve.Encode(_key.ExportParameters(false).Q);
        }

        internal override byte[] PublicKey { get; }

        internal override byte[] Sign(ReadOnlySpan<byte> message) =>
            _key.SignData(message, _hash, DSASignatureFormat.Rfc3279DerSequence);

        internal override byte[] ExportPrivateKey() => _key.ExportParameters(includePrivateParameters: true).D!;

        public override void Dispose() => _key.Dispose();
    }
}
