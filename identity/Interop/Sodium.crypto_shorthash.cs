using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Identity.Interop;

// crypto_shorthash_siphash24.h
internal static partial class Sodium
{
    // A call takes some 20 ns: less than a transition of the collector's mode would.
    [LibraryImport(Library)]
    [SuppressGCTransition]
    internal static unsafe partial int crypto_shorthash_siphash24(
        byte* hash, byte* message, ulong messageLength, byte* key);
}
