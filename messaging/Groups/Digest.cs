using System.Security.Cryptography;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>A SHA-256 digest, compared and hashed as four numbers. The default, zeros, stands for "none".</summary>
public readonly record struct Digest(UInt128 High, UInt128 Low)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = SHA256.HashSizeInBytes;

    /// <summary>Reads 32 bytes; the rest is ignored.</summary>
    public static Digest Read(ReadOnlySpan<byte> bytes) => new(
        System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes),
        System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]));

    /// <summary>The digest of bytes.</summary>
    public static Digest Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[Size];
        SHA256.HashData(bytes, hash);
        return Read(hash);
    }

    /// <summary>Writes 32 bytes.</summary>
    public void Write(Span<byte> destination)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(destination, High);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(destination[16..], Low);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{High:x32}{Low:x32}";
}
