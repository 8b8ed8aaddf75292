using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// The large buffers in which links gather frames that have not arrived in full, each for the largest frame that there
/// is. All links share a number of them, or everybody could make this node keep a large frame for him and never send
/// its end. A link that finds none waits; the one that gives way is from the source with most of them, or has taken
/// longer than a frame should. A buffer that was handed to the node counts until the node has handled it. Safe for
/// threads.
/// </summary>
/// <param name="count">How many.</param>
/// <param name="time">The clock.</param>
internal sealed class LargeBuffers(int count, TimeProvider time)
{
    /// <summary>Bytes of one: the largest frame and its length.</summary>
    internal const int Size = sizeof(ushort) + Limits.MaxFrame;

    // Arbitrary: more than these are left to the garbage collector when they are free.
    private const int MaxSpare = 4;

    /// <summary>
    /// A frame that takes longer gives way where others wait. Arbitrary: 65 kB in this time are 50 kbit/s.
    /// </summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly object _lock = new();
    private readonly List<LargeBuffer> _open = [];
    private readonly LinkedList<LargeBuffer> _waiting = new();
    private readonly Stack<byte[]> _spare = new();
    private int _used;

    /// <summary>How many are in use.</summary>
    internal int Used
    {
        get
        {
            lock (_lock)
                return _used;
        }
    }

    /// <summary>Takes one for reading much at once; null where fewer than half are free, or somebody waits.</summary>
    internal LargeBuffer? TryTake(in LinkSource source, bool chosen, Action giveWay)
    {
        lock (_lock)
        {
            if (_waiting.Count > 0 || 2 * (_used + 1) > count)
                return null;
            LargeBuffer buffer = new(this, source, chosen, giveWay);
            Open(buffer);
            return buffer;
        }
    }

    /// <summary>Takes one for a frame that has begun, as soon as there is one.</summary>
    /// <param name="source">Where the link comes from.</param>
    /// <param name="chosen">This node chose the link.</param>
    /// <param name="giveWay">Ends the link; called on any thread.</param>
    /// <param name="cancellation">The link has ended.</param>
    /// <exception cref="OperationCanceledException">The link has ended.</exception>
    internal async ValueTask<LargeBuffer> TakeAsync(
        LinkSource source, bool chosen, Action giveWay, CancellationToken cancellation)
    {
        LargeBuffer buffer = new(this, source, chosen, giveWay);
        LargeBuffer? victim;
        lock (_lock)
        {
            if (_waiting.Count == 0 && _used < count)
            {
                Open(buffer);
                return buffer;
            }

            _waiting.AddLast(buffer);
            victim = VictimFor(buffer);
        }

        victim?.GiveWay();
        // Who has not taken too long yet may do so while this one waits.
        await using (time.CreateTimer(_ => Press(buffer), null, Patience, Patience))
        await using (cancellation.Register(() => Leave(buffer, cancellation)))
            await buffer.Turn.Task;
        return buffer;
    }

    /// <summary>It belongs to the node now, which handles frames in time: its link need not give way for it.</summary>
    internal void HandOver(LargeBuffer buffer)
    {
        lock (_lock)
            _open.Remove(buffer);
    }

    /// <summary>Takes the bytes of one back.</summary>
    internal void Return(byte[] bytes)
    {
        LargeBuffer? next = null;
        lock (_lock)
        {
            _used--;
            if (_spare.Count < MaxSpare)
                _spare.Push(bytes);
            if (_waiting.First is { } first)
            {
                next = first.Value;
                _waiting.RemoveFirst();
                Open(next);
            }
        }

        next?.Turn.SetResult();
    }

    private void Leave(LargeBuffer buffer, CancellationToken cancellation)
    {
        bool left;
        lock (_lock)
            left = _waiting.Remove(buffer);
        if (left)
            buffer.Turn.SetCanceled(cancellation);
    }

    private void Press(LargeBuffer waiting)
    {
        LargeBuffer? victim;
        lock (_lock)
            victim = _waiting.Contains(waiting) ? VictimFor(waiting) : null;
        victim?.GiveWay();
    }

    private void Open(LargeBuffer buffer)
    {
        buffer.Open(_spare.TryPop(out byte[]? spare) ? spare : GC.AllocateUninitializedArray<byte>(Size),
            time.GetTimestamp());
        _used++;
        _open.Add(buffer);
    }

    /// <summary>The one that gives way to a link that waits; null for none.</summary>
    private LargeBuffer? VictimFor(LargeBuffer waiting)
    {
        int own = 1 + CountOf(waiting.Source);
        LargeBuffer? victim = null;
        foreach (LargeBuffer buffer in _open)
        {
            if (buffer.Chosen && !waiting.Chosen)
                continue;
            bool slow = time.GetElapsedTime(buffer.Since) >= Patience;
            bool fuller = !buffer.Chosen && (waiting.Chosen || CountOf(buffer.Source) > own);
            if ((slow || fuller) && (victim is null || IsWorse(buffer, victim)))
                victim = buffer;
        }

        return victim;
    }

    private bool IsWorse(LargeBuffer one, LargeBuffer other) =>
        one.Chosen != other.Chosen
            ? other.Chosen
            : (CountOf(one.Source), -one.Since).CompareTo((CountOf(other.Source), -other.Since)) > 0;

    private int CountOf(LinkSource source)
    {
        int buffers = 0;
        foreach (LargeBuffer buffer in _open)
            buffers += buffer.Source.Group == source.Group && !buffer.Chosen ? 1 : 0;
        return buffers;
    }
}

/// <summary>A large buffer in the hands of a link.</summary>
internal sealed class LargeBuffer(LargeBuffers owner, LinkSource source, bool chosen, Action giveWay) : IDisposable
{
    private int _disposed;
    private int _gaveWay;

    /// <summary>The buffer; empty while the link waits for it.</summary>
    internal byte[] Bytes { get; private set; } = [];

    internal LinkSource Source { get; } = source;

    internal bool Chosen { get; } = chosen;

    /// <summary>When the link got it, or began another frame in it.</summary>
    internal long Since { get; private set; }

    internal TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void Open(byte[] bytes, long now)
    {
        Bytes = bytes;
        Since = now;
    }

    /// <summary>Another frame begins in it.</summary>
    internal void Restart(long now) => Since = now;

    internal void GiveWay()
    {
        if (Interlocked.Exchange(ref _gaveWay, 1) == 0)
            giveWay();
    }

    /// <summary>Hands the bytes on; whoever has them returns them.</summary>
    internal byte[] HandOver()
    {
        _disposed = 1;
        owner.HandOver(this);
        return Bytes;
    }

    /// <summary>Gives it back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        owner.HandOver(this);
        owner.Return(Bytes);
    }
}
