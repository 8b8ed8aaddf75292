using System.Security.Cryptography;
using QuicProChat.Mesh.Identity.Interop;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// HMAC-SHA-256 (RFC 2104) for keys of up to 32 bytes. For the short inputs of key schedules libsodium is well ahead of
/// the framework, whose cost is in the set-up; for long ones it is not.
/// </summary>
public static unsafe class HmacSha256
{
    /// <summary>
    /// The longest key in bytes; a shorter one counts as if zeros followed it, which is what HMAC makes of it.
    /// </summary>
    public const int MaxKeySize = 32;

    /// <summary>Size of a code in bytes.</summary>
    public const int MacSize = 32;

    static HmacSha256() => Sodium.EnsureInitialized();

    /// <summary>Computes a code.</summary>
    /// <param name="key">At most 32 bytes.</param>
    /// <param name="data">Any length.</param>
    /// <param name="mac">Receives 32 bytes.</param>
    public static void Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> mac)
    {
        if (key.Length > MaxKeySize)
            throw new ArgumentException("The key may have 32 bytes.", nameof(key));
        Guard.Length(mac, MacSize, nameof(mac));
        Span<byte> padded = stackalloc byte[MaxKeySize];
        padded.Clear();
        key.CopyTo(padded);
        fixed (byte* m = mac, d = data, k = padded)
            _ = Sodium.crypto_auth_hmacsha256(m, d, (ulong)data.Length, k);
        CryptographicOperations.ZeroMemory(padded);
    }
}
