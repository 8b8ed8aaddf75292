using System.Numerics;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// From an X25519 public key back to the Ed25519 key it is the image of: y = (u - 1) / (u + 1) modulo p (RFC 7748,
/// section 4.1); the sign of x is not in u and travels beside it. Public values only, so nothing here hides its timing.
/// </summary>
internal static class Curve25519Map
{
    private const byte SignBit = 0x80;

    private static readonly BigInteger P = BigInteger.Pow(2, 255) - 19;

    /// <summary>
    /// Recovers the Ed25519 key; false if there is none with this image: u = -1, u not canonical, or the point off
    /// the curve or outside the main subgroup.
    /// </summary>
    /// <param name="x25519PublicKey">32 bytes.</param>
    /// <param name="negative">The sign bit of the Ed25519 key.</param>
    /// <param name="publicKey">Receives 32 bytes.</param>
    internal static bool TryRecover(ReadOnlySpan<byte> x25519PublicKey, bool negative, Span<byte> publicKey)
    {
        BigInteger u = new(x25519PublicKey, isUnsigned: true);
        BigInteger divisor = (u + 1) % P;
        if (divisor.IsZero)
            return false;
        // a^(p-2) is the inverse of a (Fermat). P is added so that the dividend stays positive for u = 0.
        BigInteger y = (u + P - 1) * BigInteger.ModPow(divisor, P - 2, P) % P;
        publicKey.Clear();
        y.TryWriteBytes(publicKey, out _, isUnsigned: true);
        if (negative)
            publicKey[^1] |= SignBit;

        Span<byte> image = stackalloc byte[X25519.PublicKeySize];
        return Ed25519.TryConvertPublicKeyToX25519(publicKey, image) && image.SequenceEqual(x25519PublicKey);
    }
}
