using System.Buffers.Binary;

namespace QuicProChat.Mesh.Mls.Messages;

/// <summary>A list of 16-bit values kept in its encoding.</summary>
internal readonly struct UInt16List(ReadOnlyMemory<byte> body)
{
    internal int Count => body.Length / 2;

    internal ushort this[int index] => BinaryPrimitives.ReadUInt16BigEndian(body.Span[(2 * index)..]);

    internal bool Contains(ushort value)
    {
        ReadOnlySpan<byte> span = body.Span;
        for (int i = 0; i + 1 < span.Length; i += 2)
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(span[i..]) == value)
                return true;
        }
        return false;
    }

    internal ushort[] ToArray()
    {
        ushort[] values = new ushort[Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = this[i];
        return values;
    }
}
