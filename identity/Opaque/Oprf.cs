using System.Buffers.Binary;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity.Opaque;

/// <summary>
/// The oblivious pseudorandom function OPRF(ristretto255, SHA-512) in its base mode (RFC 9497, section 3.3.1): one side
/// has an input, the other a key; the first learns the output, the second nothing.
/// </summary>
internal static class Oprf
{
    /// <summary>Size of an output in bytes (Nh).</summary>
    internal const int OutputSize = SHA512.HashSizeInBytes;

    /// <summary>Size of the seed of a key in bytes (Nseed).</summary>
    internal const int SeedSize = 32;

    /// <summary>The longest input in bytes (PrivateInput, section 1.2).</summary>
    internal const int MaxInputSize = ushort.MaxValue;

    // contextString = "OPRFV1-" || I2OSP(mode, 1) || "-" || identifier, section 3.1; the mode is 0.
    private static ReadOnlySpan<byte> GroupTag => "HashToGroup-OPRFV1-\0-ristretto255-SHA512"u8;

    private static ReadOnlySpan<byte> KeyTag => "DeriveKeyPairOPRFV1-\0-ristretto255-SHA512"u8;

    /// <summary>Blind: multiplies the image of an input by a blind.</summary>
    /// <param name="input">At most 65,535 bytes.</param>
    /// <param name="blind">A scalar that is not zero, 32 bytes.</param>
    /// <param name="blinded">Receives 32 bytes.</param>
    /// <returns>False for an input whose image is the identity; nobody can find one.</returns>
    internal static bool TryBlind(ReadOnlySpan<byte> input, ReadOnlySpan<byte> blind, Span<byte> blinded)
    {
        Span<byte> image = stackalloc byte[Ristretto255.ElementSize];
        Ristretto255.HashToGroup(input, GroupTag, image);
        bool made = Ristretto255.TryMultiply(blind, image, blinded);
        CryptographicOperations.ZeroMemory(image);
        return made;
    }

    /// <summary>BlindEvaluate: the key's side. False for an element that nobody may send.</summary>
    internal static bool TryBlindEvaluate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> blinded, Span<byte> evaluated) =>
        Ristretto255.TryMultiply(key, blinded, evaluated);

    /// <summary>Finalize: takes the blind off and hashes.</summary>
    /// <param name="input">As it was blinded.</param>
    /// <param name="blind">The same blind.</param>
    /// <param name="evaluated">What the other side answered, 32 bytes.</param>
    /// <param name="output">Receives 64 bytes; the caller zeroes it.</param>
    /// <returns>False if the answer is no element that anybody may send.</returns>
    internal static bool TryFinalize(
        ReadOnlySpan<byte> input, ReadOnlySpan<byte> blind, ReadOnlySpan<byte> evaluated, Span<byte> output)
    {
        Guard.Length(output, OutputSize, nameof(output));
        Span<byte> inverse = stackalloc byte[Ristretto255.ScalarSize];
        Span<byte> element = stackalloc byte[Ristretto255.ElementSize];
        Span<byte> length = stackalloc byte[sizeof(ushort)];
        try
        {
            Ristretto255.Invert(blind, inverse);
            if (!Ristretto255.TryMultiply(inverse, evaluated, element))
                return false;
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
            BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)input.Length));
            hash.AppendData(length);
            hash.AppendData(input);
            BinaryPrimitives.WriteUInt16BigEndian(length, Ristretto255.ElementSize);
            hash.AppendData(length);
            hash.AppendData(element);
            hash.AppendData("Finalize"u8);
            hash.GetHashAndReset(output);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(inverse);
            CryptographicOperations.ZeroMemory(element);
        }
    }

    /// <summary>DeriveKeyPair (section 3.2.1).</summary>
    /// <param name="seed">32 bytes.</param>
    /// <param name="info">At most 64 bytes.</param>
    /// <param name="secretKey">Receives 32 bytes; the caller zeroes it.</param>
    /// <param name="publicKey">Receives 32 bytes, or is empty where nobody needs it.</param>
    internal static void DeriveKeyPair(
        ReadOnlySpan<byte> seed, ReadOnlySpan<byte> info, Span<byte> secretKey, Span<byte> publicKey)
    {
        Guard.Length(seed, SeedSize, nameof(seed));
        const int MaxInfoSize = 64;
        if (info.Length > MaxInfoSize)
            throw new ArgumentException($"The info may have {MaxInfoSize} bytes.", nameof(info));
        Span<byte> input = stackalloc byte[SeedSize + sizeof(ushort) + MaxInfoSize + 1];
        input = input[..(SeedSize + sizeof(ushort) + info.Length + 1)];
        seed.CopyTo(input);
        BinaryPrimitives.WriteUInt16BigEndian(input[SeedSize..], (ushort)info.Length);
        info.CopyTo(input[(SeedSize + sizeof(ushort))..]);
        try
        {
            for (int counter = 0; counter <= byte.MaxValue; counter++)
            {
                input[^1] = (byte)counter;
                Ristretto255.HashToScalar(input, KeyTag, secretKey);
                if (!secretKey.ContainsAnyExcept((byte)0))
                    continue;
                if (!publicKey.IsEmpty && !Ristretto255.TryMultiplyBase(secretKey, publicKey))
                    continue;
                return;
            }

            throw new CryptographicException(
                "No key follows from this seed (RFC 9497, section 3.2.1: DeriveKeyPairError).");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(input);
        }
    }
}
