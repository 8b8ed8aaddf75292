using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>A frame of the router that waits for the radio, or is part-way out in pieces.</summary>
internal sealed class QueuedFrame(byte[] frame, TimeSpan since = default)
{
    /// <summary>When the router sent it.</summary>
    internal TimeSpan Since { get; } = since;

    /// <summary>Kind and body.</summary>
    internal byte[] Frame { get; } = frame;

    /// <summary>What the neighbour will call it in its custody answer; null: it is no envelope.</summary>
    internal ulong? Name { get; } = RadioSession.NameOf(frame);

    /// <summary>The number of a route update that wants to be acknowledged; null: it is none.</summary>
    internal ushort? Update { get; } = RadioMedium.UpdateNumber(frame);

    /// <summary>The item made of it, once pieces of it are out.</summary>
    internal byte[]? Item { get; set; }

    /// <summary>Bytes of the item that are out.</summary>
    internal int Offset { get; set; }

    /// <summary>Number of the item among those sent in pieces.</summary>
    internal byte Tag { get; set; }

    /// <summary>Number of the next piece.</summary>
    internal int Index { get; set; }
}

/// <summary>What waits for one neighbour, by class; bounded in each class, and by what all neighbours share.</summary>
/// <param name="pool">What they share.</param>
internal sealed class RadioQueue(RadioQueuePool pool)
{
    /// <summary>Arbitrary: an hour's airtime at one percent holds about as many small messages.</summary>
    private const int MaxFrames = 64;

    /// <summary>Arbitrary: one largest frame and some small ones.</summary>
    private const int MaxBytes = 24 << 10;

    private const int ClassCount = 6;

    private readonly Queue<QueuedFrame>[] _queues =
        [.. Enumerable.Range(0, ClassCount).Select(_ => new Queue<QueuedFrame>())];
    private readonly int[] _bytes = new int[ClassCount];
    private int _refused;
    private int _held;

    /// <summary>Frames that wait.</summary>
    internal int Count => _queues.Sum(q => q.Count);

    /// <summary>The most urgent class in which something waits; null: nothing does.</summary>
    internal FrameClass? First
    {
        get
        {
            int first = Array.FindIndex(_queues, q => q.Count > 0);
            return first < 0 ? null : (FrameClass)first;
        }
    }

    /// <summary>Whether an envelope of that name waits, or is part-way out.</summary>
    internal bool Contains(ulong name) => Array.Exists(_queues, q => q.Any(f => f.Name == name));

    /// <summary>Whether the same frame waits in that class.</summary>
    internal bool Contains(FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        foreach (QueuedFrame queued in _queues[(int)frameClass])
        {
            if (frame.SequenceEqual(queued.Frame))
                return true;
        }
        return false;
    }

    /// <summary>
    /// Puts a route update in the place of one that waits and is not part-way out; false if there is none, or no room
    /// for it.
    /// </summary>
    internal bool TryReplaceUpdate(FrameClass frameClass, ReadOnlySpan<byte> frame, TimeSpan since)
    {
        int c = (int)frameClass;
        QueuedFrame? old = _queues[c].FirstOrDefault(static q => q.Update is not null && q.Item is null);
        if (old is null || !TryTake(frame.Length, frameClass))
            return false;
        QueuedFrame[] all = [.. _queues[c]];
        _queues[c].Clear();
        foreach (QueuedFrame queued in all)
        {
            if (queued.Update is null || queued.Item is not null)
                _queues[c].Enqueue(queued);
            else
                Release(queued, c);
            if (queued == old)
                _queues[c].Enqueue(new QueuedFrame(frame.ToArray(), since));
        }
        _bytes[c] += frame.Length;
        return true;
    }

    /// <summary>Whether a route update of that number is part-way out.</summary>
    internal bool IsPartOut(ushort number) =>
        Array.Exists(_queues, q => q.Any(f => f.Update == number && f.Item is not null));

    internal bool TryAdd(FrameClass frameClass, ReadOnlySpan<byte> frame, TimeSpan since)
    {
        int c = (int)frameClass;
        bool isFull = _queues[c].Count > 0 && (_queues[c].Count >= MaxFrames || _bytes[c] + frame.Length > MaxBytes);
        if (isFull || !TryTake(frame.Length, frameClass))
        {
            _refused |= 1 << c;
            return false;
        }
        _queues[c].Enqueue(new QueuedFrame(frame.ToArray(), since));
        _bytes[c] += frame.Length;
        return true;
    }

    internal QueuedFrame? Peek(FrameClass frameClass) =>
        _queues[(int)frameClass].TryPeek(out QueuedFrame? frame) ? frame : null;

    /// <summary>Takes the first of a class. True: a class that refused has room again.</summary>
    internal bool Dequeue(FrameClass frameClass)
    {
        int c = (int)frameClass;
        Release(_queues[c].Dequeue(), c);
        bool roomAgain = (_refused & (1 << c)) != 0 && _queues[c].Count <= MaxFrames / 2 && _bytes[c] <= MaxBytes / 2;
        if (roomAgain)
            _refused &= ~(1 << c);
        return roomAgain;
    }

    internal void Clear()
    {
        foreach (Queue<QueuedFrame> queue in _queues)
            queue.Clear();
        Array.Clear(_bytes);
        pool.Return(_held);
        _held = 0;
    }

    private bool TryTake(int length, FrameClass frameClass)
    {
        int cost = RadioQueuePool.CostOf(length);
        if (!pool.TryTake(_held, cost, frameClass == FrameClass.Emergency))
            return false;
        _held += cost;
        return true;
    }

    private void Release(QueuedFrame frame, int c)
    {
        _bytes[c] -= frame.Frame.Length;
        int cost = RadioQueuePool.CostOf(frame.Frame.Length);
        _held -= cost;
        pool.Return(cost);
    }
}
