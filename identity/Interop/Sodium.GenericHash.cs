using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Identity.Interop;

// crypto_generichash_blake2b.h
internal static partial class Sodium
{
    /// <summary>sizeof(crypto_generichash_blake2b_state), the same in every release so far; aligned to 64 bytes.</summary>
    internal const int Blake2bStateSize = 384;

    [LibraryImport(Library)]
    internal static partial nuint crypto_generichash_blake2b_statebytes();

    [LibraryImport(Library)]
    internal static unsafe partial int crypto_generichash_blake2b(
        byte* hash, nuint hashLength, byte* message, ulong messageLength, byte* key, nuint keyLength);

    [LibraryImport(Library)]
    internal static unsafe partial int crypto_generichash_blake2b_init(
        byte* state, byte* key, nuint keyLength, nuint hashLength);

    [LibraryImport(Library)]
    internal static unsafe partial int crypto_generichash_blake2b_update(byte* state, byte* message, ulong messageLength);

    [LibraryImport(Library)]
    internal static unsafe partial int crypto_generichash_blake2b_final(byte* state, byte* hash, nuint hashLength);
}
