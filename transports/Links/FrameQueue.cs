using System.Buffers;
using System.Buffers.Binary;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// Frames of one class on their way out, as they go on the stream: <c>length(2) frame(length)</c> each, in one pooled
/// buffer that grows up to a bound and is given back when the queue is empty. Not safe for threads.
/// </summary>
internal sealed class FrameQueue(int bound) : IDisposable
{
    private const int HeaderSize = sizeof(ushort);
    private const int FirstSize = 2048;

    // A buffer up to this is kept while the queue is empty: most queues are emptied at every write.
    private const int KeptSize = 4096;

    private byte[] _buffer = [];
    private int _head;
    private int _tail;

    internal int Count => _tail - _head;

    internal bool IsEmpty => _head == _tail;

    /// <summary>Room enough that a sender who was refused should try again.</summary>
    internal bool HasRoom => Count <= bound / 2;

    internal bool TryAdd(ReadOnlySpan<byte> frame)
    {
        int size = HeaderSize + frame.Length;
        // A frame larger than the bound still passes through an empty queue.
        if (Count + size > bound && !IsEmpty)
            return false;
        if (_tail + size > _buffer.Length)
            MakeRoom(size);
        BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(_tail), (ushort)frame.Length);
        frame.CopyTo(_buffer.AsSpan(_tail + HeaderSize));
        _tail += size;
        return true;
    }

    /// <summary>The first frame's size with its length; 0 if there is none.</summary>
    internal int NextSize => IsEmpty ? 0 : HeaderSize + BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(_head));

    /// <summary>Takes the first bytes, which the caller counted frame by frame.</summary>
    internal void Take(Span<byte> destination)
    {
        _buffer.AsSpan(_head, destination.Length).CopyTo(destination);
        _head += destination.Length;
        if (IsEmpty)
            Clear();
    }

    /// <summary>How many bytes whole frames fill of a space; at least one frame if <paramref name="takeOne"/>.</summary>
    internal int Measure(int space, bool takeOne)
    {
        int end = _head;
        while (end < _tail)
        {
            int size = HeaderSize + BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(end));
            if (end - _head + size > space && !(takeOne && end == _head))
                break;
            end += size;
        }

        return end - _head;
    }

    internal void Clear()
    {
        _head = 0;
        _tail = 0;
        if (_buffer.Length > KeptSize)
            Return();
    }

    public void Dispose()
    {
        _head = 0;
        _tail = 0;
        Return();
    }

    private void MakeRoom(int size)
    {
        int count = Count;
        byte[] target = _buffer;
        // Moving down pays only where at least half is free; otherwise every frame would move the queue.
        if (count + size > _buffer.Length / 2)
            target = ArrayPool<byte>.Shared.Rent(Math.Max(FirstSize, 2 * (count + size)));
        _buffer.AsSpan(_head, count).CopyTo(target);
        if (target != _buffer)
        {
            Return();
            _buffer = target;
        }

        _head = 0;
        _tail = count;
    }

    private void Return()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }
}
