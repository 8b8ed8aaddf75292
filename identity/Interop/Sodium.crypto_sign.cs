using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Identity.Interop;

// crypto_sign_ed25519.h
internal static partial class Sodium
{
    [LibraryImport(Library)]
    internal static unsafe partial int crypto_sign_ed25519_seed_keypair(byte* publicKey, byte* secretKey, byte* seed);

    [LibraryImport(Library)]
    internal static unsafe partial int crypto_sign_ed25519_detached(
        byte* signature, ulong* signatureLength, byte* message, ulong messageLength, byte* secretKey);

    [LibraryImport(Library)]
    internal static unsafe partial int crypto_sign_ed25519_verify_detached(
        byte* signature, byte* message, ulong messageLength, byte* publicKey);

    [LibraryImport(Library)]
    internal static unsafe partial int crypto_sign_ed25519_pk_to_curve25519(byte* curveKey, byte* edKey);

    [LibraryImport(Library)]
    internal static unsafe partial int crypto_sign_ed25519_sk_to_curve25519(byte* curveKey, byte* edKey);
}
