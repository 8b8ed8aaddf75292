using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Messaging.Files;

// docs/reference/files.md, section 3:
//
//  names  = HMAC-SHA256(offer key, "qpc-mesh/1 file names")
//  chunks = HMAC-SHA256(offer key, "qpc-mesh/1 file chunks")
//  tag of the file  = the first 16 bytes of HMAC-SHA256(names, "file")
//  id of chunk n    = the first 16 bytes of HMAC-SHA256(names, n(4))        4 bytes too, and n is at most 2,047
//  name of the blob on a server = HMAC-SHA256(names, "blob")
//  sealed chunk n   = ChaCha20-Poly1305(chunks, nonce 0(8) n(4), data), no associated data

/// <summary>
/// What the key in an offer yields: the names of the file and of its chunks, and the key that its chunks are sealed
/// with. Safe for several threads at once.
/// </summary>
public sealed class FileSecrets : IDisposable
{
    /// <summary>Size of an offer's key in bytes.</summary>
    public const int KeySize = 32;

    private readonly byte[] _names = new byte[HmacSha256.MacSize];
    private readonly byte[] _chunks = new byte[HmacSha256.MacSize];

    /// <summary>Derives everything.</summary>
    /// <param name="offerKey">32 bytes.</param>
    public FileSecrets(ReadOnlySpan<byte> offerKey)
    {
        HmacSha256.Compute(offerKey, "qpc-mesh/1 file names"u8, _names);
        HmacSha256.Compute(offerKey, "qpc-mesh/1 file chunks"u8, _chunks);
        Span<byte> mac = stackalloc byte[HmacSha256.MacSize];
        HmacSha256.Compute(_names, "file"u8, mac);
        Tag = FileTag.Read(mac);
    }

    /// <summary>The file, as its conversation names it on the way.</summary>
    public FileTag Tag { get; }

    /// <summary>A chunk, as everybody on the way sees it.</summary>
    public ChunkId IdOf(int chunk)
    {
        Span<byte> number = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(number, chunk);
        Span<byte> mac = stackalloc byte[HmacSha256.MacSize];
        HmacSha256.Compute(_names, number, mac);
        return ChunkId.Read(mac);
    }

    /// <summary>What its owner calls the file's blob on a server: 32 bytes.</summary>
    public byte[] BlobName()
    {
        byte[] name = new byte[HmacSha256.MacSize];
        HmacSha256.Compute(_names, "blob"u8, name);
        return name;
    }

    /// <summary>
    /// Seals a chunk where it lies. The key is of one file, and a chunk is sealed once: no nonce comes twice.
    /// </summary>
    /// <param name="chunk">Its number.</param>
    /// <param name="bytes"><see cref="FileFormat.ChunkSize"/> bytes: the data, and room for the tag.</param>
    public void Seal(int chunk, Span<byte> bytes)
    {
        Span<byte> nonce = stackalloc byte[ChaChaPoly.NonceSize];
        ChaChaPoly.Seal(_chunks, Nonce(nonce, chunk), [], bytes[..FileFormat.DataSize], bytes);
    }

    /// <summary>Opens a sealed chunk; false if it is not what was sealed under this key and number.</summary>
    /// <param name="chunk">Its number.</param>
    /// <param name="bytes"><see cref="FileFormat.ChunkSize"/> bytes.</param>
    /// <param name="data">Receives <see cref="FileFormat.DataSize"/> bytes.</param>
    public bool TryOpen(int chunk, ReadOnlySpan<byte> bytes, Span<byte> data)
    {
        Span<byte> nonce = stackalloc byte[ChaChaPoly.NonceSize];
        return ChaChaPoly.TryOpen(_chunks, Nonce(nonce, chunk), [], bytes, data);
    }

    /// <summary>
    /// The hash of a sealed chunk: of what is on the way, so that nothing tells about the content itself.
    /// </summary>
    /// <param name="bytes">The sealed chunk.</param>
    /// <param name="hash">Receives <see cref="FileFormat.HashSize"/> bytes.</param>
    public static void Hash(ReadOnlySpan<byte> bytes, Span<byte> hash) =>
        Blake2b.Hash(bytes, hash[..FileFormat.HashSize]);

    /// <summary>Zeroes the keys.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_names);
        CryptographicOperations.ZeroMemory(_chunks);
    }

    private static Span<byte> Nonce(Span<byte> nonce, int chunk)
    {
        nonce.Clear();
        BinaryPrimitives.WriteInt32BigEndian(nonce[(ChaChaPoly.NonceSize - sizeof(int))..], chunk);
        return nonce;
    }
}
