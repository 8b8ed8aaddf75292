using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Identity.Interop;

// utils.h: guarded, locked, zeroed memory
internal static partial class Sodium
{
    [LibraryImport(Library)]
    internal static partial nint sodium_malloc(nuint size);

    [LibraryImport(Library)]
    internal static partial void sodium_free(nint memory);
}
