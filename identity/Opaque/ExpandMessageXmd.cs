using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity.Opaque;

/// <summary>expand_message_xmd with SHA-512 (RFC 9380, section 5.3.1).</summary>
internal static class ExpandMessageXmd
{
    // RFC 9380, section 5.3.1: b_in_bytes and s_in_bytes of SHA-512.
    private const int DigestSize = SHA512.HashSizeInBytes;
    private const int BlockSize = 128;

    private const int MaxTagSize = 255;
    private const int MaxOutputSize = 255 * DigestSize;

    /// <summary>Expands a message to uniformly random bytes.</summary>
    /// <param name="message">Any length.</param>
    /// <param name="tag">The domain separation tag, at most 255 bytes.</param>
    /// <param name="output">Receives 1 to 16,320 bytes.</param>
    internal static void Expand(ReadOnlySpan<byte> message, ReadOnlySpan<byte> tag, Span<byte> output)
    {
        if (tag.Length > MaxTagSize)
            throw new ArgumentException($"The tag may have {MaxTagSize} bytes.", nameof(tag));
        if (output.Length is 0 or > MaxOutputSize)
            throw new ArgumentException($"The output may have 1 to {MaxOutputSize} bytes.", nameof(output));
        Span<byte> first = stackalloc byte[DigestSize], block = stackalloc byte[DigestSize];
        ReadOnlySpan<byte> tagLength = [(byte)tag.Length];
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
            hash.AppendData(stackalloc byte[BlockSize]);
            hash.AppendData(message);
            hash.AppendData([(byte)(output.Length >> 8), (byte)output.Length, 0]);
            hash.AppendData(tag);
            hash.AppendData(tagLength);
            hash.GetHashAndReset(first);
            block.Clear();
            for (byte number = 1; !output.IsEmpty; number++)
            {
                for (int i = 0; i < DigestSize; i++)
                    block[i] ^= first[i];
                hash.AppendData(block);
                hash.AppendData([number]);
                hash.AppendData(tag);
                hash.AppendData(tagLength);
                hash.GetHashAndReset(block);
                int taken = Math.Min(output.Length, DigestSize);
                block[..taken].CopyTo(output);
                output = output[taken..];
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(first);
            CryptographicOperations.ZeroMemory(block);
        }
    }
}
