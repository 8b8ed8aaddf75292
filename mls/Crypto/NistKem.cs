using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>DHKEM over P-256, P-384 or P-521 (RFC 9180, section 7.1).</summary>
internal sealed class NistKem(NistCurve curve) : DhKem
{
    internal override ushort Id => curve.KemId;

    internal override HashKind Hash => curve.Hash;

    internal override int PublicKeySize => curve.PointSize;

    internal override int PrivateKeySize => curve.FieldSize;

    internal override int DhSize => curve.FieldSize;

    internal override HpkeKeyPair DeriveKeyPair(ReadOnlySpan<byte> ikm)
    {
        ReadOnlySpan<byte> suite = [(byte)'K', (byte)'E', (byte)'M', (byte)(Id >> 8), (byte)Id];
        Span<byte> prk = stackalloc byte[Hashing.MaxSize];
        prk = prk[..Hashing.Size(Hash)];
        LabeledKdf.Extract(Hash, suite, default, "dkp_prk"u8, ikm, prk);
        byte[] scalar = new byte[curve.FieldSize];
        Span<byte> counter = stackalloc byte[1];
        for (int i = 0; i < 256; i++)
        {
            counter[0] = (byte)i;
            LabeledKdf.Expand(Hash, suite, prk, "candidate"u8, counter, scalar);
            scalar[0] &= curve.BitMask;
            if (curve.IsValidScalar(scalar))
            {
                CryptographicOperations.ZeroMemory(prk);
                return WithPublicKey(scalar);
            }
        }
        throw new CryptographicException("DeriveKeyPair found no scalar in 256 attempts (RFC 9180, section 7.1.3).");
    }

    internal override HpkeKeyPair Generate(RandomFill random)
    {
        byte[] seed = random.Bytes(curve.FieldSize);
        HpkeKeyPair pair = DeriveKeyPair(seed);
        Secrets.Zero(seed);
        return pair;
    }

    internal override bool TryGetPublicKey(ReadOnlySpan<byte> privateKey, Span<byte> publicKey)
    {
        if (!curve.IsValidScalar(privateKey))
            return false;
        PublicKeyOf(privateKey).CopyTo(publicKey);
        return true;
    }

    internal override bool TryAgree(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey, Span<byte> dh)
    {
        if (!curve.IsValidScalar(privateKey) || !curve.TryPublic(publicKey, out ECParameters parameters))
            return false;
        ECParameters own = curve.Private(privateKey);
        try
        {
            using ECDiffieHellman peer = ECDiffieHellman.Create(parameters);
            using ECDiffieHellman self = ECDiffieHellman.Create(own);
            byte[] shared = self.DeriveRawSecretAgreement(peer.PublicKey);
            shared.CopyTo(dh);
            Secrets.Zero(shared);
            return true;
        }
        catch (CryptographicException)
        {
            // The framework tells of a point that is not on the curve by throwing.
            return false;
        }
        finally
        {
            Secrets.Zero(own.D);
        }
    }

    internal override bool IsValidPublicKey(ReadOnlySpan<byte> publicKey)
    {
        if (!curve.TryPublic(publicKey, out ECParameters parameters))
            return false;
        try
        {
            using ECDiffieHellman key = ECDiffieHellman.Create(parameters);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private HpkeKeyPair WithPublicKey(byte[] scalar) => new(scalar, PublicKeyOf(scalar));

    private byte[] PublicKeyOf(ReadOnlySpan<byte> scalar)
    {
        ECParameters own = curve.Private(scalar);
        using ECDiffieHellman key = ECDiffieHellman.Create(own);
        Secrets.Zero(own.D);
        return curve.Encode(key.ExportParameters(false).Q);
    }
}
