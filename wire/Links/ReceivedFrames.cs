using System.Buffers;
using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire;

/// <summary>
/// One or more whole frames as a link read them, in a buffer that is used again: <c>length(2) frame(length)</c> each.
/// Exactly one owner at a time; the last one disposes.
/// </summary>
/// <param name="pooled">The buffer.</param>
/// <param name="length">The bytes of whole frames in it.</param>
/// <param name="memory">Whose the buffer is; null for the shared pool.</param>
public struct ReceivedFrames(byte[] pooled, int length, IReceiveMemory? memory = null) : IDisposable
{
    private byte[]? _buffer = pooled;
    private int _offset;

    /// <summary>Takes the next frame (kind and body); false after the last. The span is valid until Dispose.</summary>
    public bool TryNext(out ReadOnlySpan<byte> frame)
    {
        frame = default;
        if (_buffer is null || length - _offset < sizeof(ushort))
            return false;
        int size = BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(_offset));
        if (size > length - _offset - sizeof(ushort))
            return false;
        frame = _buffer.AsSpan(_offset + sizeof(ushort), size);
        _offset += sizeof(ushort) + size;
        return true;
    }

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        byte[]? buffer = _buffer;
        _buffer = null;
        if (buffer is null)
            return;
        if (memory is null)
            ArrayPool<byte>.Shared.Return(buffer);
        else
            memory.Return(buffer);
    }
}
