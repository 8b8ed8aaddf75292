using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Rpc;

/// <summary>What both sides have to know of blobs (methods 600 and 601; docs/reference/client-server.md).</summary>
public static class BlobFormat
{
    /// <summary>Bytes of a chunk; the last one of a blob has what is left.</summary>
    public const int ChunkSize = 256 * 1024;

    /// <summary>Bytes of a blob at most: 50 MiB.</summary>
    public const long MaxSize = 50L * 1024 * 1024;

    /// <summary>Bytes of an id, of a name and of a hash.</summary>
    public const int IdSize = SHA256.HashSizeInBytes;

    private static ReadOnlySpan<byte> Label => "qpc-blob1"u8;

    /// <summary>
    /// The id of a blob (ours): SHA-256 of <c>"qpc-blob1" || owner's address(16) || name(32)</c>. Only its owner can
    /// store something under it, and whoever knows owner and name needs not be told.
    /// </summary>
    /// <param name="owner">The address of the owner's key.</param>
    /// <param name="name">32 bytes: the blob's hash, or a name that the owner chose.</param>
    public static byte[] IdOf(NodeAddress owner, ReadOnlySpan<byte> name)
    {
        Span<byte> address = stackalloc byte[NodeAddress.Size];
        owner.Write(address);
        return SHA256.HashData([.. Label, .. address, .. name]);
    }

    /// <summary>The bytes that the chunk at a place has.</summary>
    public static int ChunkAt(long offset, long size) => (int)Math.Min(ChunkSize, size - offset);
}
