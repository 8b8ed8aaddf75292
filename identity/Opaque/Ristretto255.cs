using System.Security.Cryptography;
using QuicProChat.Mesh.Identity.Interop;

namespace QuicProChat.Mesh.Identity.Opaque;

/// <summary>
/// The prime-order group ristretto255 (RFC 9496) as RFC 9497, section 4.1 uses it. An element that came from outside is
/// refused unless it is canonical and not the identity.
/// </summary>
internal static unsafe class Ristretto255
{
    /// <summary>Size of an element in bytes (Ne, Noe, Npk).</summary>
    internal const int ElementSize = 32;

    /// <summary>Size of a scalar in bytes (Ns, Nok, Nsk).</summary>
    internal const int ScalarSize = 32;

    private const int WideSize = 64;

    static Ristretto255() => Sodium.EnsureInitialized();

    /// <summary>Tells whether bytes are an element that a peer may send: canonical, and not the identity.</summary>
    internal static bool IsElement(ReadOnlySpan<byte> element)
    {
        if (element.Length != ElementSize || !element.ContainsAnyExcept((byte)0))
            return false;
        fixed (byte* e = element)
            return Sodium.crypto_core_ristretto255_is_valid_point(e) == 1;
    }

    /// <summary>HashToGroup (RFC 9497, section 4.1).</summary>
    /// <param name="message">Any length.</param>
    /// <param name="tag">The domain separation tag.</param>
    /// <param name="element">Receives 32 bytes.</param>
    internal static void HashToGroup(ReadOnlySpan<byte> message, ReadOnlySpan<byte> tag, Span<byte> element)
    {
        Guard.Length(element, ElementSize, nameof(element));
        Span<byte> wide = stackalloc byte[WideSize];
        ExpandMessageXmd.Expand(message, tag, wide);
        fixed (byte* e = element, w = wide)
            _ = Sodium.crypto_core_ristretto255_from_hash(e, w);
        CryptographicOperations.ZeroMemory(wide);
    }

    /// <summary>HashToScalar (RFC 9497, section 4.1).</summary>
    /// <param name="message">Any length.</param>
    /// <param name="tag">The domain separation tag.</param>
    /// <param name="scalar">Receives 32 bytes; the caller zeroes it.</param>
    internal static void HashToScalar(ReadOnlySpan<byte> message, ReadOnlySpan<byte> tag, Span<byte> scalar)
    {
        Guard.Length(scalar, ScalarSize, nameof(scalar));
        Span<byte> wide = stackalloc byte[WideSize];
        ExpandMessageXmd.Expand(message, tag, wide);
        Reduce(wide, scalar);
        CryptographicOperations.ZeroMemory(wide);
    }

    /// <summary>RandomScalar (RFC 9497, section 4.7.2): never zero.</summary>
    /// <param name="random">The source.</param>
    /// <param name="scalar">Receives 32 bytes; the caller zeroes it.</param>
    internal static void RandomScalar(RandomFill random, Span<byte> scalar)
    {
        Guard.Length(scalar, ScalarSize, nameof(scalar));
        Span<byte> wide = stackalloc byte[WideSize];
        do
        {
            random(wide);
            Reduce(wide, scalar);
        }
        while (!scalar.ContainsAnyExcept((byte)0));
        CryptographicOperations.ZeroMemory(wide);
    }

    /// <summary>Multiplies an element; false if it is not canonical, or the product is the identity.</summary>
    internal static bool TryMultiply(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> element, Span<byte> product)
    {
        Guard.Length(scalar, ScalarSize, nameof(scalar));
        Guard.Length(product, ElementSize, nameof(product));
        if (!IsElement(element))
            return false;
        fixed (byte* p = product, s = scalar, e = element)
            return Sodium.crypto_scalarmult_ristretto255(p, s, e) == 0;
    }

    /// <summary>Multiplies the generator; false if the scalar is zero.</summary>
    internal static bool TryMultiplyBase(ReadOnlySpan<byte> scalar, Span<byte> product)
    {
        Guard.Length(scalar, ScalarSize, nameof(scalar));
        Guard.Length(product, ElementSize, nameof(product));
        fixed (byte* p = product, s = scalar)
            return Sodium.crypto_scalarmult_ristretto255_base(p, s) == 0;
    }

    /// <summary>The inverse of a scalar that is not zero; the caller zeroes it.</summary>
    internal static void Invert(ReadOnlySpan<byte> scalar, Span<byte> inverse)
    {
        Guard.Length(scalar, ScalarSize, nameof(scalar));
        Guard.Length(inverse, ScalarSize, nameof(inverse));
        fixed (byte* i = inverse, s = scalar)
        {
            if (Sodium.crypto_core_ristretto255_scalar_invert(i, s) != 0)
                throw new ArgumentException("Zero has no inverse.", nameof(scalar));
        }
    }

    private static void Reduce(ReadOnlySpan<byte> wide, Span<byte> scalar)
    {
        fixed (byte* r = scalar, w = wide)
            Sodium.crypto_core_ristretto255_scalar_reduce(r, w);
    }
}
