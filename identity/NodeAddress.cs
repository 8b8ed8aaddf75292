using System.Buffers.Binary;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// The address of a node: the first 16 bytes of SHA-256 over its Ed25519 public key.
/// Compared and hashed as two integers; written big-endian, so the bytes are those of the digest.
/// </summary>
public readonly partial record struct NodeAddress(ulong High, ulong Low) : IComparable<NodeAddress>
{
    /// <summary>Size on the wire in bytes.</summary>
    public const int Size = 16;

    /// <summary>Reads the 16 bytes of an address.</summary>
    /// <param name="bytes">At least 16 bytes; the rest is ignored.</param>
    public static NodeAddress Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Computes the address of an Ed25519 public key (32 bytes).</summary>
    public static NodeAddress Of(ReadOnlySpan<byte> publicKey)
    {
        Guard.Length(publicKey, Ed25519.PublicKeySize, nameof(publicKey));
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(publicKey, digest);
        return Read(digest);
    }

    /// <summary>Writes the 16 bytes of the address.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    /// <inheritdoc/>
    public int CompareTo(NodeAddress other) =>
        High != other.High ? High.CompareTo(other.High) : Low.CompareTo(other.Low);
}
