using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// Frames of one class on their way out, as they go on the stream: <c>length(2) frame(length)</c> each, in one pooled
/// buffer that grows up to a bound and is given back when the queue is empty. Not safe for threads.
/// </summary>
/// <param name="bound">Most bytes; one larger frame still passes through an empty queue.</param>
/// <param name="share">What a buffer above <see cref="FreeSize"/> is taken from; null for no common bound.</param>
/// <param name="yields">It takes a buffer only where as much again is left for the other queues.</param>
internal sealed class FrameQueue(int bound, Lazy<SendShare>? share = null, bool yields = false) : IDisposable
{
    /// <summary>
    /// A buffer of this size is free of charge, and kept while the queue is empty: most queues are emptied at every
    /// write.
    /// </summary>
    internal const int FreeSize = 2048;

    private const int HeaderSize = sizeof(ushort);

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
        if (_tail + size > _buffer.Length && !TryMakeRoom(size))
            return false;
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

    /// <summary>
    /// How many bytes whole frames fill of a space; at least one frame if <paramref name="takeOne"/>.
    /// </summary>
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
        if (_buffer.Length > FreeSize)
            Return();
    }

    public void Dispose()
    {
        _head = 0;
        _tail = 0;
        Return();
    }

    private bool TryMakeRoom(int size)
    {
        int count = Count;
        byte[] target = _buffer;
        // Moving down pays only where at least half is free; otherwise every frame would move the queue.
        if (count + size > _buffer.Length / 2 && !TryRent(2 * (count + size), out target)
            && !TryRent(count + size, out target))
        {
            // No larger one is to be had, but the frame may fit where it is.
            if (count + size > _buffer.Length)
                return false;
            target = _buffer;
        }

        _buffer.AsSpan(_head, count).CopyTo(target);
        if (target != _buffer)
        {
            Return();
            _buffer = target;
        }

        _head = 0;
        _tail = count;
        return true;
    }

    private bool TryRent(int size, out byte[] buffer)
    {
        buffer = [];
        // What the pool gives for it.
        int rented = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(FreeSize, size));
        if (rented > FreeSize && share?.Value.TryTake(rented, yields ? rented : 0) == false)
            return false;
        buffer = ArrayPool<byte>.Shared.Rent(rented);
        return true;
    }

    private void Return()
    {
        if (_buffer.Length == 0)
            return;
        ArrayPool<byte>.Shared.Return(_buffer);
        if (_buffer.Length > FreeSize)
            share?.Value.Give(_buffer.Length);
        _buffer = [];
    }
}
