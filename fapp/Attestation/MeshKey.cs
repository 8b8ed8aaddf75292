using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Attestation;

/// <summary>An Ed25519 public key as a value: 32 bytes, for tables.</summary>
/// <param name="High">The first 16 bytes.</param>
/// <param name="Low">The last 16 bytes.</param>
public readonly record struct MeshKey(UInt128 High, UInt128 Low)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = Ed25519.PublicKeySize;

    private const int Half = Size / 2;

    /// <summary>Reads 32 bytes.</summary>
    public static MeshKey Read(ReadOnlySpan<byte> key) =>
        new(BinaryPrimitives.ReadUInt128BigEndian(key), BinaryPrimitives.ReadUInt128BigEndian(key[Half..]));

    /// <summary>Reads 64 hexadecimal digits; false for anything else, and for what nobody can hold.</summary>
    public static bool TryParse([NotNullWhen(true)] string? hex, out MeshKey key)
    {
        key = default;
        Span<byte> bytes = stackalloc byte[Size];
        if (hex?.Length != 2 * Size || Convert.FromHexString(hex, bytes, out _, out _) != OperationStatus.Done
            || !Ed25519.IsValidPublicKey(bytes))
            return false;
        key = Read(bytes);
        return true;
    }

    /// <summary>The 32 bytes.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(Half), Low);
        return bytes;
    }

    /// <summary>The address that the key has.</summary>
    public NodeAddress Address => NodeAddress.Of(ToArray());

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"{High:x32}{Low:x32}";
}
