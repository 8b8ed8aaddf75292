using System.Buffers;
using System.Buffers.Binary;

namespace QuicProChat.Mesh.Messaging.Groups.Wire;

/// <summary>Writes what <see cref="FrameReader"/> reads.</summary>
internal sealed class FrameWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new();

    internal int Size => _buffer.WrittenCount;

    internal Span<byte> Take(int count)
    {
        Span<byte> taken = _buffer.GetSpan(count)[..count];
        _buffer.Advance(count);
        return taken;
    }

    internal void Byte(byte value) => Take(1)[0] = value;

    internal void UInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Take(sizeof(ushort)), value);

    internal void UInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(sizeof(uint)), value);

    internal void UInt64(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Take(sizeof(ulong)), value);

    internal void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    internal void Block(ReadOnlySpan<byte> bytes)
    {
        UInt32((uint)bytes.Length);
        Raw(bytes);
    }

    /// <summary>What was written; the buffer is zeroed, because it may hold what is secret.</summary>
    internal byte[] ToArray()
    {
        byte[] bytes = _buffer.WrittenSpan.ToArray();
        _buffer.Clear();
        return bytes;
    }
}
