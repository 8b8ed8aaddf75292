using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports;

/// <summary>What a handshake costs on this machine.</summary>
internal static class HandshakePrice
{
    // A handshake makes and checks some six signatures on two curves and agrees on a key; P-256 is the dearer one.
    // Measured on x86-64 it takes about as long as this many verifications of Ed25519, and on a router without assembly
    // for P-256 twice that.
    private const int Verifications = 20;

    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Most = TimeSpan.FromMilliseconds(100);

    /// <summary>Measures it: the best of a few verifications, because other work disturbs.</summary>
    internal static TimeSpan Measure(LocalIdentity identity, TimeProvider time)
    {
        Span<byte> signature = stackalloc byte[Ed25519.SignatureSize];
        identity.Sign(identity.PublicKey.Span, signature);
        TimeSpan best = Most;
        for (int i = 0; i < 3; i++)
        {
            long start = time.GetTimestamp();
            Ed25519.Verify(identity.PublicKey.Span, identity.PublicKey.Span, signature);
            TimeSpan taken = time.GetElapsedTime(start) * Verifications;
            best = taken < best ? taken : best;
        }

        return best > Least ? best : Least;
    }
}
