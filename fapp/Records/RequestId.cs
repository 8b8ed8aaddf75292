using System.Buffers.Binary;

namespace QuicProChat.Mesh.Fapp.Records;

/// <summary>
/// Names a request: the first 16 bytes of the hash of its Noise handshake. Only the patient and the practice know it.
/// </summary>
public readonly record struct RequestId(ulong High, ulong Low)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 16;

    /// <summary>Reads 16 bytes.</summary>
    public static RequestId Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Writes 16 bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    /// <summary>Reads 32 hexadecimal digits.</summary>
    public static bool TryParse(string text, out RequestId id)
    {
        Span<byte> bytes = stackalloc byte[Size];
        bool isId = text.Length == 2 * Size
            && Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done;
        id = isId ? Read(bytes) : default;
        return isId;
    }

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"{High:x16}{Low:x16}";
}
