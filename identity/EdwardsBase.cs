using QuicProChat.Mesh.Identity.Interop;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// X25519 public keys by way of the Edwards curve: libsodium multiplies the Ed25519 base point with precomputed tables, in
/// less than half the time of its X25519, and the point's image on the Montgomery curve is u = (1 + y) / (1 - y)
/// (RFC 7748, section 4.1). Everything secret stays in libsodium; the division is of the public key's coordinate.
/// </summary>
internal static unsafe class EdwardsBase
{
    private static readonly bool Available = Probe();

    /// <summary>Computes a public key; false if libsodium was built without the function that this needs.</summary>
    internal static bool TryPublicKey(ReadOnlySpan<byte> secretKey, Span<byte> publicKey)
    {
        if (!Available)
            return false;
        Span<byte> point = stackalloc byte[32];
        fixed (byte* q = point, n = secretKey)
        {
            if (Sodium.crypto_scalarmult_ed25519_base(q, n) != 0)
                return false;
        }
        Field25519 y = Field25519.Read(point);
        Field25519 u = (Field25519.One + y) * (Field25519.One - y).Inverse();
        u.Write(publicKey);
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
