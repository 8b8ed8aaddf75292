using System.Security.Cryptography;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Messaging.Files;

/// <summary>
/// The hashes of a file's chunks: what chunk 0 holds. Its own is the root in the offer. Does not change.
/// </summary>
public sealed class FileHashes
{
    private readonly byte[] _root;
    private readonly byte[] _hashes;

    private FileHashes(byte[] root, byte[] hashes) => (_root, _hashes) = (root, hashes);

    /// <summary>Whether a sealed chunk 0 is the one that an offer names.</summary>
    public static bool IsRoot(ReadOnlySpan<byte> root, ReadOnlySpan<byte> chunk)
    {
        Span<byte> hash = stackalloc byte[FileFormat.HashSize];
        FileSecrets.Hash(chunk, hash);
        return hash.SequenceEqual(root);
    }

    /// <summary>Reads chunk 0; null if it does not open: then whoever made the offer made it wrongly.</summary>
    /// <param name="secrets">The file's.</param>
    /// <param name="root">The root in the offer, of which <see cref="IsRoot"/> is true.</param>
    /// <param name="chunk">The sealed chunk.</param>
    /// <param name="chunks">How many chunks the file has, chunk 0 included.</param>
    public static FileHashes? TryRead(
        FileSecrets secrets, ReadOnlySpan<byte> root, ReadOnlySpan<byte> chunk, int chunks)
    {
        byte[] data = new byte[FileFormat.DataSize];
        return secrets.TryOpen(0, chunk, data)
            ? new FileHashes(root.ToArray(), data[..((chunks - 1) * FileFormat.HashSize)]) : null;
    }

    /// <summary>Whether a sealed chunk is the one that belongs at a place.</summary>
    /// <param name="chunk">Its number; less than the file has.</param>
    /// <param name="bytes">The sealed chunk.</param>
    public bool Fits(int chunk, ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[FileFormat.HashSize];
        FileSecrets.Hash(bytes, hash);
        ReadOnlySpan<byte> expected = chunk == 0
            ? _root : _hashes.AsSpan((chunk - 1) * FileFormat.HashSize, FileFormat.HashSize);
        return CryptographicOperations.FixedTimeEquals(hash, expected);
    }
}
