using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>The hash functions of the cipher suites.</summary>
internal enum HashKind
{
    Sha256,
    Sha384,
    Sha512,
}

/// <summary>One-shot hash and HMAC (RFC 2104), chosen by kind.</summary>
internal static class Hashing
{
    /// <summary>Up to so many bytes libsodium's HMAC-SHA-256 is the quicker one; measured, and not critical.</summary>
    private const int ShortInput = 512;

    /// <summary>The longest digest: SHA-512's.</summary>
    internal const int MaxSize = 64;

    internal static int Size(HashKind kind) => kind switch
    {
        HashKind.Sha256 => 32,
        HashKind.Sha384 => 48,
        _ => 64,
    };

    internal static void Hash(HashKind kind, ReadOnlySpan<byte> data, Span<byte> digest) => _ = kind switch
    {
        HashKind.Sha256 => SHA256.HashData(data, digest),
        HashKind.Sha384 => SHA384.HashData(data, digest),
        _ => SHA512.HashData(data, digest),
    };

    internal static void Hmac(HashKind kind, ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> mac) =>
        _ = kind switch
        {
            HashKind.Sha256 => Hmac256(key, data, mac),
            HashKind.Sha384 => HMACSHA384.HashData(key, data, mac),
            _ => HMACSHA512.HashData(key, data, mac),
        };

    private static int Hmac256(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> mac)
    {
        if (data.Length > ShortInput || key.Length > HmacSha256.MaxKeySize)
            return HMACSHA256.HashData(key, data, mac);
        HmacSha256.Compute(key, data, mac[..HmacSha256.MacSize]);
        return HmacSha256.MacSize;
    }

    /// <summary>HKDF-Expand (RFC 5869, section 2.3); the info is followed by one spare byte for the counter.</summary>
    internal static void Expand(HashKind kind, ReadOnlySpan<byte> prk, Span<byte> infoAndCounter, Span<byte> output)
    {
        int size = Size(kind);
        Span<byte> block = stackalloc byte[MaxSize];
        block = block[..size];
        infoAndCounter[^1] = 1;
        if (output.Length <= size)
        {
            Hmac(kind, prk, infoAndCounter, block);
            block[..output.Length].CopyTo(output);
        }
        else
        {
            ExpandMany(kind, prk, infoAndCounter, output, block);
        }
        CryptographicOperations.ZeroMemory(block);
    }

    private static void ExpandMany(
        HashKind kind, ReadOnlySpan<byte> prk, Span<byte> infoAndCounter, Span<byte> output, Span<byte> block)
    {
        if (output.Length > 255 * block.Length)
            throw new ArgumentException("HKDF yields at most 255 blocks (RFC 5869, section 2.3).", nameof(output));
        byte[] input = new byte[block.Length + infoAndCounter.Length];
        int done = 0;
        Hmac(kind, prk, infoAndCounter, block);
        for (byte counter = 2; ; counter++)
        {
            int take = Math.Min(block.Length, output.Length - done);
            block[..take].CopyTo(output[done..]);
            done += take;
            if (done == output.Length)
                break;
            block.CopyTo(input);
            infoAndCounter.CopyTo(input.AsSpan(block.Length));
            input[^1] = counter;
            Hmac(kind, prk, input, block);
        }
        CryptographicOperations.ZeroMemory(input);
    }
}
