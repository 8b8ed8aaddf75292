using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Identity.Interop;

// crypto_scalarmult_curve25519.h
internal static partial class Sodium
{
    [LibraryImport(Library)]
    internal static unsafe partial int crypto_scalarmult_curve25519(byte* shared, byte* secretKey, byte* publicKey);

    [LibraryImport(Library)]
    internal static unsafe partial int crypto_scalarmult_curve25519_base(byte* publicKey, byte* secretKey);
}
