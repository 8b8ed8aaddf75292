using System.Buffers;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// What waits to be sent on a link: one bounded queue for each class. Filled by the loop that owns the router, emptied
/// by whoever writes; the lock is held for a copy only.
/// </summary>
internal sealed class SendQueues : IDisposable
{
    /// <summary>What one write carries: the plaintext of one TLS record (RFC 8446, section 5.1).</summary>
    internal const int ChunkSize = 16 * 1024;

    /// <summary>How many classes of frames there are.</summary>
    internal const int Classes = (int)FrameClass.Bulk + 1;

    /// <summary>
    /// The part of each chunk that routing may take before envelopes do, so that neither starves the other. What is
    /// left of a chunk after the envelopes is free to routing again.
    /// </summary>
    private const int RoutingShare = 1024;

    // From here on a frame may overshoot the chunk: waiting for an empty one could take forever.
    private const int LargeFrame = 4096;

    // Arbitrary: some hundred milliseconds of a 10 Mbit/s link each, and at least one largest frame.
    private const int SmallBound = 128 * 1024;
    private const int LargeBound = 256 * 1024;

    private static readonly FrameClass[] BeforeRouting = [FrameClass.Emergency, FrameClass.Control];
    private static readonly FrameClass[] AfterRouting =
        [FrameClass.High, FrameClass.Normal, FrameClass.Routing, FrameClass.Low, FrameClass.Bulk];

    private readonly object _lock = new();
    private readonly FrameQueue[] _queues;
    private readonly Lazy<SendShare>? _share;

    private int _refused;
    private bool _closed;

    /// <summary>Makes empty queues.</summary>
    /// <param name="open">Opens the account that larger buffers are taken from, at the first of them; null for no
    /// common bound.</param>
    internal SendQueues(Func<SendShare>? open = null)
    {
        _share = open is null ? null : new Lazy<SendShare>(open);
        _queues =
        [
            new(SmallBound, _share), new(SmallBound, _share), new(LargeBound, _share), new(LargeBound, _share),
            new(SmallBound, _share), new(SmallBound, _share), new(LargeBound, _share, yields: true),
        ];
    }

    internal bool IsEmpty
    {
        get
        {
            lock (_lock)
                return AreEmpty();
        }
    }

    /// <summary>Closed, and the last frame was taken too.</summary>
    internal bool IsDrained
    {
        get
        {
            lock (_lock)
                return _closed && AreEmpty();
        }
    }

    internal bool TryAdd(FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        lock (_lock)
        {
            if (_closed)
                return false;
            if (_queues[(int)frameClass].TryAdd(frame))
                return true;
            _refused |= 1 << (int)frameClass;
            return false;
        }
    }

    /// <summary>
    /// Takes the next bytes to write; 0 if there are none. Replaces the buffer where a large frame needs more room.
    /// </summary>
    /// <param name="buffer">Pooled.</param>
    /// <param name="roomAgain">A queue that had refused a frame has room.</param>
    internal int Take(ref byte[] buffer, out bool roomAgain)
    {
        lock (_lock)
        {
            int filled = 0;
            bool open = true;
            foreach (FrameClass frameClass in BeforeRouting)
                open = open && Move(frameClass, ChunkSize, ref buffer, ref filled);
            if (open)
                _ = Move(FrameClass.Routing, RoutingShare, ref buffer, ref filled);
            foreach (FrameClass frameClass in AfterRouting)
                open = open && Move(frameClass, ChunkSize, ref buffer, ref filled);
            roomAgain = TakeRoom();
            return filled;
        }
    }

    /// <summary>
    /// Takes no more frames, drops what is less urgent than Control, and adds one last frame behind the rest.
    /// </summary>
    internal void Close(ReadOnlySpan<byte> lastFrame)
    {
        lock (_lock)
        {
            _closed = true;
            for (FrameClass c = FrameClass.High; c <= FrameClass.Bulk; c++)
                _queues[(int)c].Clear();
            _queues[(int)FrameClass.Bulk].TryAdd(lastFrame);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            foreach (FrameQueue queue in _queues)
                queue.Dispose();
        }

        if (_share is { IsValueCreated: true })
            _share.Value.Dispose();
    }

    /// <summary>A frame was refused; asked where the common memory has room again.</summary>
    internal bool TakeRefused()
    {
        lock (_lock)
        {
            bool refused = _refused != 0;
            _refused = 0;
            return refused && !_closed;
        }
    }

    /// <summary>Moves whole frames; false if some did not fit, so that less urgent ones do not overtake them.</summary>
    private bool Move(FrameClass frameClass, int limit, ref byte[] buffer, ref int filled)
    {
        FrameQueue queue = _queues[(int)frameClass];
        while (!queue.IsEmpty)
        {
            int space = Math.Min(limit, ChunkSize - filled);
            bool takeOne = filled == 0 || limit < ChunkSize || (queue.NextSize > LargeFrame && filled < ChunkSize);
            int size = queue.Measure(space, takeOne);
            if (size == 0)
                return false;
            if (filled + size > buffer.Length)
                buffer = Grow(buffer, filled, filled + size);
            queue.Take(buffer.AsSpan(filled, size));
            filled += size;
            if (limit < ChunkSize)
                break;
        }

        return true;
    }

    private static byte[] Grow(byte[] buffer, int filled, int size)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(size);
        buffer.AsSpan(0, filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private bool TakeRoom()
    {
        int before = _refused;
        for (int c = 0; c < _queues.Length; c++)
        {
            if (_queues[c].HasRoom)
                _refused &= ~(1 << c);
        }

        return _refused != before;
    }

    private bool AreEmpty()
    {
        foreach (FrameQueue queue in _queues)
        {
            if (!queue.IsEmpty)
                return false;
        }

        return true;
    }
}
