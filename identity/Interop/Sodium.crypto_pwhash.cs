using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Identity.Interop;

// crypto_pwhash.h
internal static partial class Sodium
{
    /// <summary>crypto_pwhash_ALG_ARGON2ID13.</summary>
    internal const int Argon2idAlgorithm = 2;

    [LibraryImport(Library)]
    internal static unsafe partial int crypto_pwhash(
        byte* output, ulong outputLength, byte* passphrase, ulong passphraseLength, byte* salt, ulong passes,
        nuint memoryBytes, int algorithm);
}
