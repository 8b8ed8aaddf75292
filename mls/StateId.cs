using System.Buffers.Binary;

namespace QuicProChat.Mesh.Mls;

/// <summary>
/// Names one state of a group: the first 32 bytes of its confirmed transcript hash (RFC 9420, section 8.2), zeros for
/// the state that a group begins with. Two members that have the same id have the same history. An epoch's number does
/// not tell that: commits made at the same time give one number to several states.
/// </summary>
public readonly record struct StateId
{
    /// <summary>Size of an id in bytes.</summary>
    public const int Size = 32;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    /// <summary>Reads an id from its bytes.</summary>
    /// <exception cref="ArgumentException">They are not 32.</exception>
    public StateId(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new ArgumentException($"A state id has {Size} bytes.", nameof(bytes));
        _a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>
    /// The first 8 bytes, for where room is scarce. Whoever makes commits can make two with the same 8 bytes in hours,
    /// so that a short id finds a state and proves nothing.
    /// </summary>
    public ulong Short => _a;

    /// <summary>Writes the 32 bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _a);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _d);
    }

    /// <summary>The 32 bytes.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }

    /// <summary>The short id in hexadecimal.</summary>
    public override string ToString() => Short.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The id of the state that a confirmed transcript hash leads to.</summary>
    internal static StateId Of(ReadOnlySpan<byte> confirmedTranscriptHash)
    {
        Span<byte> bytes = stackalloc byte[Size];
        bytes.Clear();
        confirmedTranscriptHash[..Math.Min(Size, confirmedTranscriptHash.Length)].CopyTo(bytes);
        return new StateId(bytes);
    }
}
