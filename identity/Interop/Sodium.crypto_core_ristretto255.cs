using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Identity.Interop;

// crypto_core_ristretto255.h and crypto_scalarmult_ristretto255.h; absent from a libsodium built with --enable-minimal
internal static partial class Sodium
{
    [LibraryImport(Library)]
    internal static unsafe partial int crypto_core_ristretto255_is_valid_point(byte* point);

    [LibraryImport(Library)]
    internal static unsafe partial int crypto_core_ristretto255_from_hash(byte* point, byte* hash);

    [LibraryImport(Library)]
    internal static unsafe partial int crypto_core_ristretto255_scalar_invert(byte* inverse, byte* scalar);

    [LibraryImport(Library)]
    internal static unsafe partial void crypto_core_ristretto255_scalar_reduce(byte* reduced, byte* wide);

    [LibraryImport(Library)]
    internal static unsafe partial int crypto_scalarmult_ristretto255(byte* product, byte* scalar, byte* point);

    [LibraryImport(Library)]
    internal static unsafe partial int crypto_scalarmult_ristretto255_base(byte* product, byte* scalar);
}
