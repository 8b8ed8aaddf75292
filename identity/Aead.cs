namespace QuicProChat.Mesh.Identity;

/// <summary>
/// What libsodium's two constructions of ChaCha20-Poly1305 have in common: everything but nonce and function.
/// </summary>
internal static unsafe class Aead
{
    internal const int KeySize = 32;
    internal const int TagSize = 16;

    internal static void Seal(
        delegate*<byte*, ulong*, byte*, ulong, byte*, ulong, byte*, byte*, byte*, int> encrypt, int nonceSize,
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> message,
        Span<byte> cipher)
    {
        Guard.Length(key, KeySize, nameof(key));
        Guard.Length(nonce, nonceSize, nameof(nonce));
        Guard.Length(cipher, message.Length + TagSize, nameof(cipher));
        fixed (byte* c = cipher, m = message, a = associated, n = nonce, k = key)
            _ = encrypt(c, null, m, (ulong)message.Length, a, (ulong)associated.Length, null, n, k);
    }

    internal static bool TryOpen(
        delegate*<byte*, ulong*, byte*, byte*, ulong, byte*, ulong, byte*, byte*, int> decrypt, int nonceSize,
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> cipher,
        Span<byte> message)
    {
        Guard.Length(key, KeySize, nameof(key));
        Guard.Length(nonce, nonceSize, nameof(nonce));
        if (cipher.Length < TagSize)
            return false;
        Guard.Length(message, cipher.Length - TagSize, nameof(message));
        fixed (byte* c = cipher, m = message, a = associated, n = nonce, k = key)
            return decrypt(m, null, null, c, (ulong)cipher.Length, a, (ulong)associated.Length, n, k) == 0;
    }
}
