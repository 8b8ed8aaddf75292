using QuicProChat.Mesh.Identity.Interop;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// X25519 public keys by way of the Edwards curve: libsodium multiplies the Ed25519 base point with precomputed tables,
/// in less than half the time of its X25519, and the point's image on the Montgomery curve is u = (1 + y) / (1 - y)
/// (RFC 7748, section 4.1). Everything secret stays in libsodium; the division is of the public key's coordinate.
/// </summary>
internal static unsafe class EdwardsBase
{
    private const int KeySize = 32;

    private static readonly bool Available = Probe();

    /// <summary>Public keys computed at a time with one division.</summary>
    private const int MostTogether = 16;

    /// <summary>
    /// Computes the public keys of secret scalars that lie one behind the other; false if libsodium was built without
    /// the function that this needs, or refuses a scalar (all zero). The inverses of all denominators come from that of
    /// their product (Montgomery's trick). No denominator is zero: y = 1 is the neutral element, and no clamped scalar
    /// is a multiple of the group's order.
    /// </summary>
    internal static bool TryPublicKeys(ReadOnlySpan<byte> secretKeys, Span<byte> publicKeys)
    {
        if (!Available)
            return false;
        while (secretKeys.Length > MostTogether * KeySize)
        {
            if (!TryTogether(secretKeys[..(MostTogether * KeySize)], publicKeys))
                return false;
            secretKeys = secretKeys[(MostTogether * KeySize)..];
            publicKeys = publicKeys[(MostTogether * KeySize)..];
        }

        return TryTogether(secretKeys, publicKeys);
    }

    private static bool TryTogether(ReadOnlySpan<byte> secretKeys, Span<byte> publicKeys)
    {
        int count = secretKeys.Length / KeySize;
        Span<Field25519> ys = stackalloc Field25519[MostTogether];
        Span<Field25519> products = stackalloc Field25519[MostTogether];
        Span<byte> point = stackalloc byte[KeySize];
        Field25519 product = Field25519.One;
        for (int i = 0; i < count; i++)
        {
            fixed (byte* q = point, n = secretKeys[(i * KeySize)..])
            {
                if (Sodium.crypto_scalarmult_ed25519_base(q, n) != 0)
                    return false;
            }

            ys[i] = Field25519.Read(point);
            products[i] = product;
            product *= Field25519.One - ys[i];
        }

        Field25519 inverse = product.Inverse();
        for (int i = count; --i >= 0;)
        {
            Field25519 u = (Field25519.One + ys[i]) * (inverse * products[i]);
            inverse *= Field25519.One - ys[i];
            u.Write(publicKeys.Slice(i * KeySize, KeySize));
        }

        return true;
    }

    private static bool Probe()
    {
        Sodium.EnsureInitialized();
        try
        {
            byte* scalar = stackalloc byte[32];
            byte* point = stackalloc byte[32];
            new Span<byte>(scalar, 32).Fill(1);
            return Sodium.crypto_scalarmult_ed25519_base(point, scalar) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            // A minimal libsodium, as OpenWrt builds it: X25519 itself is always there.
            return false;
        }
    }
}
