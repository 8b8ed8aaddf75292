using System.Buffers;
using System.Numerics;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// What a link has received and not handed on. A small buffer is its right; a large one is taken from those that all
/// links share, for reading much at once where there are plenty, and for a frame that is larger. Not safe for threads.
/// </summary>
/// <param name="memory">What all links share.</param>
/// <param name="source">Where the link comes from.</param>
/// <param name="chosen">This node chose the link.</param>
/// <param name="giveWay">Ends the link, because others need its room.</param>
/// <param name="time">The clock.</param>
internal sealed class ReceiveBuffer(
    ReceiveMemory memory, LinkSource source, bool chosen, Action giveWay, TimeProvider time) : IDisposable
{
    /// <summary>A buffer of this size is free of charge.</summary>
    internal const int FreeSize = 4 * 1024;

    private byte[] _buffer = [];
    private int _filled;
    private LargeBuffer? _large;
    private bool _busy;

    internal bool IsEmpty => _filled == 0;

    internal ReadOnlySpan<byte> Filled => _buffer.AsSpan(0, _filled);

    /// <summary>Where the next bytes go; never empty.</summary>
    internal Memory<byte> Space()
    {
        if (_buffer.Length == 0)
            Rent(_busy);
        return _buffer.AsMemory(_filled);
    }

    /// <summary>So many bytes were read into <see cref="Space"/>.</summary>
    internal void Advance(int count)
    {
        _filled += count;
        // Whoever fills half a small buffer at once has more to say.
        _busy = count >= FreeSize / 2;
    }

    /// <summary>
    /// Hands on the first bytes; what is behind them stays. Waits while the node has too much to handle.
    /// </summary>
    internal ValueTask<ReceivedFrames> TakeAsync(int count)
    {
        if (_large is not null && _filled - count > FreeSize
            && memory.Large.TryTake(source, chosen, giveWay) is { } next)
            return new ValueTask<ReceivedFrames>(HandOver(count, next));
        return _large is not null && _filled - count > FreeSize ? CopyOutAsync(count) : HandOverAsync(count);
    }

    /// <summary>Sees to it that a frame that has begun has room for its end.</summary>
    internal async ValueTask MakeRoomAsync(int needed, CancellationToken cancellation)
    {
        if (_filled == 0)
        {
            // Nothing has begun: the next bytes get a buffer when they are there.
            Release();
            return;
        }

        if (needed <= _buffer.Length)
            return;
        LargeBuffer large = await memory.Large.TakeAsync(source, chosen, giveWay, cancellation);
        _buffer.AsSpan(0, _filled).CopyTo(large.Bytes);
        int filled = _filled;
        Release();
        (_buffer, _filled, _large) = (large.Bytes, filled, large);
    }

    public void Dispose() => Release();

    /// <summary>Hands on the buffer itself; the rest fits a small one.</summary>
    private async ValueTask<ReceivedFrames> HandOverAsync(int count)
    {
        if (_large is null)
            await memory.TakeAsync(_buffer.Length);
        return HandOver(count, next: null);
    }

    private ReceivedFrames HandOver(int count, LargeBuffer? next)
    {
        byte[] whole = _buffer;
        int rest = _filled - count;
        _large?.HandOver();
        _large = next;
        _buffer = next?.Bytes ?? [];
        _filled = rest;
        if (rest > 0)
        {
            if (next is null)
                Rent(large: false);
            whole.AsSpan(count, rest).CopyTo(_buffer);
        }

        return new ReceivedFrames(whole, count, memory);
    }

    /// <summary>
    /// Hands on a copy, and keeps the buffer for a large frame that has begun in it: a link that would wait for a
    /// second large buffer while it has one could wait for another that does the same.
    /// </summary>
    private async ValueTask<ReceivedFrames> CopyOutAsync(int count)
    {
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, FreeSize));
        await memory.TakeAsync(size);
        byte[] copy = ArrayPool<byte>.Shared.Rent(size);
        _buffer.AsSpan(0, count).CopyTo(copy);
        _buffer.AsSpan(count, _filled - count).CopyTo(_buffer);
        _filled -= count;
        _large!.Restart(time.GetTimestamp());
        return new ReceivedFrames(copy, count, memory);
    }

    private void Rent(bool large)
    {
        _large = large ? memory.Large.TryTake(source, chosen, giveWay) : null;
        _buffer = _large?.Bytes ?? ArrayPool<byte>.Shared.Rent(FreeSize);
    }

    private void Release()
    {
        if (_large is not null)
            _large.Dispose();
        else if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _large = null;
        _buffer = [];
        _filled = 0;
    }
}
