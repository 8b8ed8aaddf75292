using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Identity.Interop;

// crypto_auth_hmacsha256.h
internal static partial class Sodium
{
    [LibraryImport(Library)]
    internal static unsafe partial int crypto_auth_hmacsha256(byte* mac, byte* message, ulong messageLength, byte* key);
}
