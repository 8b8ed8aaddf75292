using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Identity.Interop;

// crypto_generichash_blake2b.h
internal static partial class Sodium
{
    /// <summary>Size of the state, which has to be aligned to <see cref="Blake2bStateAlignment"/>.</summary>
    internal const int Blake2bStateSize = 384;

    internal const int Blake2bStateAlignment = 64;

    [LibraryImport(Library)]
    internal static unsafe partial int crypto_generichash_blake2b(
        byte* digest, nuint digestLength, byte* message, ulong messageLength, byte* key, nuint keyLength);

    [LibraryImport(Library)]
    internal static unsafe partial int crypto_generichash_blake2b_init(
        byte* state, byte* key, nuint keyLength, nuint digestLength);

    [LibraryImport(Library)]
    internal static unsafe partial int crypto_generichash_blake2b_update(
        byte* state, byte* message, ulong messageLength);

    [LibraryImport(Library)]
    internal static unsafe partial int crypto_generichash_blake2b_final(byte* state, byte* digest, nuint digestLength);
}
