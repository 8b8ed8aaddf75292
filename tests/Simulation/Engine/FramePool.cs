namespace QuicProChat.Mesh.Simulation;

/// <summary>
/// The frames that are queued or under way, by number. A frame has a successor, so a queue is two numbers and a write
/// is the number of its first frame. Buffers are reused by size class: steps of 32 bytes, because most frames are
/// announces and there are millions of them, then powers of two.
/// </summary>
public sealed class FramePool
{
    /// <summary>No frame: the end of a chain.</summary>
    public const int None = -1;

    private const int Step = 32;
    private const int Steps = 32;
    private readonly Stack<byte[]>[] _buffers = [.. Enumerable.Range(0, Steps + 7).Select(_ => new Stack<byte[]>())];
    private readonly Stack<int> _free = new();
    private Slot[] _slots = new Slot[1024];
    private int _used;

    private struct Slot
    {
        public byte[] Buffer;
        public int Length;
        public int Next;
    }

    /// <summary>Frames in use: zero once nothing is under way.</summary>
    public int InUse => _used - _free.Count;

    /// <summary>Copies a frame into the pool.</summary>
    public int Add(ReadOnlySpan<byte> frame)
    {
        int sizeClass = SizeClass(frame.Length);
        byte[] buffer = _buffers[sizeClass].TryPop(out byte[]? kept) ? kept : new byte[BufferSize(sizeClass)];
        frame.CopyTo(buffer);
        if (!_free.TryPop(out int index))
        {
            index = _used++;
            if (index == _slots.Length)
                Array.Resize(ref _slots, index * 2);
        }

        _slots[index] = new Slot { Buffer = buffer, Length = frame.Length, Next = None };
        return index;
    }

    /// <summary>The bytes of a frame.</summary>
    public ReadOnlySpan<byte> this[int frame] => _slots[frame].Buffer.AsSpan(0, _slots[frame].Length);

    /// <summary>The frame behind one in its chain.</summary>
    public int Next(int frame) => _slots[frame].Next;

    /// <summary>Puts a chain behind a frame.</summary>
    public void Link(int frame, int next) => _slots[frame].Next = next;

    /// <summary>Gives a frame back and returns the one behind it.</summary>
    public int Release(int frame)
    {
        Slot slot = _slots[frame];
        _buffers[SizeClass(slot.Length)].Push(slot.Buffer);
        _slots[frame] = default;
        _free.Push(frame);
        return slot.Next;
    }

    /// <summary>Gives a whole chain back.</summary>
    public void ReleaseAll(int first)
    {
        while (first != None)
            first = Release(first);
    }

    private static int SizeClass(int length) => length <= Step * Steps
        ? (length + Step - 1) / Step
        : Steps + System.Numerics.BitOperations.Log2((uint)(length - 1) / (Step * Steps)) + 1;

    private static int BufferSize(int sizeClass) => sizeClass <= Steps ? Step * sizeClass : Step
        * Steps << (sizeClass - Steps);
}

/// <summary>A first-in first-out queue of pooled frames; its default value is an empty one.</summary>
public struct FrameQueue
{
    // One more than the frame's number, so that zero is "none".
    private int _first;
    private int _last;

    /// <summary>Bytes of the frames in it, each with its length prefix.</summary>
    public int Bytes { get; private set; }

    /// <summary>True if no frame is in it.</summary>
    public readonly bool IsEmpty => _first == 0;

    /// <summary>Appends a frame.</summary>
    public void Add(FramePool pool, int frame)
    {
        Bytes += pool[frame].Length + StreamFraming.LengthPrefix;
        if (_first == 0)
            _first = frame + 1;
        else
            pool.Link(_last - 1, frame);
        _last = frame + 1;
    }

    /// <summary>Appends a chain of frames.</summary>
    public void AddChain(FramePool pool, int first)
    {
        while (first != FramePool.None)
        {
            int next = pool.Next(first);
            pool.Link(first, FramePool.None);
            Add(pool, first);
            first = next;
        }
    }

    /// <summary>Takes the frame at the head.</summary>
    public int Take(FramePool pool)
    {
        int frame = _first - 1;
        Bytes -= pool[frame].Length + StreamFraming.LengthPrefix;
        _first = pool.Next(frame) + 1;
        if (_first == 0)
            _last = 0;
        pool.Link(frame, FramePool.None);
        return frame;
    }

    /// <summary>Takes all frames as a chain.</summary>
    public int TakeAll()
    {
        int first = _first - 1;
        this = default;
        return first;
    }
}
