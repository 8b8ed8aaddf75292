using System.Buffers;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// What all links together may have handed to the node that is not handled yet. A link whose bytes find no room waits,
/// and reads nothing meanwhile, which pushes back on its sender; the links take turns, so a fast one keeps no other
/// out. Safe for threads.
/// </summary>
/// <param name="limit">Bytes of small buffers; a larger one still passes alone.</param>
/// <param name="large">The large buffers, which have a bound of their own.</param>
internal sealed class ReceiveMemory(long limit, LargeBuffers large) : IReceiveMemory
{
    private readonly object _lock = new();
    private readonly Queue<(int Bytes, TaskCompletionSource Turn)> _waiting = new();
    private long _used;

    /// <summary>The large buffers.</summary>
    internal LargeBuffers Large => large;

    /// <summary>Bytes of small buffers in use.</summary>
    internal long Used
    {
        get
        {
            lock (_lock)
                return _used;
        }
    }

    /// <summary>Takes bytes for a small buffer, as soon as there is room.</summary>
    internal ValueTask TakeAsync(int bytes)
    {
        lock (_lock)
        {
            if (_waiting.Count == 0 && Fits(bytes))
            {
                _used += bytes;
                return ValueTask.CompletedTask;
            }

            TaskCompletionSource turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue((bytes, turn));
            return new ValueTask(turn.Task);
        }
    }

    /// <inheritdoc/>
    public void Return(byte[] buffer)
    {
        if (buffer.Length == LargeBuffers.Size)
        {
            large.Return(buffer);
            return;
        }

        int bytes = buffer.Length;
        ArrayPool<byte>.Shared.Return(buffer);
        lock (_lock)
        {
            _used -= bytes;
            while (_waiting.TryPeek(out (int Bytes, TaskCompletionSource Turn) next) && Fits(next.Bytes))
            {
                _used += next.Bytes;
                _waiting.Dequeue().Turn.SetResult();
            }
        }
    }

    private bool Fits(int bytes) => _used == 0 || _used + bytes <= limit;
}
