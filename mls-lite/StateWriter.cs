using System.Buffers.Binary;

namespace QuicProChat.Mesh.MlsLite;

/// <summary>
/// Writes fields into memory that was measured before, so that no secret is left behind in a smaller piece.
/// </summary>
internal ref struct StateWriter(Span<byte> state)
{
    private Span<byte> _rest = state;

    internal readonly bool AtEnd => _rest.IsEmpty;

    internal void Bytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_rest);
        _rest = _rest[bytes.Length..];
    }

    internal void Byte(byte value)
    {
        _rest[0] = value;
        _rest = _rest[1..];
    }

    internal void Byte(int value) => Byte((byte)value);

    internal void UInt16(int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_rest, (ushort)value);
        _rest = _rest[sizeof(ushort)..];
    }

    internal void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_rest, value);
        _rest = _rest[sizeof(uint)..];
    }

    internal void UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_rest, value);
        _rest = _rest[sizeof(ulong)..];
    }

    internal void Stream(LiteStream stream)
    {
        stream.Write(_rest);
        _rest = _rest[LiteStream.Size..];
    }
}
