using System.Runtime.InteropServices;

namespace QuicProChat.Mesh.Identity.Interop;

// crypto_aead_chacha20poly1305.h, the IETF variant
internal static partial class Sodium
{
    [LibraryImport(Library)]
    internal static unsafe partial int crypto_aead_chacha20poly1305_ietf_encrypt(
        byte* cipher, ulong* cipherLength, byte* message, ulong messageLength, byte* associated, ulong associatedLength,
        byte* secretNonce, byte* nonce, byte* key);

    [LibraryImport(Library)]
    internal static unsafe partial int crypto_aead_chacha20poly1305_ietf_decrypt(
        byte* message, ulong* messageLength, byte* secretNonce, byte* cipher, ulong cipherLength, byte* associated,
        ulong associatedLength, byte* nonce, byte* key);
}
