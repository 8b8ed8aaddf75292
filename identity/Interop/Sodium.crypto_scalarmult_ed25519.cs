using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Identity.Interop;

// crypto_scalarmult_ed25519.h; absent from a libsodium built with --enable-minimal
internal static partial class Sodium
{
    [LibraryImport(Library)]
    internal static unsafe partial int crypto_scalarmult_ed25519_base(byte* point, byte* scalar);
}
